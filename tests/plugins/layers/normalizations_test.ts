import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  adam,
  arrays,
  backward,
  batchNormalization,
  dense,
  evaluate,
  freeze,
  meanSquaredError,
  type Pipeline,
  pipeline,
  predict,
  sequential,
  train,
} from "@millrace/millrace";
import { bitsOf, inFolder } from "../../support/runs.ts";

const rows = Array.from({ length: 24 }, (_, i) => [Math.sin(i), 10 + 3 * Math.cos(2 * i)]);
const targets = rows.map(([a, b]) => [a! * 2 - b! / 3 + 1]);

/** A regression through batch normalization, which a freeze may hold. */
function normalized(isFrozen: boolean, epochs = 4): Pipeline {
  const points = arrays({ x: rows, y: targets });
  const layer = batchNormalization({ momentum: 0.5 });
  const normal = (isFrozen ? freeze(layer) : layer)(points.x);
  const line = sequential(dense(3, { activation: "tanh" }), dense(1))(normal);
  const loss = meanSquaredError()({ predictions: line, targets: points.y });
  return pipeline({
    name: "normalized",
    epochs,
    batchSize: 8,
    seed: 3,
    stages: {
      points,
      normal,
      line,
      loss,
      optimizer: adam({ learningRate: 0.01 })(backward()(loss)),
    },
  });
}

Deno.test("batchNormalization() saves its running statistics with the model, as no parameters", async () => {
  const { model, parameters } = await train(normalized(false));
  // gamma and beta of 2 columns, 2·3 + 3 and 3 + 1 of the dense layers
  assertEquals(parameters, 4 + 9 + 4);
  const mean = model.tensors["normal.movingMean"]!.data;
  const variance = model.tensors["normal.movingVariance"]!.data;
  const column = (i: number) => rows.map((row) => row[i]!);
  for (const i of [0, 1]) {
    const own = column(i).reduce((sum, x) => sum + x, 0) / rows.length;
    const squares = column(i).reduce((sum, x) => sum + (x - own) ** 2, 0) / rows.length;
    // half a batch's worth of each step: near those of the data, after 12 steps
    assertAlmostEquals(mean[i]!, own, 0.5 * Math.sqrt(squares));
    assertAlmostEquals(variance[i]!, squares, 0.5 * squares);
  }
});

Deno.test("batchNormalization() predicts by its running statistics, whatever else is in the batch", async () => {
  const described = normalized(false);
  const { model } = await train(described);
  const predicted = async (data: number[][]) => {
    const { values } = await predict(described, {
      model,
      output: "normal",
      records: {
        "points.x": { dtype: "f32", shape: [data.length, 2], data: Float32Array.from(data.flat()) },
      },
    });
    return [...values.data];
  };
  const [first] = rows;
  const alone = await predicted([first!]);
  assertEquals((await predicted([first!, [50, -50], [7, 7]])).slice(0, 2), alone);
  const of = (name: string) => model.tensors[`normal.${name}`]!.data;
  alone.forEach((y, i) => {
    const spread = Math.sqrt(of("movingVariance")[i]! + 1e-3);
    const normal = (first![i]! - of("movingMean")[i]!) / spread;
    assertAlmostEquals(y, normal * of("gamma")[i]! + of("beta")[i]!, 1e-5);
  });
});

Deno.test("batchNormalization() is the same bits for any number of threads", async () => {
  const one = await train(normalized(false), { threads: 1 });
  const two = await train(normalized(false), { threads: 2 });
  assertEquals(two.model.tensors, one.model.tensors);
});

Deno.test("batchNormalization() resumes to the same bits, running statistics too", async () => {
  await inFolder(async (folder) => {
    const whole = await train(normalized(false));
    const controller = new AbortController();
    const stopped = await train(normalized(false), {
      runDirectory: folder,
      signal: controller.signal,
      logEvery: 1,
      onEvent: (event) => event.kind === "step" && event.step === 5 && controller.abort(),
    });
    assertEquals([stopped.stopped, stopped.steps], [true, 5]);
    const resumed = await train(normalized(false), { runDirectory: folder, resume: true });
    assertEquals(resumed.steps, 12);
    assertEquals(bitsOf(resumed), bitsOf(whole));
    assert("normal.movingVariance" in resumed.model.tensors);
  });
});

Deno.test("batchNormalization(), frozen, trains by its running statistics and keeps them", async () => {
  const { model, parameters } = await train(normalized(true));
  assertEquals(parameters, 9 + 4);
  assertEquals([...model.tensors["normal.movingMean"]!.data], [0, 0]);
  assertEquals([...model.tensors["normal.movingVariance"]!.data], [1, 1]);
  assertEquals([...model.tensors["normal.gamma"]!.data], [1, 1]);
});

Deno.test("batchNormalization() lowers the loss of a pipeline, in training and in use", async () => {
  const few = await train(normalized(false, 1));
  const described = normalized(false, 60);
  const many = await train(described);
  assert(many.loss! < few.loss! / 2, `${few.loss} to ${many.loss}`);
  const { scores } = await evaluate(described, { model: many.model, split: "train" });
  assert(scores.loss! < few.loss! / 2, `in use ${scores.loss}`);
});
