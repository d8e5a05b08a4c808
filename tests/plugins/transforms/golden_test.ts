import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  clip,
  type HostTensor,
  hostTensor,
  impute,
  logTransform,
  minMax,
  ops,
  ordinal,
  polynomialFeatures,
  quantileBins,
  robust,
  stageOf,
  standardize,
  type Value,
} from "@millrace/millrace";
import { buildStage, Laboratory, type Numbers, resolve } from "../../support/build_stage.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

interface Case {
  readonly name: string;
  readonly transform: string;
  readonly arguments: readonly unknown[];
  readonly train: Numbers;
  readonly test: Numbers;
  readonly output: Numbers;
}

type Make = (...args: unknown[]) => unknown;

const transforms = {
  impute,
  minMax,
  polynomialFeatures,
  quantileBins,
  robust,
  standardize,
} as unknown as Readonly<Record<string, Make>>;

/** Fits a transform to rows, some at a time. */
async function fit(made: unknown, { shape, data }: Numbers): Promise<Record<string, HostTensor>> {
  const { definition, config } = resolve(stageOf(made)!);
  const numbers = Float32Array.from(data, Number);
  const width = shape[1]!;
  async function* batches() {
    for (let row = 0; row < shape[0]!; row += 5) {
      await Promise.resolve();
      const part = numbers.slice(row * width, (row + 5) * width);
      yield { x: hostTensor(part, { shape: [part.length / width, width] }) };
    }
  }
  return { ...await definition.fit?.({ config, batches: batches() }) };
}

/** What a transform makes of rows, and the gradient of the sum by them. */
function apply(
  made: unknown,
  { x: given, fitted = {} }: { x: Numbers; fitted?: Record<string, HostTensor> },
) {
  const laboratory = new Laboratory();
  const x = laboratory.variable("x", given).value;
  const { output } = buildStage<Value>(laboratory, made, { x }, { fitted });
  laboratory.builder.output("output", output);
  laboratory.builder.output("gradient", ops.gradient(ops.reduceSum(output), x));
  const { output: data, gradient } = laboratory.run();
  return { shape: output.spec.shape, data: data!, gradient: gradient! };
}

for (const golden of await readGolden<Case>("transforms")) {
  Deno.test(`${golden.transform}() does as scikit-learn: ${golden.name}`, async () => {
    const made = transforms[golden.transform]!(...golden.arguments);
    const fitted = await fit(made, golden.train);
    const { shape, data } = apply(made, { x: golden.test, fitted });
    assertEquals(shape, golden.output.shape);
    // what was fitted is kept in float32
    assertClose(data, golden.output, { tolerance: 5e-7 });
  });
}

const row = (...data: number[]): Numbers => ({ shape: [1, data.length], data });

Deno.test("minMax() and robust() leave what never changes in place", async () => {
  const constant: Numbers = { shape: [3, 1], data: [7, 7, 7] };
  for (const [made, wanted] of [[minMax({ min: -1 }), 1], [robust(), 1]] as const) {
    assertClose(apply(made, { x: row(8), fitted: await fit(made, constant) }).data, [wanted]);
  }
});

Deno.test("minMax(), robust() and impute() take a feature without any value as it is", async () => {
  const nothing: Numbers = { shape: [2, 1], data: [NaN, NaN] };
  for (const made of [minMax(), robust()]) {
    assertClose(apply(made, { x: row(8), fitted: await fit(made, nothing) }).data, [8]);
  }
  const made = impute({ value: 3 });
  assertClose(apply(made, { x: row(NaN), fitted: await fit(made, nothing) }).data, [3]);
});

Deno.test("impute() tells beside the values which were missing", async () => {
  const made = impute({ strategy: "median", indicator: true });
  const fitted = await fit(made, { shape: [3, 2], data: [1, 5, 2, 6, 9, 7] });
  const { data, gradient } = apply(made, { x: row(NaN, 4), fitted });
  assertClose(data, [2, 4, 1, 0]);
  assertClose(gradient, [0, 1]);
});

Deno.test("robust() looks at 100,000 rows by chance where there are more", async () => {
  const rows = 150_000;
  const data = Float32Array.from({ length: rows }, (_, i) => i / rows);
  const { median, range } = await fit(robust(), { shape: [rows, 1], data });
  assert(Math.abs(median!.data[0]! - 0.5) < 0.01 && Math.abs(range!.data[0]! - 0.5) < 0.01);
  assertEquals((await fit(robust(), { shape: [rows, 1], data })).median, median);
});

Deno.test("clip() keeps numbers within limits, with a gradient of 1 within them", () => {
  const { data, gradient } = apply(clip({ min: -1, max: 2 }), { x: row(-3, 0.5, 7) });
  assertClose(data, [-1, 0.5, 2]);
  assertClose(gradient, [0, 1, 0]);
  assertClose(apply(clip({ max: 2 }), { x: row(-3, 7) }).data, [-3, 2]);
});

Deno.test("logTransform() takes the logarithm of what is shifted", () => {
  const { data, gradient } = apply(logTransform(), { x: row(0, 1e-9, 99) });
  assertClose(data, [0, 1e-9 - 5e-19, Math.log(100)], { tolerance: 1e-15 });
  assertClose(gradient, [1, 1 / (1 + 1e-9), 0.01]);
  assertClose(apply(logTransform({ shift: 0.5 }), { x: row(0) }).data, [Math.log(0.5)]);
});

Deno.test("ordinal() gives class numbers as numbers", () => {
  const laboratory = new Laboratory();
  const labels = { value: laboratory.whole("labels", [2, 0], "u8"), classes: 3 };
  const { output } = buildStage<Value>(laboratory, ordinal(), { labels });
  laboratory.builder.output("output", output);
  assertEquals(output.spec, { shape: [2, 1], dtype: "f32" });
  assertEquals(laboratory.run().output, Float64Array.of(2, 0));
});

for (const made of [minMax(), robust(), quantileBins(3), impute()]) {
  const { definition: { name } } = resolve(stageOf(made)!);
  Deno.test(`${name}() refuses a training split without rows`, async () => {
    await assertRejects(
      () => fit(made, { shape: [0, 2], data: [] }),
      RangeError,
      `Cannot fit "${name}": the training split has no rows`,
    );
  });
}
