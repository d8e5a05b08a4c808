import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  accumulateGradients,
  adam,
  arrays,
  backward,
  batchNormalization,
  dense,
  exponentialDecay,
  exponentialMovingAverage,
  meanSquaredError,
  type Pipeline,
  pipeline,
  PipelineError,
  type RunEvent,
  sequential,
  sgd,
  train,
  type TrainOptions,
} from "@millrace/millrace";
import lenet from "../../../../pipelines/lenet.ts";
import mnist from "../../../../pipelines/mnist_10_10.ts";
import { blobs } from "../../../support/pipelines.ts";
import { bitsOf, inFolder } from "../../../support/runs.ts";
import { webgpuTest } from "../../../support/webgpu.ts";

const mixed = { device: "webgpu", precision: "mixed" } as const satisfies TrainOptions;

for (const [declared, limit] of [[mnist, 600], [lenet, 128]] as const) {
  webgpuTest(
    `train() with mixed precision learns ${declared.name} as with full precision`,
    async () => {
      const curve = async (precision: "full" | "mixed") => {
        const losses: number[] = [];
        const result = await train(declared, {
          device: "webgpu",
          precision,
          limit,
          logEvery: 1,
          set: { epochs: 2 },
          onEvent: (event) => event.kind === "step" && losses.push(event.loss),
        });
        return { ...result, losses };
      };
      const [half, full] = [await curve("mixed"), await curve("full")];
      assertEquals([half.precision, half.skippedSteps], ["mixed", 0]);
      assertEquals([full.precision, full.skippedSteps], ["full", undefined]);
      half.losses.forEach((loss, i) => {
        const wanted = full.losses[i]!;
        assert(Math.abs(loss - wanted) < 0.02 * wanted, `step ${i + 1}: ${loss}, not ${wanted}`);
      });
      const accuracies = [half, full].map(({ metrics }) => metrics.test!.accuracy!);
      assert(Math.abs(accuracies[0]! - accuracies[1]!) < 0.05, `${accuracies}`);
      // rounding shows somewhere
      assert(half.losses.at(-1) !== full.losses.at(-1));
    },
  );
}

const descent = sgd({ learningRate: 1e-4 });

/** A line through large targets: at first, their cotangents times the scale exceed 16 bits. */
function steep(target: number, by = descent): Pipeline {
  const data = arrays({
    x: [[1], [-1], [2], [-2]],
    y: [[1], [-1], [2], [-2]].map(([y]) => [target * y!]),
  });
  const line = sequential(dense(4), dense(1))(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  const optimizer = by(backward()(loss));
  return pipeline({
    name: "steep",
    epochs: 12,
    batchSize: 4,
    shuffle: false,
    stages: { data, line, loss, optimizer },
  });
}

webgpuTest("train() skips steps whose cotangents overflow, and counts them", async () => {
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent) => events.push(event);
  const result = await train(steep(1000), { ...mixed, logEvery: 1, onEvent });
  const losses = events.flatMap((event) => event.kind === "step" ? [event.loss] : []);
  const { skippedSteps } = result;
  // 65,536 · 2 · 2,000 / 4 in each of 4 rows: halved until it is below 65,504
  assertEquals(skippedSteps, 10);
  assertEquals(new Set(losses.slice(0, 11)).size, 1, "nothing changes while steps are skipped");
  assert(losses[11]! < losses[10]!, `${losses}`);
  const epochs = events.flatMap((event) => event.kind === "epoch" ? [event.skippedSteps] : []);
  assertEquals(epochs, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]);
});

webgpuTest("train() goes on after skipped steps as if there had been none", async () => {
  // the rate is halved in each step, and a moment's first step is corrected most
  const learningRate = exponentialDecay({ initialLearningRate: 1, decaySteps: 1, decayRate: 0.5 });
  const optimizer = adam({ learningRate, beta1: 0.5 });
  const skipping = await train(steep(1000, optimizer), { ...mixed, set: { epochs: 16 } });
  const applied = 16 - skipping.skippedSteps!;
  assert(skipping.skippedSteps! >= 10 && applied >= 3, `${skipping.skippedSteps} skipped`);
  const full = await train(steep(1000, optimizer), {
    device: "webgpu",
    set: { epochs: applied },
  });
  for (const [path, { data }] of Object.entries(full.model.tensors)) {
    const other = skipping.model.tensors[path]!.data;
    data.forEach((value, i) => assertAlmostEquals(other[i]!, value, 0.01, path));
  }
});

webgpuTest("train() resumes between skipped steps to the same bits", async () => {
  const learningRate = exponentialDecay({
    initialLearningRate: 0.1,
    decaySteps: 1,
    decayRate: 0.9,
  });
  // two steps are one update, and the mean of weights is kept beside them
  const optimizer: typeof descent = (gradients) =>
    exponentialMovingAverage(0.5)(adam({ learningRate })(accumulateGradients(2)(gradients)));
  const options = { ...mixed, set: { epochs: 20 } };
  const whole = await train(steep(1000, optimizer), options);
  assert(whole.skippedSteps! >= 8, `${whole.skippedSteps} skipped`);
  await inFolder(async (runDirectory) => {
    const stop = new AbortController();
    await train(steep(1000, optimizer), {
      ...options,
      runDirectory,
      logEvery: 1,
      signal: stop.signal,
      onEvent: (event) => event.kind === "step" && event.step === 5 && stop.abort(),
    });
    const resumed = await train(steep(1000, optimizer), { ...options, runDirectory, resume: true });
    assertEquals(resumed.skippedSteps, whole.skippedSteps);
    assertEquals(bitsOf(resumed), bitsOf(whole));
  });
});

webgpuTest("train() stops where no scale of the loss is small enough, and says where", async () => {
  const error = await assertRejects(
    () => train(steep(1e6), { ...mixed, set: { epochs: 40 } }),
    PipelineError,
  );
  const [issue] = error.issues;
  assertEquals(issue!.code, "nan");
  assertEquals(
    error.message,
    '"loss": Cannot go on after step 17 (epoch 17): the result of "mul" in the backward pass ' +
      "exceeds the 65,504 that 16 bits hold for rows 1, 2, 3, 4 of the training split\n" +
      "  hint: train with precision full, scale the inputs, or look at these rows",
  );
});

webgpuTest(
  "train() stops where an activation is larger than 16 bits hold, and says where",
  async () => {
    const data = arrays({ x: [[1e5], [2e5]], y: [[1], [2]] });
    const scaled = sequential(dense(1, { kernelInitializer: "ones" }), dense(1))(data.x);
    const loss = meanSquaredError()({ predictions: scaled, targets: data.y });
    const optimizer = sgd()(backward()(loss));
    const large = pipeline({
      name: "large",
      batchSize: 2,
      stages: { data, scaled, loss, optimizer },
    });
    const { message } = await assertRejects(() => train(large, mixed), PipelineError);
    assertStringIncludes(message, '"scaled.dense1": Cannot go on after step 1 (epoch 1)');
    assertStringIncludes(message, "exceeds the 65,504 that 16 bits hold for rows");
  },
);

webgpuTest(
  "train() with mixed precision resumes to the same bits, scale and skipped steps",
  async () => {
    await inFolder(async (folder) => {
      for (const declared of [steep(1000), blobs()]) {
        const runDirectory = `${folder}/${declared.name}`;
        const whole = await train(declared, mixed);
        const controller = new AbortController();
        const stopped = await train(declared, {
          ...mixed,
          runDirectory,
          signal: controller.signal,
          logEvery: 1,
          onEvent: (event) => event.kind === "step" && event.step === 6 && controller.abort(),
        });
        assertEquals([stopped.stopped, stopped.steps], [true, 6]);
        const resumed = await train(declared, { ...mixed, runDirectory, resume: true });
        assertEquals(bitsOf(resumed), bitsOf(whole));
        assertEquals(resumed.skippedSteps, whole.skippedSteps);
        const record = JSON.parse(await Deno.readTextFile(`${runDirectory}/run.json`));
        assertEquals([record.precision, record.results.skippedSteps], [
          "mixed",
          whole.skippedSteps,
        ]);
      }
    });
  },
);

webgpuTest("train() refuses to resume with another precision", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { ...mixed, runDirectory: folder });
    const error = await assertRejects(
      () => train(blobs(), { runDirectory: folder, resume: true, set: { epochs: 5 } }),
      PipelineError,
    );
    assertStringIncludes(
      error.message,
      `"precision": Cannot resume "${folder}": this has changed: received full, expected mixed`,
    );
  });
});

Deno.test("train() refuses mixed precision on a device that stores floats in 32 bits only", async () => {
  const error = await assertRejects(
    () => train(blobs(), { device: "wasm", precision: "mixed" }),
    PipelineError,
  );
  assertStringIncludes(error.message, 'Cannot train with precision "mixed" on device "wasm"');
});

for (const profile of [false, true]) {
  webgpuTest(
    `train() with mixed precision runs what has no gradient${profile ? ", profiled too" : ""}`,
    async () => {
      const points = arrays({ x: [[0, 1], [1, 2], [2, 4], [3, 8]], y: [[1], [3], [5], [7]] });
      const predictions = sequential(dense(3), batchNormalization(), dense(1))(points.x);
      const loss = meanSquaredError()({ predictions, targets: points.y });
      const declared = pipeline({
        name: "still",
        epochs: 2,
        stages: { points, predictions, loss },
      });
      const { steps, loss: found } = await train(declared, { ...mixed, profile });
      assertEquals([steps, Number.isFinite(found)], [2, true]);
    },
  );
}
