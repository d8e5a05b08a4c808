import { assert, assertEquals } from "@std/assert";
import { ops, type Shape } from "@millrace/millrace";
import { RandomStream, threefry2x32 } from "../../../../core/tensor/mod.ts";
import { openGpu } from "../../../../core/devices/webgpu/adapter.ts";
import { runOnWebgpu, webgpuTest } from "../../../support/webgpu.ts";

/** Shapes that are divided in each way: among lanes, results, chunks. */
const cases: readonly { readonly shape: Shape; readonly axes: readonly number[] }[] = [
  { shape: [3, 5], axes: [1] },
  { shape: [3, 1000], axes: [1] },
  { shape: [1000, 3], axes: [0] },
  { shape: [40, 7, 50], axes: [0, 2] },
  { shape: [7, 40, 5], axes: [1] },
  { shape: [300_000], axes: [0] },
  { shape: [2, 70_001], axes: [1] },
  { shape: [70_001, 2], axes: [0] },
];

for (const { shape, axes } of cases) {
  webgpuTest(`reduceSum() and reduceMax() on webgpu over ${axes} of [${shape}]`, async () => {
    const stream = new RandomStream(3, "x");
    const size = shape.reduce((product, length) => product * length, 1);
    const x = Float32Array.from({ length: size }, () => 2 * stream.uniform() - 1);
    const { sum, largest, whole } = await runOnWebgpu((builder) => {
      const value = builder.input("x", { shape, dtype: "f32" });
      const count = ops.cast(ops.greaterEqual(value, 0), "i32");
      return {
        sum: ops.reduceSum(value, { axes }),
        largest: ops.reduceMax(value, { axes }),
        whole: ops.reduceSum(count, { axes }),
      };
    }, { x });
    const sums = new Float64Array(sum!.length);
    const maxima = new Float64Array(sum!.length).fill(-Infinity);
    const counts = new Int32Array(sum!.length);
    x.forEach((element, place) => {
      let [rest, to, step] = [place, 0, 1];
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const coordinate = rest % shape[axis]!;
        rest = Math.floor(rest / shape[axis]!);
        if (axes.includes(axis)) continue;
        to += coordinate * step;
        step *= shape[axis]!;
      }
      sums[to]! += element;
      maxima[to] = Math.max(maxima[to]!, element);
      counts[to]! += element >= 0 ? 1 : 0;
    });
    assertEquals(largest, Float32Array.from(maxima));
    assertEquals(whole, counts);
    sum!.forEach((value, i) =>
      assert(Math.abs(value - sums[i]!) < 2e-4, `sum ${i} is ${value}, not ${sums[i]}`)
    );
  });
}

webgpuTest("reductions on webgpu give the same bits with subgroups and without", async () => {
  const { subgroupSize } = await openGpu();
  for (const { shape, axes } of cases) {
    const stream = new RandomStream(4, "x");
    const size = shape.reduce((product, length) => product * length, 1);
    const x = Float32Array.from({ length: size }, () => stream.normal());
    const sums = (gpu: { readonly subgroupSize: number }) =>
      runOnWebgpu(
        (builder) => {
          const value = builder.input("x", { shape, dtype: "f32" });
          return {
            sum: ops.reduceSum(value, { axes }),
            largest: ops.reduceMax(value, { axes }),
            whole: ops.reduceSum(ops.cast(ops.mul(value, 100), "i32"), { axes }),
          };
        },
        { x },
        { gpu },
      );
    assertEquals(await sums({ subgroupSize }), await sums({ subgroupSize: 1 }));
  }
});

webgpuTest("randomUniform() on webgpu draws the host's numbers, bit for bit", async () => {
  const { y } = await runOnWebgpu((builder) => {
    const [seed, step] = ["seed", "step"].map((name) =>
      builder.input(name, { shape: [], dtype: "u32" })
    );
    return {
      y: ops.randomUniform({ seed: seed!, step: step!, shape: [5, 41], stream: 0xdeadbeef }),
    };
  }, { seed: [4_000_000_000], step: [17] });
  assertEquals(
    y,
    Float32Array.from(
      { length: 205 },
      (_, i) => (threefry2x32([4_000_000_000, 0xdeadbeef], i, 17)[0] >>> 8) * 2 ** -24,
    ),
  );
});
