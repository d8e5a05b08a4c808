import { assert, assertEquals } from "@std/assert";
import { ops, type Shape } from "@millrace/millrace";
import { RandomStream, sizeOf } from "../../../../core/tensor/mod.ts";
import type { ContractionOp } from "../../../../core/graph/mod.ts";
import { problemOf } from "../../../support/kernels.ts";
import { runOnWebgpu, webgpuTest } from "../../../support/webgpu.ts";

interface Case {
  readonly x: Shape;
  readonly kernel: ops.Pair;
  readonly filters: number;
  readonly params?: Partial<ops.Conv2dParams>;
}

/** Convolutions large enough for tiles: channels and filters that are read in fours, and that are not. */
const cases: readonly Case[] = [
  { x: [2, 11, 9, 8], kernel: [3, 3], filters: 12 },
  { x: [2, 11, 9, 3], kernel: [3, 3], filters: 20 },
  { x: [3, 10, 10, 12], kernel: [3, 2], filters: 7 },
  {
    x: [2, 12, 11, 16],
    kernel: [3, 3],
    filters: 24,
    params: { groups: 2, strides: [2, 1], padding: [[1, 1], [0, 2]], dilation: [1, 2] },
  },
  { x: [1, 30, 30, 4], kernel: [5, 5], filters: 8, params: { padding: [[2, 2], [2, 2]] } },
];

function draw(name: string, shape: Shape): Float32Array {
  const stream = new RandomStream(7, name);
  return Float32Array.from({ length: sizeOf(shape) }, () => 2 * stream.uniform() - 1);
}

async function compare<P>(
  op: ContractionOp<P>,
  params: P,
  shapes: readonly [Shape, Shape],
): Promise<void> {
  const operands = shapes.map((shape, i) => ({ shape, data: draw(`operand ${i}`, shape) }));
  const { wanted } = problemOf(op, params, operands);
  const { y } = await runOnWebgpu((builder) => ({
    y: builder.apply(
      op,
      shapes.map((shape, i) => builder.input(`x${i}`, { shape, dtype: "f32" })),
      params,
    ),
  }), { x0: operands[0]!.data, x1: operands[1]!.data });
  assertEquals(y!.length, wanted.length);
  wanted.forEach((value, i) =>
    assert(Math.abs(y![i]! - value) < 1e-4, `${op.name}, element ${i}: ${y![i]}, not ${value}`)
  );
}

for (const { x, kernel, filters, params: given } of cases) {
  const params: ops.Conv2dParams = {
    strides: [1, 1],
    padding: [[0, 0], [0, 0]],
    dilation: [1, 1],
    groups: 1,
    ...given,
  };
  const weight = [...kernel, x[3]! / params.groups, filters];
  const specs = [x, weight].map((shape) => ({ shape, dtype: "f32" as const }));
  const y = ops.conv2dOp.infer(specs, params).shape;
  const what = `of [${x}] by [${weight}]`;

  webgpuTest(`conv2d() on webgpu in tiles, ${what}, and its gradients`, async () => {
    await compare(ops.conv2dOp, params, [x, weight]);
    const inputShape: ops.Pair = [x[1]!, x[2]!];
    await compare(ops.conv2dInputGradientOp, { ...params, inputShape }, [y, weight]);
    await compare(ops.conv2dWeightGradientOp, { ...params, kernelShape: kernel }, [x, y]);
  });
}
