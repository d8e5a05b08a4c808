/**
 * A constant around a tensor and between its elements, in any dtype and with any strides: each
 * invocation copies one element or writes the constant.
 *
 * Memory traffic: tensor once, output once.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { plainOperand } from "../../../plan/mod.ts";
import { scalar } from "../../../graph/mod.ts";
import type { PadParams } from "../../../ops/mod.ts";
import { constantText } from "../expression.ts";
import { coordinatesOf } from "../loops.ts";
import { eachPlace, type WriteShaders } from "./kernel.ts";

/** The kernel of `pad`: it always applies. */
export function padKernel(
  _: readonly TensorSpec[],
  { before, interior, value }: PadParams,
): WriteShaders {
  return (site) => {
    const { access, shape } = plainOperand(site.operands[0]!);
    const type = scalar.scalarTypeOf(access.dtype) as "f32" | "i32" | "u32";
    const filler = constantText(value, type);
    return eachPlace(site, {
      type,
      body: (shader) => {
        const { statements, names } = coordinatesOf("place", {
          sizes: site.output.shape,
          prefix: "i",
        });
        const found = shape.flatMap((size, axis) => {
          const [lead, step] = [before[axis]!, interior[axis]! + 1];
          const end = lead + (size === 0 ? 0 : (size - 1) * step + 1);
          const name = names[axis]!;
          const isOutside = [
            ...(lead > 0 ? [`${name} < ${lead}u`] : []),
            `${name} >= ${end}u`,
            ...(step > 1 ? [`(${name} - ${lead}u) % ${step}u != 0u`] : []),
          ].join(" || ");
          return [
            `if (${isOutside}) { return ${filler}; }`,
            `let at${axis} = (${name} - ${lead}u) / ${step}u;`,
          ];
        });
        const from = shape.map((_, axis) => `at${axis}`);
        return [...statements, ...found, `return ${shader.load(access, from)};`];
      },
    });
  };
}
