/**
 * What the kernels of a convolution and its gradients share: numbers of pixels, taps and channels taken
 * apart, in WGSL.
 *
 * @module
 */
import type { Conv2dParams, Conv2dSizes } from "../../../ops/mod.ts";
import type { Operand } from "../../../plan/mod.ts";
import { isOperandInFours } from "./gemm_operand.ts";

/** Statements that name `u`, `v` and `channel` from the number of a tap and a channel in it. */
export function tapOf(
  number: string,
  { kernelWidth }: Conv2dSizes,
  { channels, named }: { readonly channels: number; readonly named: string },
): readonly string[] {
  return [
    `let ${named} = ${number} % ${channels}u;`,
    `let v = ${number} / ${channels}u % ${kernelWidth}u;`,
    `let u = ${number} / ${channels * kernelWidth}u;`,
  ];
}

/**
 * The axis of an operand's channels (or filters), of which a group has so many, where they are read in
 * fours: then four in a row belong to one tap and one group. Else `null`.
 */
export function channelsInFours(operand: Operand, perGroup: number): number | null {
  const axis = operand.shape.length - 1;
  return perGroup % 4 === 0 && isOperandInFours(operand, axis) ? axis : null;
}

/** Statements that name `image`, `row` and `column` from the number of a pixel. */
export function pixelOf(
  number: string,
  { height, width }: { readonly height: number; readonly width: number },
): readonly string[] {
  return [
    `let column = ${number} % ${width}u;`,
    `let row = ${number} / ${width}u % ${height}u;`,
    `let image = ${number} / ${width * height}u;`,
  ];
}

/**
 * Statements that name the pixel `y`, `x` under tap `u`, `v` of the window at `row`, `column`, and
 * return 0 where that is in the padding: there numbers are below 0, and so very large.
 */
export function pixelUnderTap(
  { height, width }: Conv2dSizes,
  { strides, dilation, padding }: Conv2dParams,
  zero: string,
): readonly string[] {
  return [
    `let y = row * ${strides[0]}u + u * ${dilation[0]}u - ${padding[0][0]}u;`,
    `let x = column * ${strides[1]}u + v * ${dilation[1]}u - ${padding[1][0]}u;`,
    `if (y >= ${height}u || x >= ${width}u) { return ${zero}; }`,
  ];
}

/**
 * Statements that name the window `y`, `x` whose tap `u`, `v` is over the pixel at `row`, `column`,
 * and return 0 where there is none.
 */
export function windowOverPixel(
  { outHeight, outWidth }: Conv2dSizes,
  { strides, dilation, padding }: Conv2dParams,
  zero: string,
): readonly string[] {
  return [
    `let below = row + ${padding[0][0]}u - u * ${dilation[0]}u;`,
    `let right = column + ${padding[1][0]}u - v * ${dilation[1]}u;`,
    `let y = below / ${strides[0]}u;`,
    `let x = right / ${strides[1]}u;`,
    `if (below > ${(outHeight - 1) * strides[0]}u || right > ${(outWidth - 1) * strides[1]}u` +
    ` || below % ${strides[0]}u != 0u || right % ${strides[1]}u != 0u) { return ${zero}; }`,
  ];
}
