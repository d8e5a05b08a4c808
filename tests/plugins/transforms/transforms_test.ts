import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  arrays,
  backward,
  clip,
  dense,
  type HostTensor,
  hostTensor,
  logTransform,
  meanSquaredError,
  minMax,
  oneHot,
  ops,
  pipeline,
  rescale,
  sequential,
  sgd,
  stageOf,
  standardize,
  train,
  type Value,
} from "@millrace/millrace";
import { buildStage, Laboratory, resolve } from "../../support/build_stage.ts";
import { problemsOf } from "../../support/loaders.ts";
import { assertClose } from "../../golden/golden.ts";

Deno.test("rescale() makes floats of bytes, and is differentiated by floats", () => {
  const laboratory = new Laboratory();
  const bytes = laboratory.whole("bytes", [0, 51, 255], "u8");
  const floats = laboratory.variable("floats", { shape: [3], data: [-1, 0, 2] }).value;
  const options = { scale: 1 / 255, offset: -0.5 };
  const fromBytes = buildStage<Value>(laboratory, rescale(options), { x: bytes }, { path: "a" });
  const fromFloats = buildStage<Value>(laboratory, rescale(options), { x: floats }, { path: "b" });
  assertEquals(fromBytes.output.spec, { shape: [3], dtype: "f32" });
  laboratory.builder.output("bytes", fromBytes.output);
  const loss = ops.reduceSum(fromFloats.output);
  laboratory.builder.output("gradient", ops.gradient(loss, floats));
  const results = laboratory.run();
  assertClose(results.bytes!, [-0.5, -0.3, 0.5]);
  assertClose(results.gradient!, [1 / 255, 1 / 255, 1 / 255]);
});

Deno.test("oneHot() is 1 in the column of the class", () => {
  const laboratory = new Laboratory();
  const labels = { value: laboratory.whole("labels", [2, 0], "u8"), classes: 3 };
  const { output } = buildStage<Value>(laboratory, oneHot(), { labels });
  laboratory.builder.output("output", output);
  assertEquals(laboratory.run().output, Float64Array.of(0, 0, 1, 1, 0, 0));
});

Deno.test("oneHot() of a tensor of numbers is 1 at each number, and 0 for what is no class", () => {
  const laboratory = new Laboratory();
  const x = ops.reshape(laboratory.whole("x", [2, 0, 7, 1], "u8"), [2, 2]);
  const { output } = buildStage<Value>(laboratory, oneHot(3), { numbers: x });
  assertEquals(output.spec, { shape: [2, 2, 3], dtype: "f32" });
  laboratory.builder.output("output", output);
  assertEquals(laboratory.run().output, Float64Array.of(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0));
});

/** Fits standardize() to batches of rows. */
async function fit(batches: readonly (readonly (readonly number[])[])[]): Promise<
  Readonly<Record<string, HostTensor>>
> {
  const { definition, config } = resolve(stageOf(standardize())!);
  async function* stream() {
    for (const rows of batches) {
      await Promise.resolve();
      yield { x: hostTensor(rows.flat(), { shape: [rows.length, rows[0]!.length] }) };
    }
  }
  return await definition.fit!({ config, batches: stream() });
}

Deno.test("standardize() finds mean and standard deviation over all batches", async () => {
  const rows = [[1, -4], [2, 0], [4, 4], [9, 8]];
  const { mean, std } = await fit([rows.slice(0, 3), rows.slice(3)]);
  assertEquals(mean, hostTensor([4, 2], { shape: [2] }));
  assertClose(std!.data, [Math.sqrt(9.5), Math.sqrt(20)], { tolerance: 1e-7 });
});

Deno.test("standardize() keeps the digits of a small spread around a large mean", async () => {
  const { mean, std } = await fit([[[1e6 - 1], [1e6]], [[1e6 + 1]]]);
  assertEquals(mean!.data, Float32Array.of(1e6));
  assertClose(std!.data, [Math.sqrt(2 / 3)], { tolerance: 1e-7 });
});

Deno.test("standardize() divides a feature that never changes by 1", async () => {
  const fitted = await fit([[[7, 1], [7, 3]]]);
  assertEquals(fitted.std!.data, Float32Array.of(1, 1));
  const laboratory = new Laboratory();
  const x = laboratory.variable("x", { shape: [2, 2], data: [7, 1, 8, 3] }).value;
  const { output } = buildStage<Value>(laboratory, standardize(), { x }, { fitted });
  laboratory.builder.output("output", output);
  assertEquals(laboratory.run().output, Float64Array.of(0, -1, 1, 1));
});

Deno.test("standardize() refuses a training split without rows", async () => {
  await assertRejects(
    () => fit([]),
    RangeError,
    'Cannot fit "standardize": the training split has no rows',
  );
});

Deno.test("standardize() is fitted to the training split, and saved with the model", async () => {
  const table = arrays({
    x: [[1, 5], [3, 5], [5, 5], [7, 5]],
    y: [[1], [2], [3], [4]],
  }, { test: { x: [[100, 100]], y: [[1]] } });
  const features = standardize()(table.x);
  const line = dense(1)(features);
  const loss = meanSquaredError()({ predictions: line, targets: table.y });
  const { model } = await train(
    pipeline({
      name: "line",
      batchSize: 3,
      stages: { table, features, line, loss, fit: sgd({ learningRate: 0.1 })(backward()(loss)) },
    }),
    { device: "reference" },
  );
  const { "features.mean": mean, "features.std": std } = model.tensors;
  assert(mean !== undefined && std !== undefined);
  assertClose(mean.data, [4, 5], { tolerance: 1e-7 });
  assertClose(std.data, [Math.sqrt(5), 1], { tolerance: 1e-7 });
});

Deno.test("standardize() inside a sequence is fitted to what flows into it there", async () => {
  const table = arrays({ x: [[0], [1], [3], [7]], y: [[1], [2], [3], [4]] });
  const features = sequential(logTransform(), standardize(), minMax())(table.x);
  const line = dense(1)(features);
  const loss = meanSquaredError()({ predictions: line, targets: table.y });
  const optimizer = sgd()(backward()(loss));
  const { model } = await train(
    pipeline({ name: "line", stages: { table, features, line, loss, optimizer } }),
    { device: "reference" },
  );
  // ln 1, ln 2, ln 4, ln 8
  const { "features.standardize.mean": mean, "features.minMax.range": range } = model.tensors;
  assertClose(mean!.data, [1.5 * Math.LN2], { tolerance: 1e-6 });
  assertClose(range!.data, [3 / Math.sqrt(1.25)], { tolerance: 1e-6 });
});

Deno.test("minMax() and clip() refuse limits that hold no number", () => {
  const { x } = arrays({ x: [[1], [2]] });
  const refuses = (made: unknown, message: string) =>
    assertStringIncludes(problemsOf(made), message);
  refuses(
    minMax({ min: 1, max: 1 })(x),
    '"minMax.max": Cannot use this value: received 1, expected more',
  );
  refuses(minMax({ min: 2 })(x), "expected more than min");
  refuses(
    clip({ min: 2, max: 1 })(x),
    '"clip.max": Cannot use this value: received 1, expected no less',
  );
  refuses(clip({})(x), '"clip.min": Cannot use this value: expected min or max');
});
