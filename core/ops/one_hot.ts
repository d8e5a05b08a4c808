/**
 * Class numbers as vectors.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import { cast } from "./cast.ts";
import { equal } from "./compare.ts";
import { iota } from "./iota.ts";
import { expandDims } from "./reshape.ts";

/**
 * Vectors (f32) that are 1 at the label and 0 elsewhere; all 0 for a label that is no class.
 *
 * `Shapes:` `labels [...]` of whole numbers `-> [..., classes]`
 * `Gradient:` none.
 *
 * @throws {TypeError} When the labels are floats.
 */
export function oneHot(labels: Value, classes: number): Value {
  if (labels.spec.dtype === "f32") {
    throw new TypeError(
      `Cannot make one-hot vectors: received ${
        formatSpec(labels.spec)
      }, expected dtype i32, u32 or u8`,
    );
  }
  const classNumbers = iota(labels.builder, { shape: [classes], axis: 0, dtype: "i32" });
  return equal(expandDims(cast(labels, "i32"), [-1]), classNumbers);
}
