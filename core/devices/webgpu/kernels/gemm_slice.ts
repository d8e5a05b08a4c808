/**
 * How a slice of one side of a product comes into workgroup memory: read into registers, and written to
 * the tile from there. `gemm.ts` says why.
 *
 * @module
 */
import type { Shader } from "../shader.ts";
import { type Product, sideFunction, type Tile } from "./gemm_product.ts";

/** How a slice of a side comes into workgroup memory. */
export interface Slice {
  /** Declarations: the tile, and the functions that find elements. */
  readonly declarations: readonly string[];
  /** Declarations of the registers that hold what an invocation reads. */
  readonly registers: readonly string[];
  /** Statements that read the slice from `begin` on into the registers. */
  readonly read: readonly string[];
  /** Statements that write the registers to the tile, beginning at vector `to`. */
  write(to: string): readonly string[];
  /** Vectors from one step to the next. */
  readonly pitch: number;
  /** Vectors of a slice. */
  readonly vectors: number;
}

/** The slices of a side. */
export function sliceOf(
  shader: Shader,
  product: Product,
  { side, tile, invocations, isEven }: {
    readonly side: "lhs" | "rhs";
    readonly tile: Tile;
    readonly invocations: number;
    /** Whether slices end where sums do. */
    readonly isEven: boolean;
  },
): Slice {
  const { depth } = tile;
  const [size, length] = side === "lhs" ? [tile.rows, product.m] : [tile.columns, product.n];
  const { contiguous, foursAlong } = product[side];
  const inFours = foursAlong !== null;
  const across = size / 4;
  const first = side === "lhs" ? "first_row" : "first_column";
  const turns = inFours && contiguous === "inner";
  // what an invocation reads at once: a vector, or four that it turns
  const items = turns ? across * depth / 4 : across * depth;
  const rounds = Math.ceil(items / invocations);
  const pitch = turns ? across + 1 : across;
  const isWhole = length % size === 0;
  const guarded = (i: number) => {
    const outer = i === 0 ? "outer" : `outer + ${i}u`;
    const guards = [
      ...(isWhole ? [] : [`${outer} < ${length}u`]),
      ...(isEven ? [] : ["inner < end"]),
    ];
    return guards.length === 0
      ? `${side}_at(matrix, ${outer}, inner)`
      : `${side}_inside(${guards.join(" && ")}, matrix, ${outer}, inner)`;
  };
  const lanes = [0, 1, 2, 3];
  /** An item's number, and what it reads, guarded where there are fewer items than invocations. */
  const round = (number: number, statements: readonly string[]) => {
    const at = number === 0 ? "lane" : `lane + ${number * invocations}u`;
    const isFull = (number + 1) * invocations <= items;
    const [vector, step] = turns
      ? [`at / ${depth / 4}u`, `at % ${depth / 4}u * 4u`]
      : contiguous === "outer"
      ? [`at % ${across}u`, `at / ${across}u`]
      : [`at / ${depth}u`, `at % ${depth}u`];
    return [
      "{",
      `let at = ${at};`,
      ...(isFull ? [] : [`if (at < ${items}u) {`]),
      `let vector = ${vector};`,
      `let step = ${step};`,
      ...statements,
      ...(isFull ? [] : ["}"]),
      "}",
    ];
  };
  const rows = turns ? lanes : [0];
  const name = (number: number, row: number) => `${side}_next${number}_${row}`;
  const numbers = Array.from({ length: rounds }, (_, number) => number);
  const type = inFours ? "vec4<f32>" : "f32";
  return {
    pitch,
    vectors: pitch * depth,
    declarations: [
      ...sideFunction(shader, product, side, inFours),
      `fn ${side}_inside(is_inside: bool, matrix: u32, outer: u32, inner: u32) -> ${type} {`,
      `if (!is_inside) { return ${inFours ? "vec4<f32>()" : "0.0"}; }`,
      `return ${side}_at(matrix, outer, inner);`,
      "}",
    ],
    registers: numbers.flatMap((number) =>
      rows.map((row) => `var ${name(number, row)} = vec4<f32>();`)
    ),
    read: numbers.flatMap((number) =>
      round(number, [
        `let outer = ${first} + 4u * vector;`,
        "let inner = begin + step;",
        ...rows.map((row) => {
          const value = inFours ? guarded(row) : `vec4<f32>(${lanes.map(guarded).join(", ")})`;
          return `${name(number, row)} = ${value};`;
        }),
      ])
    ),
    write: (to) =>
      numbers.flatMap((number) =>
        round(
          number,
          rows.map((row) => {
            const value = turns
              ? `vec4<f32>(${lanes.map((lane) => `${name(number, lane)}[${row}]`).join(", ")})`
              : name(number, 0);
            return `${side}_tile[${to} + (step + ${row}u) * ${pitch}u + vector] = ${value};`;
          }),
        )
      ),
  };
}
