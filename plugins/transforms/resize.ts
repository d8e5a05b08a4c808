/**
 * Images in another size.
 *
 * @module
 */
import { z } from "zod";
import {
  defineStage,
  type Dim,
  lazySchema,
  ops,
  type Schema,
  type Tensor,
  type Value,
} from "../../core/mod.ts";

/** Signature of {@linkcode resize}. */
export type Resize<H extends number, W extends number> = <
  S extends readonly [Dim, Dim, Dim, Dim],
  D extends "u8" | "f32",
>(x: Tensor<S, D>) => Tensor<readonly [S[0], H, W, S[3]]>;

interface ResizeConfig {
  readonly height: number;
  readonly width: number;
}

const config: Schema<ResizeConfig, ResizeConfig> = lazySchema(() =>
  z.strictObject({
    height: z.int().min(1).describe("Rows of the result"),
    width: z.int().min(1).describe("Columns of the result"),
  })
);

// deno-lint-ignore no-explicit-any
const stage = defineStage<(x: any) => Tensor<any>>()({
  name: "resize",
  family: "transform",
  kind: "traced",
  config,
  formula: "y[i, j] = x((i + ½) · height / height' - ½, …), between neighbours in proportion",
  inputs: { x: { kind: "tensor", dtypes: ["u8", "f32"], rank: 4 } },
  output: "tensor",
  build: ({ x }, { config: { height, width } }) =>
    resized(resized(ops.cast(x, "f32"), { axis: 1, size: height }), { axis: 2, size: width }),
});

/** Interpolates along an axis to another size. */
function resized(
  x: Value,
  { axis, size }: { readonly axis: number; readonly size: number },
): Value {
  const length = x.spec.shape[axis]!;
  if (length === size) return x;
  const numbers = ops.iota(x.builder, { shape: [size], axis: 0, dtype: "f32" });
  const wanted = ops.add(ops.mul(numbers, length / size), 0.5 * length / size - 0.5);
  const place = ops.minimum(ops.maximum(wanted, 0), length - 1);
  const before = ops.floor(place);
  const after = ops.minimum(ops.add(before, 1), length - 1);
  const share = ops.reshape(
    ops.sub(place, before),
    x.spec.shape.map((_, other) => other === axis ? size : 1),
  );
  const at = (places: Value) => ops.gather(x, ops.cast(places, "i32"), { axis, fillValue: 0 });
  const first = at(before);
  return ops.add(first, ops.mul(ops.sub(at(after), first), share));
}

/**
 * Images of another height and width, pixels between neighbours in proportion (bilinear).
 *
 * Shapes: `x [batch, h, w, channels] u8 or f32 -> [batch, height, width, channels] f32`
 *
 * Gradient: to the neighbours in proportion (none for u8)
 *
 * Differs: as PyTorch's `interpolate(mode="bilinear", align_corners=False)` without antialiasing: made
 * much smaller, an image loses what lies between the pixels that are looked at.
 *
 * Counterparts: Keras `Resizing`; PyTorch `torchvision.transforms.Resize`; TensorFlow.js
 * `layers.resizing`
 *
 * @returns A transform without parameters.
 *
 * @example
 * ```ts
 * import { cifar10, resize } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const small = resize(16, 16)(cifar10({ folder: "cifar" }).image); // f32[batch, 16, 16, 3]
 * assertEquals(small.stage.definition.name, "resize");
 * ```
 */
export function resize<const H extends number, const W extends number>(
  height: H,
  width: W,
): Resize<H, W> {
  return stage({ height, width });
}
