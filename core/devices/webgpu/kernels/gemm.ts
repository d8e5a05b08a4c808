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
 * Why so, for GPUs as they are built (reasoned; measured nowhere yet):
 * - A side whose neighbours lie at multiples of 4 is read in vectors of 16 bytes, a quarter of the
 *   instructions and addresses. Where they lie along the inner axis, an invocation reads four rows and
 *   turns the block of 4x4 in registers; its vectors lie apart in workgroup memory, and one vector of
 *   padding behind each step keeps them in different banks.
 * - The next slice is read into registers before the products of this one, so that those hide the
 *   latency of memory, and is written to a second pair of tiles: one barrier a slice instead of two.
 *   Where a device has too little memory for two pairs, there is one, and two barriers. (The largest
 *   tile needs 16.1 KiB for both; every device of the last ten years has 32.)
 * - 64 sums, 16 factors and 8 or 20 numbers of the next slice stay below 128 registers: two workgroups of
 *   256 run on each multiprocessor of Nvidia's, and Intel's and Apple's compilers need not spill.
 * - Sums leave by a `switch` instead of an array that is indexed at run time, which compilers put into
 *   local memory, and four at a time where the output's rows are a multiple of 4.
 *
 * Memory traffic: each side once for each tile of the other one's outer axis.
 *
 * Source: Nvidia, "CUTLASS: efficient GEMM in CUDA", 2017; Chetlur et al., "cuDNN", 2014.
 *
 * @module
 */
import { sizeOf } from "../../../tensor/mod.ts";
import type { OperandReads } from "../../kernel_list.ts";
import { finishFourFunction, finishFunction, foursOf } from "../places.ts";
import { type Dispatch, Shader } from "../shader.ts";
import { foursOfOperand } from "./gemm_operand.ts";
import { type Product, type ProductSizes, sideFunctions, type Tile } from "./gemm_product.ts";
import { sliceOf } from "./gemm_slice.ts";
import type { KernelSite } from "./kernel.ts";

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
  const finished = n % 4 === 0 ? foursOf(kernel) : null;
  const given = [product.lhs, product.rhs].flatMap(({ operand, foursAlong }) =>
    foursAlong === null ? [] : foursOfOperand(operand, foursAlong)
  );
  const options = { tile, parts: count, length, workgroupBytes: context.workgroupBytes };
  if (count === 1) {
    const shader = new Shader(kernel, { context, fours: [...given, ...finished ?? []] });
    return [dispatchTiles(shader, product, {
      ...options,
      declarations: [finishOf(shader, finished !== null)],
      finish: finished === null
        ? eachOfFour((lane) => `finish(${product.place}, ${lane});`, n)
        : `finish(${product.place}, sums);`,
    })];
  }
  const size = batch * m * n;
  const inFours = n % 4 === 0;
  const type = inFours ? "vec4<f32>" : "f32";
  const shader = new Shader(kernel, { context, scratch: true, fours: given });
  const each = inFours ? 4 : 1;
  const partial = shader.scratch(size * count / each, type);
  const at = `(part * ${size}u + (matrix * ${m}u + row) * ${n}u + column) / ${each}u`;
  const first = dispatchTiles(shader, product, {
    ...options,
    declarations: [],
    finish: inFours
      ? `${partial}[${at}] = sums;`
      : eachOfFour((lane) => `${partial}[${at}] = ${lane};`, n),
  });
  const adder = new Shader(kernel, { context, scratch: true, fours: finished ?? [] });
  const sums = adder.scratch(size * count / each, type);
  const count4 = size / each;
  const second = adder.dispatch({
    invocations: 64,
    units: Math.ceil(count4 / 64),
    declarations: [finishOf(adder, finished !== null)],
    body: [
      "let number = unit * 64u + lane;",
      `if (number < ${count4}u) {`,
      `var sums = ${sums}[number];`,
      `for (var part = 1u; part < ${count}u; part++) { sums += ${sums}[part * ${count4}u + number]; }`,
      ...elementOf(product, `number * ${each}u`),
      ...(finished !== null || !inFours
        ? [`finish(${product.place}, sums);`]
        : [eachOfFour((lane) => `finish(${product.place}, ${lane});`, n)]),
      "}",
    ],
  });
  return [first, second];
}

/**
 * The operand reads of an op whose operands are the sides of a product: each element is computed by each
 * tile of the other side's outer axis, and of an image by each tap that is over it.
 */
export function productReads<P>(
  sizesOf: (op: Parameters<OperandReads<P>>[1]) => ProductSizes,
): OperandReads<P> {
  return (operand, op) => {
    const { shape, dtype } = op.inputs[operand]!;
    if (dtype !== "f32") return Infinity;
    const sizes = sizesOf(op);
    const { batch, m, n, k } = sizes;
    const tile = batch * m * n * k <= mostDirect ? { rows: 1, columns: 1 } : tileFor(sizes);
    const computed = operand === 0 ? m * Math.ceil(n / tile.columns) : n * Math.ceil(m / tile.rows);
    return batch * k * computed / Math.max(1, sizeOf(shape));
  };
}

/** The function by which a shader finishes one place, or four. */
function finishOf(shader: Shader, inFours: boolean): string {
  return inFours ? finishFourFunction(shader) : finishFunction(shader);
}

/** What is done with each of the four `sums` from `column` on that there are. */
function eachOfFour(finish: (lane: string) => string, columns: number): string {
  return [
    "{",
    "let first = column;",
    "for (var lane_of = 0u; lane_of < 4u; lane_of++) {",
    "let column = first + lane_of;",
    `if (column < ${columns}u) { ${finish("sums[lane_of]")} }`,
    "}",
    "}",
  ].join("\n");
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
      ...elementOf(product, "element"),
      "var sum = 0.0;",
      `for (var inner = 0u; inner < ${k}u; inner++) {`,
      "sum += lhs_at(matrix, row, inner) * rhs_at(matrix, column, inner);",
      "}",
      `finish(${product.place}, sum);`,
      "}",
    ],
  });
}

/** Statements that find what an element of the output belongs to. */
function elementOf({ m, n }: Product, element: string): readonly string[] {
  return [
    `let matrix = ${element} / ${m * n}u;`,
    `let row = ${element} / ${n}u % ${m}u;`,
    `let column = ${element} % ${n}u;`,
  ];
}

function tileFor(product: ProductSizes): Tile {
  const { m, n } = product;
  if (n <= 16) return tiles.tall;
  if (m <= 16) return tiles.wide;
  const fills = (tile: Tile, groups: number) =>
    Math.min(m, n) > tile.rows / 2 && countTiles(product, tile) >= groups;
  if (fills(tiles.huge, enoughGroups)) return tiles.huge;
  return fills(tiles.large, enoughGroups / 2) ? tiles.large : tiles.small;
}

function countTiles({ batch, m, n }: ProductSizes, { rows, columns }: Tile): number {
  return batch * Math.ceil(m / rows) * Math.ceil(n / columns);
}

/** The shader that computes tiles. */
function dispatchTiles(
  shader: Shader,
  product: Product,
  { tile, parts, length, workgroupBytes, declarations, finish }: {
    readonly tile: Tile;
    readonly parts: number;
    readonly length: number;
    readonly workgroupBytes: number;
    readonly declarations: readonly string[];
    /** Says what is done with the four `sums` from `row` and `column` on. */
    readonly finish: string;
  },
): Dispatch {
  const { batch, m, n, k } = product;
  const { rows, columns, depth, each } = tile;
  const across = columns / each;
  const invocations = across * rows / each;
  const [rowTiles, columnTiles] = [Math.ceil(m / rows), Math.ceil(n / columns)];
  const perMatrix = rowTiles * columnTiles;
  const isEven = k % (parts === 1 ? depth : length) === 0;
  const slice = (side: "lhs" | "rhs") =>
    sliceOf(shader, product, { side, tile, invocations, isEven });
  const [lhs, rhs] = [slice("lhs"), slice("rhs")];
  const isDouble = 2 * 16 * (lhs.vectors + rhs.vectors) <= workgroupBytes;
  const tilesOf = isDouble ? 2 : 1;
  const [own, other] = isDouble ? ["turn", "(1u - turn)"] : ["0u", "0u"];
  const vectors = Array.from({ length: each / 4 }, (_, i) => i);
  const registers = Array.from({ length: each }, (_, i) => i);
  const write = (turn: string) => [
    ...lhs.write(`${turn} * ${lhs.vectors}u`),
    ...rhs.write(`${turn} * ${rhs.vectors}u`),
  ];
  return shader.dispatch({
    invocations,
    units: batch * perMatrix * parts,
    declarations: [
      ...lhs.declarations,
      ...rhs.declarations,
      `var<workgroup> lhs_tile: array<vec4<f32>, ${lhs.vectors * tilesOf}>;`,
      `var<workgroup> rhs_tile: array<vec4<f32>, ${rhs.vectors * tilesOf}>;`,
      ...declarations,
    ],
    body: [
      `let part = unit / ${batch * perMatrix}u;`,
      `let matrix = unit / ${perMatrix}u % ${batch}u;`,
      `let first_row = unit % ${perMatrix}u / ${columnTiles}u * ${rows}u;`,
      `let first_column = unit % ${columnTiles}u * ${columns}u;`,
      `let own_row = lane / ${across}u;`,
      `let own_column = lane % ${across}u;`,
      ...registers.flatMap((row) => vectors.map((v) => `var sum${row}_${v} = vec4<f32>();`)),
      ...lhs.registers,
      ...rhs.registers,
      `let end = min((part + 1u) * ${length}u, ${k}u);`,
      `var begin = part * ${length}u;`,
      "var turn = 0u;",
      ...lhs.read,
      ...rhs.read,
      ...write("0u"),
      "workgroupBarrier();",
      "loop {",
      `begin += ${depth}u;`,
      "let is_last = begin >= end;",
      // the reads are under way while the products of this slice are computed
      "if (!is_last) {",
      ...lhs.read,
      ...rhs.read,
      "}",
      `for (var depth = 0u; depth < ${depth}u; depth++) {`,
      // an invocation's vectors lie apart, so that those of neighbours lie side by side
      ...vectors.flatMap((v) => [
        `let a${v} = lhs_tile[${own} * ${lhs.vectors}u + depth * ${lhs.pitch}u + own_row + ${
          v * rows / each
        }u];`,
        `let b${v} = rhs_tile[${own} * ${rhs.vectors}u + depth * ${rhs.pitch}u + own_column + ${
          v * across
        }u];`,
      ]),
      ...registers.flatMap((row) =>
        vectors.map((v) => `sum${row}_${v} += a${row >> 2}[${row % 4}] * b${v};`)
      ),
      "}",
      "if (is_last) { break; }",
      ...(isDouble ? [] : ["workgroupBarrier();"]),
      ...write(other),
      "workgroupBarrier();",
      ...(isDouble ? ["turn = 1u - turn;"] : []),
      "}",
      `for (var i = 0u; i < ${each}u; i++) {`,
      `let row = first_row + 4u * own_row + i / 4u * ${rows / each * 4}u + i % 4u;`,
      ...vectors.map((v) => `var line${v}: vec4<f32>;`),
      "switch i {",
      ...registers.map((row) =>
        `${row === each - 1 ? "default" : `case ${row}u`}: { ${
          vectors.map((v) => `line${v} = sum${row}_${v};`).join(" ")
        } }`
      ),
      "}",
      `if (row < ${m}u) {`,
      ...vectors.flatMap((v) => [
        "{",
        `let column = first_column + 4u * own_column + ${v * across * 4}u;`,
        `let sums = line${v};`,
        `if (column < ${n}u) { ${finish} }`,
        "}",
      ]),
      "}",
      "}",
    ],
  });
}
