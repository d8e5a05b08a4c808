/**
 * What a product of matrices is made of: its sizes, and how the elements of its sides are found.
 *
 * @module
 */
import type { Operand } from "../../../plan/mod.ts";
import type { Shader } from "../shader.ts";
import { type ElementReader, elementReader } from "./gemm_operand.ts";

/** One side of a product. */
export interface Side {
  readonly operand: Operand;
  /**
   * Statements that return what is read of matrix number `matrix` at `outer` (a row of the left side, a
   * column of the right one) and `inner`, all u32.
   */
  element(reader: ElementReader): readonly string[];
  /** Along which of the two axes neighbours in memory lie. */
  readonly contiguous: "outer" | "inner";
  /**
   * The operand's axis along which, from each multiple of 4 on, four elements are read as one; `null`
   * where they are not.
   */
  readonly foursAlong: number | null;
}

/** Sizes of `batch` products `[m, k] · [k, n]`. */
export interface ProductSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Sizes and sides of products. */
export interface Product extends ProductSizes {
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
  const { operand, foursAlong, element } = product[side];
  const reader = elementReader(shader, operand, {
    name: side,
    foursAlong: inFours ? foursAlong : null,
  });
  return [
    ...reader.declarations,
    `fn ${side}_at(matrix: u32, outer: u32, inner: u32) -> ${inFours ? "vec4<f32>" : "f32"} {`,
    ...element(reader),
    "}",
  ];
}
