/**
 * What a product of matrices is made of: its sizes, and how the elements of its sides are found.
 *
 * @module
 */
import type { Access } from "../../../plan/mod.ts";
import type { Shader } from "../shader.ts";

/** How elements of a side are read: one, or the four from one on as a vector. */
export interface ElementReader {
  /** The element, or the four, of an access from a place on. */
  load(access: Access, coordinates: readonly string[]): string;
  /** What stands for elements that are not there. */
  readonly zero: "0.0" | "vec4<f32>()";
}

/** One side of a product. */
export interface Side {
  /** The operand. */
  readonly access: Access;
  /**
   * Statements that return what is read of matrix number `matrix` at `outer` (a row of the left side, a
   * column of the right one) and `inner`, all u32.
   */
  element(reader: ElementReader): readonly string[];
  /** Along which of the two axes neighbours in memory lie. */
  readonly contiguous: "outer" | "inner";
  /** Whether, from each multiple of 4 along that axis on, four elements lie at a multiple of 4. */
  readonly inFours: boolean;
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
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** Length of a slice of the inner axis. */
  readonly depth: number;
  /** Rows, and columns, of an invocation. */
  readonly each: 4 | 8;
}

/** The functions that find the elements of both sides, one by one. */
export function sideFunctions(shader: Shader, product: Product): readonly string[] {
  return (["lhs", "rhs"] as const).flatMap((side) => sideFunction(shader, product, side));
}

/** The function that finds elements of a side: one, or four. */
export function sideFunction(
  shader: Shader,
  product: Product,
  side: "lhs" | "rhs",
  inFours = false,
): readonly string[] {
  const reader: ElementReader = inFours
    ? { load: (access, at) => shader.loadFour(access, at), zero: "vec4<f32>()" }
    : { load: (access, at) => shader.load(access, at), zero: "0.0" };
  return [
    `fn ${side}_at(matrix: u32, outer: u32, inner: u32) -> ${inFours ? "vec4<f32>" : "f32"} {`,
    ...product[side].element(reader),
    "}",
  ];
}
