/**
 * Slices of a table by indices, in any dtype and with any strides: each invocation copies one element.
 *
 * An index is compared without a sign, so that one below 0 is beyond every table.
 *
 * Memory traffic: each element once, and its index once for each element of a slice, from a cache.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { type PlainOperand, plainOperand } from "../../../plan/mod.ts";
import { scalar } from "../../../graph/mod.ts";
import type { GatherParams } from "../../../ops/mod.ts";
import { constantText } from "../expression.ts";
import { coordinatesOf } from "../loops.ts";
import { eachPlace, type WriteShaders } from "./kernel.ts";

/** The kernel of `gather`: it always applies. */
export function gatherKernel(
  _: readonly TensorSpec[],
  { axis, fillValue }: GatherParams,
): WriteShaders {
  return (site) => {
    const [table, list] = site.operands.map(plainOperand) as [PlainOperand, PlainOperand];
    const rank = list.shape.length;
    const type = scalar.scalarTypeOf(table.access.dtype) as "f32" | "i32" | "u32";
    return eachPlace(site, {
      type,
      body: (shader) => {
        const { statements, names } = coordinatesOf("place", {
          sizes: site.output.shape,
          prefix: "i",
        });
        const index = shader.load(list.access, names.slice(axis, axis + rank));
        const from = [...names.slice(0, axis), "index", ...names.slice(axis + rank)];
        return [
          ...statements,
          `let index = u32(${index});`,
          `if (index >= ${table.shape[axis]}u) { return ${constantText(fillValue, type)}; }`,
          `return ${shader.load(table.access, from)};`,
        ];
      },
    });
  };
}
