import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  type Device,
  devices,
  meanSquaredError,
  type Pipeline,
  pipeline,
  PipelineError,
  reference,
  sgd,
  train,
  type TrainOptions,
  type TrainProfile,
  type TrainResult,
} from "@millrace/millrace";
import mnist from "../../../pipelines/mnist.ts";
import { check } from "../../../core/check/mod.ts";
import { compile, lower } from "../../../core/compile.ts";
import { Engine, runTraining } from "../../../core/execute/mod.ts";
import { blobs } from "../../support/pipelines.ts";

async function profiled(pipeline: Pipeline, options: TrainOptions = {}): Promise<TrainProfile> {
  const { profile } = await train(pipeline, { ...options, profile: true });
  assert(profile !== undefined);
  return profile;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function bitsOf({ model }: TrainResult): Record<string, Uint32Array> {
  return Object.fromEntries(
    Object.entries(model.tensors).map(([path, { data }]) => [
      path,
      new Uint32Array(new Float32Array(data).buffer),
    ]),
  );
}

for (const threads of [1, 2, 3]) {
  Deno.test(`train() with a profile gives the same bits, threads: ${threads}`, async () => {
    const options = { threads, limit: 160, set: { epochs: 2 } };
    const plain = await train(mnist, options);
    assertEquals(plain.profile, undefined);
    assertEquals(bitsOf(await train(mnist, { ...options, profile: true })), bitsOf(plain));
  });

  Deno.test(`train() tells where the time of a step went, threads: ${threads}`, async () => {
    const { step, loop } = await profiled(mnist, { threads, limit: 640, set: { epochs: 2 } });
    assertEquals([step.threads, step.batchSize, step.steps], [threads, 32, 40]);
    const wasm = devices.find(({ name }) => name === "wasm");
    const { plan } = compile(mnist, { purpose: "train", target: wasm!.target });
    assertEquals(
      step.kernels.map(({ name, paths, flops, bytes }) => ({ name, paths, flops, bytes })),
      plan.commands.map(({ name, paths, flops, bytes }) => ({ name, paths, flops, bytes })),
    );
    assertAlmostEquals(
      sum(step.stages.map(({ forward, backward }) => forward + backward)),
      sum(step.kernels.map(({ seconds }) => seconds)),
    );
    assert(step.seconds > 0 && step.clock > 0 && step.feeding > 0, JSON.stringify(step));
    assert(step.kernels.every(({ seconds, waiting }) => seconds >= 0 && waiting >= 0));

    // each kernel has its prediction, and a peak of the threads that ran it
    assertEquals(step.limits?.threads, threads);
    assertAlmostEquals(step.predicted!, sum(step.kernels.map(({ predicted }) => predicted!)));
    const matmul = step.kernels.find(({ name }) => name === "matmul")!;
    const peak = step.limits!.contraction[matmul.shared ? "together" : "alone"];
    assertAlmostEquals(matmul.peakShare!, matmul.flops / matmul.seconds / peak);

    const { total, ...parts } = loop;
    assertAlmostEquals(sum(Object.values(parts)), total, 1e-9);
    assert(Object.values(parts).every((seconds) => seconds >= 0), JSON.stringify(loop));
  });
}

Deno.test("train() on one thread spends a step in its kernels, as far as the profile tells", async () => {
  const { step } = await profiled(mnist, { threads: 1, limit: 3200, set: { epochs: 1 } });
  const kernels = sum(step.kernels.map(({ seconds }) => seconds));
  const whole = kernels + step.waiting + step.clock;
  // medians of parts and of the whole, on a machine that does other work too
  assert(whole > 0.7 * step.seconds && whole < 1.3 * step.seconds, `${whole}, ${step.seconds}`);
  assert(step.clock < 0.1 * step.seconds, `${step.clock} of ${step.seconds}`);
});

Deno.test("train() profiles the batches of most steps", async () => {
  // 60 rows: three batches of 16 and one of 12
  const { step } = await profiled(blobs());
  assertEquals([step.batchSize, step.steps], [16, 9]);
  const small = await profiled(blobs(), { limit: 10 });
  assertEquals([small.step.batchSize, small.step.steps], [10, 3]);
});

Deno.test("train() profiles on the reference device, without predictions", async () => {
  const { step } = await profiled(blobs(), { device: "reference" });
  assertEquals([step.limits, step.predicted], [null, null]);
  for (const { predicted, peakShare } of step.kernels) {
    assertEquals([predicted, peakShare], [null, null]);
  }
  assert(sum(step.kernels.map(({ seconds }) => seconds)) > 0);
});

Deno.test("train() counts validation apart from the rest of the loop", async () => {
  const columns = { x: [[0], [1], [2], [3]], y: [[1], [3], [5], [7]] };
  const lineOf = (validation: boolean) => {
    const data = arrays(columns, validation ? { validation: columns } : {});
    const predictions = dense(1)(data.x);
    const loss = meanSquaredError()({ predictions, targets: data.y });
    const fit = sgd({ learningRate: 0.05 })(backward()(loss));
    return pipeline({ name: "line", epochs: 3, stages: { data, predictions, loss, fit } });
  };
  const [without, withIt] = [await profiled(lineOf(false)), await profiled(lineOf(true))];
  assertEquals(without.loop.validating < 1e-3, true, JSON.stringify(without.loop));
  assert(withIt.loop.validating > 0 && withIt.loop.validating < withIt.loop.total);
});

Deno.test("train() has no profile when it took no step", async () => {
  const controller = new AbortController();
  controller.abort();
  const { profile, stopped } = await train(blobs(), { profile: true, signal: controller.signal });
  assertEquals([profile, stopped], [undefined, true]);
});

Deno.test("runTraining() refuses to profile on a device without a clock", async () => {
  const clockless: Device = {
    ...reference,
    open() {
      const session = reference.open();
      return {
        threads: session.threads,
        prepare: (plan) => ({ plan, run: session.prepare(plan).run }),
        input: (buffer) => session.input(buffer),
        output: () => session.output(),
        write: (buffer, data) => session.write(buffer, data),
        read: (buffer) => session.read(buffer),
        close: () => session.close(),
      };
    },
  };
  const engine = await Engine.open(check(blobs()), {
    device: clockless,
    lower,
    training: true,
    clock: true,
  });
  const options = { started: performance.now() };
  await assertRejects(
    () => runTraining(engine, { ...options, profile: true }),
    PipelineError,
    'Cannot measure the steps of "blobs train": the device has no clock',
  );
  assertEquals((await runTraining(engine, options)).epochs, 3);
});
