import { assert, assertEquals, assertRejects } from "@std/assert";
import { type GraphBuilder, ops, PipelineError } from "@millrace/millrace";
import { RandomStream } from "../../../../core/tensor/mod.ts";
import { runOnWebgpu, type RunOptions, webgpuTest } from "../../../support/webgpu.ts";

interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

function draw(name: string, length: number): Float32Array {
  const stream = new RandomStream(11, name);
  return Float32Array.from({ length }, () => 2 * stream.uniform() - 1);
}

/** `lhs · rhs`, row-major. */
function product(
  lhs: ArrayLike<number>,
  rhs: ArrayLike<number>,
  { rows, inner, columns }: Sizes,
): number[] {
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let i = 0; i < inner; i++) sum += lhs[row * inner + i]! * rhs[i * columns + column]!;
    return sum;
  });
}

/**
 * `bytes · 0.3` is stored, multiplied by a matrix, added to another product, stored, and multiplied by
 * the first again.
 */
async function chained({ rows, inner, columns }: Sizes, options: RunOptions) {
  const given = {
    bytes: Uint8Array.from(draw("bytes", rows * inner), (x) => 100 + 100 * x),
    x: draw("x", rows * inner),
    first: draw("first", inner * columns),
    second: draw("second", columns * rows),
  };
  const { y } = await runOnWebgpu(
    (builder: GraphBuilder) => {
      const input = (name: string, shape: readonly number[]) =>
        builder.input(name, { shape, dtype: "f32" });
      const bytes = builder.input("bytes", { shape: [rows, inner], dtype: "u8" });
      const scaled = ops.mul(ops.cast(bytes, "f32"), 0.3);
      const first = input("first", [inner, columns]);
      const one = ops.matmul(scaled, first);
      const two = ops.add(ops.matmul(input("x", [rows, inner]), first), one);
      return { y: ops.matmul(two, input("second", [columns, rows])) };
    },
    given,
    // else the first product would scale the bytes as it reads them, and round nothing
    { ...options, target: { operandReads: () => Infinity } },
  );
  const wanted = (round: (x: number) => number) => {
    const scaled = Array.from(given.bytes, (x) => round(x * 0.3));
    const sizes = { rows, inner, columns };
    const one = product(scaled, given.first, sizes).map(round);
    const two = product(given.x, given.first, sizes).map((x, i) => round(x + one[i]!));
    return product(two, given.second, { rows, inner: columns, columns: rows });
  };
  return { y: y!, half: wanted(Math.f16round), full: wanted((x) => x) };
}

/** Largest difference, relative to the largest number. */
function distance(a: ArrayLike<number>, b: readonly number[]): number {
  assertEquals(a.length, b.length);
  const most = Math.max(...b.map(Math.abs));
  return Math.max(...b.map((x, i) => Math.abs(x - a[i]!))) / most;
}

const cases: readonly { readonly what: string; readonly sizes: Sizes }[] = [
  { what: "in fours", sizes: { rows: 136, inner: 124, columns: 48 } },
  { what: "one by one", sizes: { rows: 71, inner: 33, columns: 19 } },
];

for (const { what, sizes } of cases) {
  webgpuTest(`plans of mixed precision on webgpu round what they store ${what}`, async () => {
    const { y, half, full } = await chained(sizes, { precision: "mixed" });
    // a sum in another order may be rounded to a neighbour
    assert(distance(y, half) < 5e-5, `${distance(y, half)}`);
    assert(distance(y, full) > 1e-4, `${distance(y, full)}`);
  });

  webgpuTest(`plans of mixed precision on webgpu store parts of words ${what}`, async () => {
    // with two bindings, memory in 16 and 32 bits is bound as one range
    const options = { precision: "mixed", gpu: { mostBindings: 2 } } as const;
    const { y, half } = await chained(sizes, options);
    assert(distance(y, half) < 5e-5, `${distance(y, half)}`);
  });
}

webgpuTest("plans of mixed precision on webgpu store what is too large as infinity", async () => {
  const { y } = await runOnWebgpu(
    (builder) => {
      const x = builder.input("x", { shape: [2, 2], dtype: "f32" });
      const one = builder.input("one", { shape: [2, 2], dtype: "f32" });
      return { y: ops.matmul(ops.mul(x, 2), one) };
    },
    { x: [32752, 1e5, 0, -1e5], one: [1, 0, 0, 1] },
    { precision: "mixed" },
  );
  // 0 · infinity is NaN
  assertEquals([...y!], [NaN, Infinity, NaN, -Infinity]);
});

webgpuTest("webgpu refuses mixed precision where the GPU has no shader-f16", async () => {
  const error = await assertRejects(
    () =>
      chained(cases[1]!.sizes, {
        precision: "mixed",
        gpu: { storesHalf: false, name: "Old GPU" },
      }),
    PipelineError,
  );
  assertEquals(
    error.message,
    'Cannot use device "webgpu": Old GPU has no feature shader-f16, which precision "mixed" needs ' +
      "to store floats in 16 bits\n  hint: leave out --precision, to store them in 32 bits",
  );
});
