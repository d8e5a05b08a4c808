import { assertEquals } from "@std/assert";
import { GraphBuilder, ops, type Value } from "@millrace/millrace";
import { plan } from "../../../../core/plan/mod.ts";
import { runOnWebgpu, webgpu, webgpuTest } from "../../../support/webgpu.ts";

type Build = (builder: GraphBuilder) => Readonly<Record<string, Value>>;

/** Operands as formulas wherever a kernel takes them, and nowhere. */
const always = { estimateNs: ({ bytes }: { bytes: number }) => bytes };
const never = { operandReads: () => Infinity };

/** Inputs of a graph with numbers that no rounding hides. */
function filled(lengths: Readonly<Record<string, number>>): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(lengths).map(([name, length]) => [
      name,
      Array.from({ length }, (_, i) => name === "bytes" ? i * 37 % 256 : (i * 7 % 23 - 11) / 7),
    ]),
  );
}

async function sameBits(build: Build, lengths: Readonly<Record<string, number>>): Promise<void> {
  const given = filled(lengths);
  assertEquals(
    await runOnWebgpu(build, given, { target: always }),
    await runOnWebgpu(build, given, { target: never }),
  );
}

for (const size of [0, 1, 3, 4, 5, 8, 33]) {
  for (const transposeLhs of [false, true]) {
    for (const side of ["lhs", "rhs"]) {
      const name = `matmul() on webgpu scales bytes as it reads them, ${side} of size ${size}` +
        (transposeLhs ? ", transposed" : "");
      webgpuTest(name, async () => {
        const [n, k] = [36, 40];
        const shape = transposeLhs ? [k, size] : [size, k];
        await sameBits((builder) => {
          const bytes = builder.input("bytes", { shape, dtype: "u8" });
          const row = builder.input("row", { shape: [shape[1]!], dtype: "f32" });
          const rhs = builder.input("rhs", { shape: [k, n], dtype: "f32" });
          const pixels = ops.div(ops.sub(ops.cast(bytes, "f32"), row), 255);
          const y = side === "lhs"
            ? ops.matmul(pixels, rhs, { transposeLhs })
            : ops.matmul(rhs, pixels, { transposeLhs: true, transposeRhs: !transposeLhs });
          return { y };
        }, { bytes: size * k, row: shape[1]!, rhs: k * n });
      });
    }
  }
}

/** A convolution whose output has the images' size. */
const sliding = {
  strides: [1, 1],
  padding: [[1, 1], [1, 1]],
  dilation: [1, 1],
  groups: 1,
} as const;

for (const channels of [1, 3, 4, 8]) {
  const name = `conv2d() and its gradients on webgpu scale ${channels} channels of bytes as they ` +
    "read them";
  webgpuTest(name, async () => {
    const filters = 8;
    const x = [2, 9, 9, channels];
    await sameBits((builder) => {
      const input = (name: string, shape: readonly number[]) =>
        builder.input(name, { shape, dtype: "f32" });
      const bytes = builder.input("bytes", { shape: x, dtype: "u8" });
      const pixels = ops.mul(ops.cast(bytes, "f32"), 1 / 255);
      const weight = input("weight", [3, 3, channels, filters]);
      const cotangent = input("cotangent", [2, 9, 9, filters]);
      const back = input("back", [3, 3, filters, channels]);
      return {
        convolved: ops.conv2d(pixels, weight, { padding: "same" }),
        byWeight: ops.conv2dWeightGradient(pixels, cotangent, {
          ...sliding,
          kernelShape: [3, 3],
        }),
        byInput: ops.conv2dInputGradient(pixels, back, { ...sliding, inputShape: [9, 9] }),
      };
    }, {
      bytes: 162 * channels,
      weight: 9 * channels * filters,
      cotangent: 162 * filters,
      back: 9 * channels * filters,
    });
  });
}

Deno.test("plan() for webgpu scales bytes in products, and not where many tiles would", () => {
  const commands = (m: number, n: number) => {
    const builder = new GraphBuilder();
    const bytes = builder.input("bytes", { shape: [m, 256], dtype: "u8" });
    const weight = builder.input("weight", { shape: [256, n], dtype: "f32" });
    builder.output("y", ops.matmul(ops.mul(ops.cast(bytes, "f32"), 1 / 255), weight));
    return plan(builder.build("product"), { target: webgpu.target }).commands.length;
  };
  assertEquals(commands(32, 128), 1);
  assertEquals(commands(4096, 128), 1);
  assertEquals(commands(4096, 2 ** 16), 2);
});
