/**
 * Convolution of images.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { ContractionOp, Value } from "../graph/mod.ts";
import { conv2dInputGradient } from "./conv2d_input_gradient.ts";
import { conv2dWeightGradient } from "./conv2d_weight_gradient.ts";
import {
  conv2dFlops,
  type Conv2dParams,
  conv2dSizes,
  eachConv2dRun,
  formatConv2d,
  requireKernel,
} from "./convolution.ts";
import { defineOp } from "./define_op.ts";
import {
  type PaddingLike,
  type Pair,
  requireImages,
  requireWindow,
  resolvePadding,
  windowCounts,
} from "./window.ts";

/** `y[b, i, j, f] = Σ x[b, i·s + u, j·s + v, c] · weight[u, v, c, f]` over window and channels */
export const conv2dOp: ContractionOp<Conv2dParams> = defineOp<Conv2dParams>({
  name: "conv2d",
  kind: "contraction",
  infer([x, weight], params) {
    const action = `convolve ${formatSpec(x!)} with ${formatSpec(weight!)}`;
    requireImages(action, x!);
    requireKernel(action, weight!, params);
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    const [kernelHeight, kernelWidth, groupChannels, filters] = weight!.shape as [
      number,
      number,
      number,
      number,
    ];
    const { groups } = params;
    if (groupChannels * groups !== channels) {
      throw new TypeError(
        `Cannot ${action}: the weight is for ${groupChannels * groups} channels${
          groups === 1 ? "" : ` in ${groups} groups`
        }, and there are ${channels}`,
      );
    }
    const window = { ...params, window: [kernelHeight, kernelWidth] as const };
    requireWindow(action, [height, width], window);
    return {
      shape: [batch, ...windowCounts([height, width], window), filters],
      dtype: "f32",
    };
  },
  reference({ inputs: [x, weight], output, params }) {
    output.data.fill(0);
    const sizes = conv2dSizes(x!.shape, weight!.shape, params);
    eachConv2dRun(sizes, params, (run) => {
      const element = x!.data[run.x]!;
      for (let f = 0; f < sizes.groupFilters; f++) {
        output.data[run.output + f]! += element * weight!.data[run.weight + f]!;
      }
    });
  },
  flops: ([x, weight], params) => conv2dFlops(conv2dSizes(x!.shape, weight!.shape, params)),
  // y is linear in x and in weight: each gradient sums the products of the cotangent with the other
  vjp({ inputs: [x, weight], cotangent, params }) {
    const [, height, width] = x!.spec.shape as [number, number, number];
    const [kernelHeight, kernelWidth] = weight!.spec.shape as [number, number];
    return [
      conv2dInputGradient(cotangent, weight!, { ...params, inputShape: [height, width] }),
      conv2dWeightGradient(x!, cotangent, { ...params, kernelShape: [kernelHeight, kernelWidth] }),
    ];
  },
  format: ([x, weight], params) => formatConv2d("conv2d", [x!, weight!], params),
});

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions {
  /** Rows and columns from one window to the next; `[1, 1]` by default. */
  readonly strides?: Pair;
  /** Zeros around the image; `"valid"`, none, by default. */
  readonly padding?: PaddingLike;
  /** Rows and columns from one cell of a window to the next; `[1, 1]` by default. */
  readonly dilation?: Pair;
  /** In how many parts channels and filters are divided; 1 by default. */
  readonly groups?: number;
}

/**
 * Slides a kernel over images: with top and left padding `t` and `l`,
 * `y[b, i, j, f] = Σ_{u,v,c} x[b, i·s₀ + u·d₀ - t, j·s₁ + v·d₁ - l, c] · weight[u, v, c, f]`.
 *
 * Shapes: `x [batch, height, width, channels]`,
 * `weight [kernelHeight, kernelWidth, channels / groups, filters]`
 * `-> [batch, ⌊(height + padding - extent) / stride⌋ + 1, …, filters]`
 *
 * Gradient: `conv2dInputGradient` and `conv2dWeightGradient`.
 *
 * Differs: Keras's layout; PyTorch has channels before height, and the weight as
 * `[filters, channels / groups, kernelHeight, kernelWidth]`. The kernel is not mirrored, as in both.
 *
 * @throws {TypeError} When x or weight has not four axes, or channels and groups do not fit.
 * @throws {RangeError} When the kernel is larger than the padded image, or an option is too small.
 */
export function conv2d(x: Value, weight: Value, options: Conv2dOptions = {}): Value {
  const { strides = [1, 1], padding = "valid", dilation = [1, 1], groups = 1 } = options;
  const [, height = 0, width = 0] = x.spec.shape;
  const [kernelHeight = 0, kernelWidth = 0] = weight.spec.shape;
  const params: Conv2dParams = {
    strides,
    padding: resolvePadding(padding, {
      size: [height, width],
      window: [kernelHeight, kernelWidth],
      strides,
      dilation,
    }),
    dilation,
    groups,
  };
  return x.builder.apply(conv2dOp, [x, weight], params);
}
