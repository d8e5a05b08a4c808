/**
 * Every window's cotangent at the first of its cells that is its maximum, in float32 with any strides.
 *
 * Algorithm: each invocation has a pixel. For each window over it, in their order, it finds the largest
 * cell anew; where that is the pixel, the window's cotangent is added. So nothing is added to by two
 * invocations, and sums have one order.
 *
 * Memory traffic: images once for each cell of each window over a pixel, from a cache; cotangent and
 * output once.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { type PlainOperand, plainOperand } from "../../../plan/mod.ts";
import type { Pool2dParams } from "../../../ops/mod.ts";
import { coordinatesOf } from "../loops.ts";
import { eachPlace, type WriteShaders } from "./kernel.ts";

/** The kernel of `maxPool2dGradient`: it always applies. */
export function maxPool2dGradientKernel(
  _: readonly TensorSpec[],
  { window, strides, padding }: Pool2dParams,
): WriteShaders {
  return (site) => {
    const [images, cotangent] = site.operands.map(plainOperand) as [PlainOperand, PlainOperand];
    const [, height, width] = images.shape;
    const [, rows, columns] = cotangent.shape;
    return eachPlace(site, {
      type: "f32",
      body: (shader) => {
        const { statements, names } = coordinatesOf("place", {
          sizes: site.output.shape,
          prefix: "i",
        });
        const [image, row, column, channel] = names as [string, string, string, string];
        /** The first window over a pixel: the last one's cell is below the stride. */
        const first = (at: string, axis: 0 | 1) => {
          const from = window[axis] - 1 - padding[axis][0];
          const above = from >= 0 ? `${at} - min(${at}, ${from}u)` : `${at} + ${-from}u`;
          return `(${above} + ${strides[axis] - 1}u) / ${strides[axis]}u`;
        };
        const last = (at: string, axis: 0 | 1, count: number) =>
          `min((${at} + ${padding[axis][0]}u) / ${strides[axis]}u, ${count - 1}u)`;
        return [
          ...statements,
          "var sum = 0.0;",
          `for (var i = ${first(row, 0)}; i <= ${last(row, 0, rows!)}; i++) {`,
          `for (var j = ${first(column, 1)}; j <= ${last(column, 1, columns!)}; j++) {`,
          `let own_cell = (${row} + ${padding[0][0]}u - i * ${strides[0]}u) * ${window[1]}u` +
          ` + (${column} + ${padding[1][0]}u - j * ${strides[1]}u);`,
          // as the definition has it: what is larger than all before it; beside NaN nothing is larger
          "var largest = nonfinite(0xff800000u);",
          "var chosen = 0u;",
          `for (var cell = 0u; cell < ${window[0] * window[1]}u; cell++) {`,
          `let y = i * ${strides[0]}u + cell / ${window[1]}u - ${padding[0][0]}u;`,
          `let x = j * ${strides[1]}u + cell % ${window[1]}u - ${padding[1][0]}u;`,
          `if (y < ${height}u && x < ${width}u) {`,
          `let element = ${shader.load(images.access, [image, "y", "x", channel])};`,
          "if (cell == 0u || element > largest) {",
          "largest = element;",
          "chosen = cell;",
          "}",
          "}",
          "}",
          `if (chosen == own_cell) { sum += ${
            shader.load(cotangent.access, [image, "i", "j", channel])
          }; }`,
          "}",
          "}",
          "return sum;",
        ];
      },
    });
  };
}
