/**
 * What augmentations of images have in common: they change images at random while training, each image
 * of a batch in its own way and anew at every step, and leave them as they are in use. They are part of
 * the compiled step.
 *
 * @module
 */
import {
  type BuildContext,
  defineStage,
  type Dim,
  ops,
  type Schema,
  type Tensor,
  type Value,
} from "../../core/mod.ts";

/** Signature of stages that keep the shape of images, `[batch, height, width, channels]`. */
export type ImageTransform = <S extends readonly [Dim, Dim, Dim, Dim]>(x: Tensor<S>) => Tensor<S>;

/** What an augmentation answers. */
export interface AugmentationDefinition<Options, Config> {
  readonly name: string;
  readonly config: Schema<Options, Config>;
  /** The mathematics in one line. */
  readonly formula: string;
  /** The images as they train. */
  augment(x: Value, context: BuildContext<Config>): Value;
}

/** Defines an augmentation of images. */
export function defineAugmentation<Options, Config>(
  { augment, ...definition }: AugmentationDefinition<Options, Config>,
): (options: Options) => ImageTransform {
  return defineStage<ImageTransform>()({
    ...definition,
    family: "transform",
    kind: "traced",
    inputs: { x: { kind: "tensor", dtypes: ["f32"], rank: 4 } },
    output: "tensor",
    build: ({ x }, context) => augment(x, context),
    buildInference: ({ x }) => x,
  });
}

/** Number of the row of each pixel, `[1, height, 1]`. */
export function rowsOf(x: Value): Value {
  return ops.iota(x.builder, { shape: [1, x.spec.shape[1]!, 1], axis: 1, dtype: "f32" });
}

/** Number of the column of each pixel, `[1, 1, width]`. */
export function columnsOf(x: Value): Value {
  return ops.iota(x.builder, { shape: [1, 1, x.spec.shape[2]!], axis: 2, dtype: "f32" });
}

/** One uniform number in [low, high) for each image, `[batch, 1, 1]`. */
export function uniformOf(
  x: Value,
  { context, low, high }: {
    readonly context: BuildContext<unknown>;
    readonly low: number;
    readonly high: number;
  },
): Value {
  return ops.add(ops.mul(context.random([x.spec.shape[0]!, 1, 1]), high - low), low);
}

/** One of the whole numbers from `-most` to `most` for each image, `[batch, 1, 1]`. */
export function wholeOf(
  x: Value,
  { context, most }: { readonly context: BuildContext<unknown>; readonly most: number },
): Value {
  return ops.floor(uniformOf(x, { context, low: -most, high: most + 1 }));
}

/** Places in images: rows and columns as floats that broadcast to `[batch, height, width]`. */
export interface Places {
  readonly rows: Value;
  readonly columns: Value;
}

/** The pixels at whole places; 0 outside of the image. */
export function pixelsAt(x: Value, { rows, columns }: Places): Value {
  const [batch, height, width, channels] = x.spec.shape as [number, number, number, number];
  const isInside = ops.mul(
    ops.mul(ops.greaterEqual(rows, 0), ops.less(rows, height)),
    ops.mul(ops.greaterEqual(columns, 0), ops.less(columns, width)),
  );
  const inImage = ops.cast(ops.add(ops.mul(rows, width), columns), "i32");
  const image = ops.iota(x.builder, { shape: [batch, 1, 1], axis: 0, dtype: "i32" });
  const index = ops.add(ops.mul(image, height * width), inImage);
  const pixels = ops.reshape(x, [batch * height * width, channels]);
  return ops.gather(pixels, ops.where(isInside, index, -1), { axis: 0, fillValue: 0 });
}

/** The pixels at any places, between four of them in proportion; 0 outside of the image. */
export function pixelsBetween(x: Value, { rows, columns }: Places): Value {
  const top = ops.floor(rows);
  const left = ops.floor(columns);
  const down = ops.expandDims(ops.sub(rows, top), [3]);
  const right = ops.expandDims(ops.sub(columns, left), [3]);
  const at = (y: number, x0: number) =>
    pixelsAt(x, { rows: ops.add(top, y), columns: ops.add(left, x0) });
  const mix = (a: Value, b: Value, share: Value) => ops.add(a, ops.mul(ops.sub(b, a), share));
  return mix(mix(at(0, 0), at(0, 1), right), mix(at(1, 0), at(1, 1), right), down);
}
