/**
 * The largest element of every window, in float32 with any strides: each invocation has a window and
 * goes over its cells.
 *
 * Memory traffic: images once for each window over a pixel, from a cache; output once.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { plainOperand } from "../../../plan/mod.ts";
import type { Pool2dParams } from "../../../ops/mod.ts";
import { coordinatesOf } from "../loops.ts";
import { eachPlace, type WriteShaders } from "./kernel.ts";

/** The kernel of `maxPool2d`: it always applies. */
export function maxPool2dKernel(
  _: readonly TensorSpec[],
  { window, strides, padding }: Pool2dParams,
): WriteShaders {
  return (site) => {
    const { access, shape } = plainOperand(site.operands[0]!);
    const [, height, width] = shape;
    return eachPlace(site, {
      type: "f32",
      body: (shader) => {
        const { statements, names } = coordinatesOf("place", {
          sizes: site.output.shape,
          prefix: "i",
        });
        return [
          ...statements,
          "var largest = nonfinite(0xff800000u);",
          `for (var u = 0u; u < ${window[0]}u; u++) {`,
          `for (var v = 0u; v < ${window[1]}u; v++) {`,
          // in front of the image they are below 0, and so very large
          `let y = ${names[1]} * ${strides[0]}u + u - ${padding[0][0]}u;`,
          `let x = ${names[2]} * ${strides[1]}u + v - ${padding[1][0]}u;`,
          `if (y < ${height}u && x < ${width}u) {`,
          `largest = max_or_nan(largest, ${
            shader.load(access, [names[0]!, "y", "x", names[3]!])
          });`,
          "}",
          "}",
          "}",
          "return largest;",
        ];
      },
    });
  };
}
