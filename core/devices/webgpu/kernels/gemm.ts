/**
 * Products of matrices whose elements are found by functions: matrix multiplication, and convolutions
 * as products of matrices that are never made (implicit GEMM).
 *
 * Algorithm: a workgroup computes a tile of the output, an invocation 4x4 or 8x8 elements of it in
 * registers. Step by step, a slice of each side is brought into workgroup memory, four elements along
 * the side's outer axis in one vector, and each invocation adds the outer products of its vectors:
 * 16 (64) multiply-adds for two (four) loads. The tile is chosen by the shape: 128x128 where there are
 * enough of them to fill a large GPU, long and narrow where a side is, else small. Where tiles are few
 * and sums long, sums are cut into parts, which a second dispatch adds in their order. All of it
 * follows from the shape, so that a sum has the same order on every GPU.
 *
 * Memory traffic: each side once for each tile of the other one's outer axis.
 *
 * Source: Nvidia, "CUTLASS: efficient GEMM in CUDA", 2017; Chetlur et al., "cuDNN", 2014.
 *
 * @module
 */
import { finishFunction } from "../places.ts";
import { type Dispatch, Shader } from "../shader.ts";
import type { KernelSite } from "./kernel.ts";

/** One side of a product. */
export interface Side {
  /**
   * Statements that return the element of matrix number `matrix` at `outer` (a row of the left side, a
   * column of the right one) and `inner`, all u32.
   */
  element(shader: Shader): readonly string[];
  /** Along which of the two axes neighbours in memory lie. */
  readonly contiguous: "outer" | "inner";
}

/** Sizes and sides of `batch` products `[m, k] · [k, n]`. */
export interface Product {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly lhs: Side;
  readonly rhs: Side;
  /** Text of the place in the output, from `matrix`, `row` and `column`. */
  readonly place: string;
}

/** Sizes of what a workgroup computes at once. */
interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** Length of a slice of the inner axis. */
  readonly depth: number;
  /** Rows, and columns, of an invocation. */
  readonly each: 4 | 8;
}

const tiles = {
  huge: { rows: 128, columns: 128, depth: 8, each: 8 },
  large: { rows: 64, columns: 64, depth: 16, each: 4 },
  small: { rows: 32, columns: 32, depth: 16, each: 4 },
  tall: { rows: 64, columns: 16, depth: 16, each: 4 },
  wide: { rows: 16, columns: 64, depth: 16, each: 4 },
} as const satisfies Record<string, Tile>;

/** Workgroups that a large GPU runs at once, at least. */
const enoughGroups = 128;
/** Products up to which tiles, mostly empty, would gain nothing. */
const mostDirect = 2 ** 15;
/** Shortest part of a sum. */
const shortestPart = 64;

/** The dispatches of a product. */
export function gemmDispatches({ kernel, context }: KernelSite, product: Product): Dispatch[] {
  const { batch, m, n, k } = product;
  if (batch * m * n === 0) return [];
  if (batch * m * n * k <= mostDirect) return [dispatchElements({ kernel, context }, product)];
  const tile = tileFor(product);
  const groups = countTiles(product, tile);
  const parts = Math.max(
    1,
    Math.min(Math.ceil(enoughGroups / groups), Math.floor(k / shortestPart)),
  );
  const length = Math.max(1, Math.ceil(k / parts / tile.depth)) * tile.depth;
  // the last parts may be empty when lengths are rounded up
  const count = Math.max(1, Math.ceil(k / length));
  const shader = new Shader(kernel, { context, scratch: count > 1 });
  if (count === 1) {
    const finish = (sum: string) => `finish(${product.place}, ${sum});`;
    return [dispatchTiles(shader, product, { tile, parts: 1, length, finish })];
  }
  const size = batch * m * n;
  const partial = shader.scratch(size * count, "f32");
  const first = dispatchTiles(shader, product, {
    tile,
    parts: count,
    length,
    finish: (sum) =>
      `${partial}[part * ${size}u + (matrix * ${m}u + row) * ${n}u + column] = ${sum};`,
  });
  const adder = new Shader(kernel, { context, scratch: true });
  const given = adder.scratch(size * count, "f32");
  const second = adder.dispatch({
    invocations: 64,
    units: Math.ceil(size / 64),
    declarations: [finishFunction(adder)],
    body: [
      "let element = unit * 64u + lane;",
      `if (element < ${size}u) {`,
      `var sum = ${given}[element];`,
      `for (var part = 1u; part < ${count}u; part++) { sum += ${given}[part * ${size}u + element]; }`,
      ...elementOf(product),
      `finish(${product.place}, sum);`,
      "}",
    ],
  });
  return [first, second];
}

/** The shader in which each invocation computes one element. */
function dispatchElements(
  { kernel, context }: Pick<KernelSite, "kernel" | "context">,
  product: Product,
): Dispatch {
  const { batch, m, n, k } = product;
  const shader = new Shader(kernel, { context });
  return shader.dispatch({
    invocations: 64,
    units: Math.ceil(batch * m * n / 64),
    declarations: [
      ...sideFunctions(shader, product),
      finishFunction(shader),
    ],
    body: [
      "let element = unit * 64u + lane;",
      `if (element < ${batch * m * n}u) {`,
      ...elementOf(product),
      "var sum = 0.0;",
      `for (var inner = 0u; inner < ${k}u; inner++) {`,
      "sum += lhs_at(matrix, row, inner) * rhs_at(matrix, column, inner);",
      "}",
      `finish(${product.place}, sum);`,
      "}",
    ],
  });
}

/** The functions that find the elements of both sides. */
function sideFunctions(shader: Shader, product: Product): readonly string[] {
  return (["lhs", "rhs"] as const).flatMap((side) => [
    `fn ${side}_at(matrix: u32, outer: u32, inner: u32) -> f32 {`,
    ...product[side].element(shader),
    "}",
  ]);
}

/** Statements that find what an element of the output belongs to. */
function elementOf({ m, n }: Product): readonly string[] {
  return [
    `let matrix = element / ${m * n}u;`,
    `let row = element / ${n}u % ${m}u;`,
    `let column = element % ${n}u;`,
  ];
}

function tileFor(product: Product): Tile {
  const { m, n } = product;
  if (n <= 16) return tiles.tall;
  if (m <= 16) return tiles.wide;
  const fills = (tile: Tile, groups: number) =>
    Math.min(m, n) > tile.rows / 2 && countTiles(product, tile) >= groups;
  if (fills(tiles.huge, enoughGroups)) return tiles.huge;
  return fills(tiles.large, enoughGroups / 2) ? tiles.large : tiles.small;
}

function countTiles({ batch, m, n }: Product, { rows, columns }: Tile): number {
  return batch * Math.ceil(m / rows) * Math.ceil(n / columns);
}

/** The shader that computes tiles; `finish` says what is done with a sum at `row` and `column`. */
function dispatchTiles(
  shader: Shader,
  product: Product,
  { tile, parts, length, finish }: {
    readonly tile: Tile;
    readonly parts: number;
    readonly length: number;
    readonly finish: (sum: string) => string;
  },
): Dispatch {
  const { batch, m, n, k } = product;
  const { rows, columns, depth, each } = tile;
  const across = columns / each;
  const invocations = across * rows / each;
  const [rowTiles, columnTiles] = [Math.ceil(m / rows), Math.ceil(n / columns)];
  const perMatrix = rowTiles * columnTiles;
  const isEven = k % (parts === 1 ? depth : length) === 0;
  const fetch = (side: "lhs" | "rhs", first: string) => {
    const [size, length] = side === "lhs" ? [rows, m] : [columns, n];
    const vectors = size / 4;
    const [vector, step] = product[side].contiguous === "outer"
      ? [`at % ${vectors}u`, `at / ${vectors}u`]
      : [`at / ${depth}u`, `at % ${depth}u`];
    const element = (i: number) => {
      const guards = [
        ...(length % size === 0 ? [] : [`outer + ${i}u < ${length}u`]),
        ...(isEven ? [] : ["inner < end"]),
      ];
      const text = `${side}_at(matrix, outer + ${i}u, inner)`;
      return guards.length === 0
        ? text
        : `${side}_inside(${guards.join(" && ")}, matrix, outer + ${i}u, inner)`;
    };
    return [
      `for (var at = lane; at < ${vectors * depth}u; at += ${invocations}u) {`,
      `let vector = ${vector};`,
      `let step = ${step};`,
      `let outer = ${first} + 4u * vector;`,
      "let inner = begin + step;",
      `${side}_tile[step * ${vectors}u + vector] = vec4<f32>(`,
      `${[0, 1, 2, 3].map(element).join(", ")});`,
      "}",
    ];
  };
  const vectors = Array.from({ length: each / 4 }, (_, i) => i);
  const registers = Array.from({ length: each }, (_, i) => i);
  return shader.dispatch({
    invocations,
    units: batch * perMatrix * parts,
    declarations: [
      ...sideFunctions(shader, product),
      ...["lhs", "rhs"].flatMap((side) => [
        `fn ${side}_inside(is_inside: bool, matrix: u32, outer: u32, inner: u32) -> f32 {`,
        "if (!is_inside) { return 0.0; }",
        `return ${side}_at(matrix, outer, inner);`,
        "}",
      ]),
      `var<workgroup> lhs_tile: array<vec4<f32>, ${rows / 4 * depth}>;`,
      `var<workgroup> rhs_tile: array<vec4<f32>, ${columns / 4 * depth}>;`,
      ...(parts === 1 ? [finishFunction(shader)] : []),
    ],
    body: [
      `let part = unit / ${batch * perMatrix}u;`,
      `let matrix = unit / ${perMatrix}u % ${batch}u;`,
      `let first_row = unit % ${perMatrix}u / ${columnTiles}u * ${rows}u;`,
      `let first_column = unit % ${columnTiles}u * ${columns}u;`,
      `let own_row = lane / ${across}u;`,
      `let own_column = lane % ${across}u;`,
      ...registers.flatMap((row) => vectors.map((v) => `var sum${row}_${v} = vec4<f32>();`)),
      `let end = min((part + 1u) * ${length}u, ${k}u);`,
      `for (var begin = part * ${length}u; begin < end; begin += ${depth}u) {`,
      "workgroupBarrier();",
      ...fetch("lhs", "first_row"),
      ...fetch("rhs", "first_column"),
      "workgroupBarrier();",
      `for (var depth = 0u; depth < ${depth}u; depth++) {`,
      // an invocation's vectors lie apart, so that those of neighbours lie side by side
      ...vectors.flatMap((v) => [
        `let a${v} = lhs_tile[depth * ${rows / 4}u + own_row + ${v * rows / each}u];`,
        `let b${v} = rhs_tile[depth * ${columns / 4}u + own_column + ${v * across}u];`,
      ]),
      ...registers.flatMap((row) =>
        vectors.map((v) => `sum${row}_${v} += a${row >> 2}[${row % 4}] * b${v};`)
      ),
      "}",
      "}",
      `var sums = array<vec4<f32>, ${each * vectors.length}>(`,
      registers.flatMap((row) => vectors.map((v) => `sum${row}_${v}`)).join(", ") + ");",
      `for (var i = 0u; i < ${each}u; i++) {`,
      `let row = first_row + 4u * own_row + i / 4u * ${rows / each * 4}u + i % 4u;`,
      `for (var j = 0u; j < ${each}u; j++) {`,
      `let column = first_column + 4u * own_column + j / 4u * ${across * 4}u + j % 4u;`,
      `if (row < ${m}u && column < ${n}u) {`,
      finish(`sums[i * ${vectors.length}u + j / 4u][j % 4u]`),
      "}",
      "}",
      "}",
    ],
  });
}
