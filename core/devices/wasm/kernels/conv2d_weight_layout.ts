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
import { type ImageSteps, imageSteps } from "./conv2d_sliding_layout.ts";
import { type Strip, stripRowBytes } from "./conv2d_strip.ts";
import type { KernelSite, Operand } from "./kernel.ts";
import { evenly, longestPart } from "./matmul_cut.ts";
import { wideLanes, widePanelOffset, wideRowBytes } from "./matmul_wide_block.ts";

/** Rows of the weight in the largest block. */
const blockRows = 5;

/** Bytes of images and cotangent that are summed over before the next ones: part of a first-level cache. */
const chunkBytes = 32 * 1024;

/** Fewest places of a part of the sums for which vectors of 256 bits pay. */
const shortestPart = 16;

/** Blocks that must meet a wide panel for its packing to pay. */
const fewestWideBlocks = 8;

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
  /**
   * Rows of an image whose sums start from zero and are added to those before them, in vectors of
   * either length; `null` where no vectors of 256 bits could pay, and sums go on over a chunk.
   */
  readonly partRows: number | null;
  /** Whether vectors of 256 bits pay. */
  readonly hasWide: boolean;
  /** Filters of each group that are computed in vectors of 256 bits, before the others. */
  readonly wideFilters: number;
  /** Where in a thread's memory copies begin. */
  readonly copyOffset: number;
  readonly scratchBytes: number;
}

/** Cuts a gradient. */
export function layoutOf(site: KernelSite, params: Conv2dWeightGradientParams): Layout {
  const [x, cotangent] = site.operands;
  const sizes = conv2dSizes(x!.shape, site.output.shape, params);
  const { kernelHeight, kernelWidth, groupChannels, groupFilters } = sizes;
  const { dilation, groups } = params;
  const depthwise = groups > 1 && groupChannels === 1 && groupFilters === 1;
  const partRows = groupFilters < wideLanes || depthwise ? null : partRowsOf(sizes);
  const sides = sidesOf(sizes, params, { x: x!, cotangent: cotangent!, partRows });
  const { column, channel } = sides.x.steps;
  const nextTap = dilation[1] * column;
  const joins = groupChannels === 1 || nextTap === groupChannels * channel;
  const run = joins ? kernelWidth * groupChannels : groupChannels;
  const blocks = Math.ceil(run / blockRows);
  // sums do not depend on the number of threads: whether wide panels pay does
  const taps = joins ? kernelHeight : kernelHeight * kernelWidth;
  const hasWide = partRows !== null && taps * blocks >= fewestWideBlocks * site.threads;
  const isWide = hasWide && site.wide !== null;
  const copyOffset = isWide ? widePanelOffset + partRows * sizes.outWidth * wideRowBytes : 0;
  return {
    ...sizes,
    ...sides,
    params,
    depthwise,
    taps,
    run,
    rowStep: groupChannels === 1 ? nextTap : channel,
    blocks,
    rows: Math.floor(run / blocks),
    tall: run % blocks,
    partRows,
    hasWide,
    wideFilters: isWide ? groupFilters - groupFilters % wideLanes : 0,
    copyOffset,
    scratchBytes: copyOffset + (sides.x.copy?.bytes ?? 0) + (sides.cotangent.copy?.bytes ?? 0),
  };
}

/** Rows of an image in a part; `null` where vectors of 256 bits cannot pay. */
function partRowsOf({ batch, outHeight, outWidth }: Conv2dSizes): number | null {
  if (batch === 0 || outWidth > longestPart) return null;
  const rows = evenly(outHeight, Math.floor(longestPart / Math.max(1, outWidth)));
  return rows * outWidth < shortestPart ? null : rows;
}

/** How images and cotangent are read, and in which chunks. */
function sidesOf(
  sizes: Conv2dSizes,
  { strides, padding, dilation }: Conv2dWeightGradientParams,
  { partRows, ...operands }: {
    readonly x: Operand;
    readonly cotangent: Operand;
    readonly partRows: number | null;
  },
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
  const fittingRows = fitting(strides[0] * imageRow + cotangentRow, outHeight);
  // a chunk ends with a part
  const step = partRows ?? 1;
  const chunkRows = wholeBytes <= chunkBytes
    ? outHeight
    : Math.max(step, fittingRows - fittingRows % step);
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
