/**
 * Tensors one behind the other, in any dtype and with any strides: each invocation finds the tensor that
 * its place belongs to, and copies one element.
 *
 * Memory traffic: each tensor once, output once.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { plainOperand } from "../../../plan/mod.ts";
import { scalar } from "../../../graph/mod.ts";
import type { ConcatenateParams } from "../../../ops/mod.ts";
import { coordinatesOf } from "../loops.ts";
import { eachPlace, type WriteShaders } from "./kernel.ts";

/** The kernel of `concatenate`: it always applies. */
export function concatenateKernel(
  _: readonly TensorSpec[],
  { axis }: ConcatenateParams,
): WriteShaders {
  return (site) => {
    const type = scalar.scalarTypeOf(site.output.dtype) as "f32" | "i32" | "u32";
    return eachPlace(site, {
      type,
      body: (shader) => {
        const { statements, names } = coordinatesOf("place", {
          sizes: site.output.shape,
          prefix: "i",
        });
        let before = 0;
        const branches = site.operands.map(plainOperand).map(({ access, shape }) => {
          const at = names.with(axis, `(${names[axis]} - ${before}u)`);
          before += shape[axis]!;
          return `if (${names[axis]} < ${before}u) { return ${shader.load(access, at)}; }`;
        });
        return [...statements, ...branches, `return ${type}(0);`];
      },
    });
  };
}
