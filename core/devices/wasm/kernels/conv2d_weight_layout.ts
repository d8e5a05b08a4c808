/**
 * How the gradient of a convolution by its weight is cut into blocks and chunks.
 *
 * @module
 */
import {
  type Conv2dSizes,
  conv2dSizes,
  type Conv2dWeightGradientParams,
} from "../../../ops/mod.ts";
import { type ImageSteps, imageSteps } from "./conv2d_sliding.ts";
import { type Strip, stripRowBytes } from "./conv2d_strip.ts";
import type { KernelSite, Operand } from "./kernel.ts";

/** Rows of the weight in the largest block. */
const blockRows = 5;

/** Bytes of images and cotangent that are summed over before the next ones: part of a first-level cache. */
const chunkBytes = 32 * 1024;

/** Images or cotangent: where and how they are read. */
export interface Side {
  readonly steps: ImageSteps;
  /** How they are copied first, and the bytes of scratch memory for it; `null` if they are not. */
  readonly copy: { readonly strip: Strip; readonly bytes: number } | null;
}

/** Sizes, distances in bytes, and how the loops are cut. */
export interface Layout extends Conv2dSizes {
  readonly params: Conv2dWeightGradientParams;
  /** Rows of a strip that one row of the cotangent meets. */
  readonly extent: number;
  readonly x: Side;
  readonly cotangent: Side;
  readonly depthwise: boolean;
  /** Number of runs of rows of the weight whose sources are equally far apart. */
  readonly taps: number;
  /** Rows of a run, and the distance of their sources. */
  readonly run: number;
  readonly rowStep: number;
  /** Number of blocks of a run: `tall` of them have `rows + 1`, the others `rows`. */
  readonly blocks: number;
  readonly rows: number;
  readonly tall: number;
  /** What is summed over before the next: so many rows of so many images. */
  readonly chunkImages: number;
  readonly chunkRows: number;
  readonly scratchBytes: number;
}

/** Cuts a gradient. */
export function layoutOf(site: KernelSite, params: Conv2dWeightGradientParams): Layout {
  const [x, cotangent] = site.operands;
  const sizes = conv2dSizes(x!.shape, site.output.shape, params);
  const { kernelHeight, kernelWidth, groupChannels, groupFilters } = sizes;
  const { dilation, groups } = params;
  const sides = sidesOf(sizes, params, { x: x!, cotangent: cotangent! });
  const { column, channel } = sides.x.steps;
  const nextTap = dilation[1] * column;
  const joins = groupChannels === 1 || nextTap === groupChannels * channel;
  const run = joins ? kernelWidth * groupChannels : groupChannels;
  const blocks = Math.ceil(run / blockRows);
  return {
    ...sizes,
    ...sides,
    params,
    depthwise: groups > 1 && groupChannels === 1 && groupFilters === 1,
    taps: joins ? kernelHeight : kernelHeight * kernelWidth,
    run,
    rowStep: groupChannels === 1 ? nextTap : channel,
    blocks,
    rows: Math.floor(run / blocks),
    tall: run % blocks,
    scratchBytes: (sides.x.copy?.bytes ?? 0) + (sides.cotangent.copy?.bytes ?? 0),
  };
}

/** How images and cotangent are read, and in which chunks. */
function sidesOf(
  sizes: Conv2dSizes,
  { strides, padding, dilation }: Conv2dWeightGradientParams,
  operands: { readonly x: Operand; readonly cotangent: Operand },
): Pick<Layout, "x" | "cotangent" | "extent" | "chunkImages" | "chunkRows"> {
  const { batch, height, width, channels, kernelHeight, kernelWidth } = sizes;
  const { filters, outHeight, outWidth } = sizes;
  const extent = (kernelHeight - 1) * dilation[0] + 1;
  const rowsMet = (rows: number) => (rows - 1) * strides[0] + extent;
  const columnsMet = (outWidth - 1) * strides[1] + (kernelWidth - 1) * dilation[1] + 1;
  const before = Math.min(padding[1][0], columnsMet);
  const columns = Math.max(0, Math.min(width, columnsMet - before));
  const behind = columnsMet - before - columns;
  const images: Strip = {
    height,
    columns,
    before,
    behind,
    channels,
    steps: imageSteps(operands.x),
  };
  const cotangents: Strip = {
    height: outHeight,
    columns: outWidth,
    before: 0,
    behind: 0,
    channels: filters,
    steps: imageSteps(operands.cotangent),
  };
  const [imageRow, cotangentRow] = [stripRowBytes(images), stripRowBytes(cotangents)];
  const fitting = (bytes: number, most: number) =>
    Math.max(1, Math.min(most, Math.floor(chunkBytes / Math.max(1, bytes))));
  const wholeBytes = rowsMet(outHeight) * imageRow + outHeight * cotangentRow;
  const chunkImages = fitting(wholeBytes, batch);
  const chunkRows = wholeBytes <= chunkBytes
    ? outHeight
    : fitting(strides[0] * imageRow + cotangentRow, outHeight);
  const copied = (strip: Strip, rows: number): Side => {
    const row = stripRowBytes(strip);
    return {
      steps: { base: 0, image: rows * row, row, column: 4 * strip.channels, channel: 4 },
      // vectors reach behind the last row
      copy: { strip, bytes: 16 * Math.ceil(chunkImages * rows * row / 16 + 1) },
    };
  };
  const inPlace = ({ steps }: Strip): Side => ({ steps, copy: null });
  const isPadded = before > 0 || behind > 0 || padding[0][0] > 0 || rowsMet(outHeight) > height;
  // what vectors are loaded from must lie side by side
  const next = channels === 1 ? images.steps.column : images.steps.channel;
  return {
    x: isPadded || next !== 4 ? copied(images, rowsMet(chunkRows)) : inPlace(images),
    cotangent: filters > 1 && cotangents.steps.channel !== 4
      ? copied(cotangents, chunkRows)
      : inPlace(cotangents),
    extent,
    chunkImages,
    chunkRows,
  };
}
