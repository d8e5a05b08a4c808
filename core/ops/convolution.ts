/**
 * What a convolution and its two gradients share.
 *
 * A convolution is a sum of products of three: an element of the images, one of the weight, and one
 * of the output's cotangent meet at every cell of every window. The op and its two gradients each sum
 * over what the other two hold, so their references share one walk over those meetings.
 *
 * @module
 */
import { formatSpec, type Shape, type TensorSpec } from "../tensor/mod.ts";
import { formatWindow, type Padding2d, type Pair, windowCounts } from "./window.ts";

/** How a kernel is slid over images; height first in each pair. */
export interface Conv2dParams {
  /** Rows and columns from one window to the next. */
  readonly strides: Pair;
  /** Rows of zeros above and below, columns left and right. */
  readonly padding: Padding2d;
  /** Rows and columns from one cell of a window to the next. */
  readonly dilation: Pair;
  /** Number of parts in which channels and filters are divided; each part is convolved by itself. */
  readonly groups: number;
}

/** All sizes of a convolution. */
export interface Conv2dSizes {
  /** Number of images. */
  readonly batch: number;
  /** Rows of an image. */
  readonly height: number;
  /** Columns of an image. */
  readonly width: number;
  /** Channels of an image, those of all groups. */
  readonly channels: number;
  /** Rows of the kernel. */
  readonly kernelHeight: number;
  /** Columns of the kernel. */
  readonly kernelWidth: number;
  /** Channels of the output, those of all groups. */
  readonly filters: number;
  /** Rows of the output. */
  readonly outHeight: number;
  /** Columns of the output. */
  readonly outWidth: number;
  /** Channels of one group: what a filter reads. */
  readonly groupChannels: number;
  /** Filters of one group. */
  readonly groupFilters: number;
}

/** Reads the sizes off the shapes of images and weight. They must have passed `infer`. */
export function conv2dSizes(x: Shape, weight: Shape, params: Conv2dParams): Conv2dSizes {
  const [batch, height, width, channels] = x as readonly [number, number, number, number];
  const [kernelHeight, kernelWidth, groupChannels, filters] = weight as readonly [
    number,
    number,
    number,
    number,
  ];
  const window = { ...params, window: [kernelHeight, kernelWidth] as const };
  const [outHeight, outWidth] = windowCounts([height, width], window);
  return {
    batch,
    height,
    width,
    channels,
    kernelHeight,
    kernelWidth,
    filters,
    outHeight,
    outWidth,
    groupChannels,
    groupFilters: filters / params.groups,
  };
}

/** Floating-point operations of a convolution and of each of its gradients, borders included. */
export function conv2dFlops(sizes: Conv2dSizes): number {
  const { batch, outHeight, outWidth, filters, kernelHeight, kernelWidth, groupChannels } = sizes;
  return 2 * batch * outHeight * outWidth * filters * kernelHeight * kernelWidth * groupChannels;
}

/** Places in images, weight and output at which products of a convolution begin. */
export interface Conv2dRun {
  x: number;
  weight: number;
  output: number;
}

/**
 * Calls `meet` for every run of products of a convolution: one element of the images meets those of the
 * weight and of the output that belong to the filters of a group, which lie side by side. Cells in
 * the padding make no products.
 */
export function eachConv2dRun(
  sizes: Conv2dSizes,
  { strides, padding, dilation }: Conv2dParams,
  meet: (run: Readonly<Conv2dRun>) => void,
): void {
  const { batch, height, width, channels, kernelHeight, kernelWidth } = sizes;
  const { filters, outHeight, outWidth, groupChannels, groupFilters } = sizes;
  const run: Conv2dRun = { x: 0, weight: 0, output: 0 };
  for (let b = 0; b < batch; b++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const output = ((b * outHeight + outRow) * outWidth + outColumn) * filters;
        for (let i = 0; i < kernelHeight; i++) {
          const row = outRow * strides[0] + i * dilation[0] - padding[0][0];
          if (row < 0 || row >= height) continue;
          for (let j = 0; j < kernelWidth; j++) {
            const column = outColumn * strides[1] + j * dilation[1] - padding[1][0];
            if (column < 0 || column >= width) continue;
            const x = ((b * height + row) * width + column) * channels;
            const weight = (i * kernelWidth + j) * groupChannels * filters;
            for (let c = 0; c < channels; c++) {
              const group = Math.floor(c / groupChannels);
              const within = c % groupChannels;
              run.x = x + c;
              run.weight = weight + within * filters + group * groupFilters;
              run.output = output + group * groupFilters;
              meet(run);
            }
          }
        }
      }
    }
  }
}

/**
 * Demands a weight `[kernelHeight, kernelWidth, channels / groups, filters]`, and groups that divide
 * the filters.
 *
 * @throws {TypeError} When the weight is something else.
 * @throws {RangeError} When groups is no integer of 1 or more.
 */
export function requireKernel(action: string, weight: TensorSpec, params: Conv2dParams): void {
  if (weight.dtype !== "f32" || weight.shape.length !== 4) {
    throw new TypeError(
      `Cannot ${action}: received a weight of ${formatSpec(weight)}, ` +
        "expected f32[kernelHeight, kernelWidth, channels / groups, filters]",
    );
  }
  requireGroups(action, params.groups, { filters: weight.shape[3]! });
}

/**
 * Demands groups that divide channels, filters or both.
 *
 * @throws {RangeError} When groups is no integer of 1 or more.
 * @throws {TypeError} When groups does not divide a number.
 */
export function requireGroups(
  action: string,
  groups: number,
  counts: Readonly<Record<string, number>>,
): void {
  if (!Number.isInteger(groups) || groups < 1) {
    throw new RangeError(
      `Cannot ${action}: received groups of ${groups}, expected an integer of 1 or more`,
    );
  }
  for (const [name, count] of Object.entries(counts)) {
    if (count % groups !== 0) {
      throw new TypeError(`Cannot ${action}: ${count} ${name} do not divide into ${groups} groups`);
    }
  }
}

/** `conv2d(x, weight, strides 2×2)`: the inputs, and what is not plain. */
export function formatConv2d(
  name: string,
  inputs: readonly string[],
  params: Conv2dParams,
): string {
  const { groups } = params;
  const parts = [...inputs, ...formatWindow(params), ...(groups === 1 ? [] : [`groups ${groups}`])];
  return `${name}(${parts.join(", ")})`;
}
