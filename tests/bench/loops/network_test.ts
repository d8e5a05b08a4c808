import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  adam,
  arrays,
  backward,
  compile,
  conv2d,
  dense,
  flatten,
  maxPool2d,
  type Pipeline,
  pipeline,
  RandomStream,
  reshape,
  sequential,
  sgd,
  sparseCategoricalCrossEntropy,
  train,
  wasmDevice,
} from "@millrace/millrace";
import { loopLenet, type LoopNetwork, loopPerceptron } from "../../../bench/loops/network.ts";

const batch = 4;
const steps = 3;
const random = new RandomStream(0, "pixels");
const pixels = Array.from(
  { length: batch },
  () => Array.from({ length: 784 }, () => Math.abs(random.normal())),
);
const labels = [3, 1, 4, 9];
const data = () => arrays({ x: pixels, label: { values: labels, classes: 10 } });

/** Trains both from the same weights on the same batch; every parameter must stay the same. */
async function assertTrainAlike(pipeline: Pipeline, loop: LoopNetwork): Promise<void> {
  const { plan } = compile(pipeline, { purpose: "train", target: wasmDevice().target });
  const slots = plan.variables.slots.filter(({ role }) => role === "parameter");
  assertEquals(slots.length, loop.parameters.length);
  slots.forEach(({ initialize }, i) => loop.parameters[i]!.set(initialize!(0)));
  const x = Float32Array.from(pixels.flat());
  let loss = NaN;
  for (let step = 0; step < steps; step++) loss = loop.step(x, Uint8Array.from(labels));
  const trained = await train(pipeline, { threads: 1 });
  assertAlmostEquals(loss, trained.loss, 1e-4);
  slots.forEach(({ path }, i) => {
    const expected = trained.model.tensors[path]!.data;
    loop.parameters[i]!.forEach((value, j) => assertAlmostEquals(value, expected[j]!, 1e-4));
  });
}

Deno.test("loopPerceptron() trains as Millrace does", async () => {
  const table = data();
  const logits = sequential(
    dense(16, { activation: "relu" }),
    dense(12, { activation: "relu" }),
    dense(10),
  )(table.x);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: table.label });
  const optimizer = adam({ learningRate: 1e-3 })(backward()(loss));
  await assertTrainAlike(
    pipeline({
      name: "perceptron",
      epochs: steps,
      batchSize: batch,
      shuffle: false,
      stages: { table, logits, loss, optimizer },
    }),
    loopPerceptron([784, 16, 12, 10], { batch }),
  );
});

Deno.test("loopLenet() trains as Millrace does", async () => {
  const table = data();
  const logits = sequential(
    reshape([28, 28, 1]),
    conv2d(8, 5, { activation: "relu" }),
    maxPool2d(2),
    conv2d(16, 5, { activation: "relu" }),
    maxPool2d(2),
    flatten(),
    dense(10),
  )(table.x);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: table.label });
  const optimizer = sgd({ learningRate: 0.1 })(backward()(loss));
  await assertTrainAlike(
    pipeline({
      name: "lenet",
      epochs: steps,
      batchSize: batch,
      shuffle: false,
      stages: { table, logits, loss, optimizer },
    }),
    loopLenet({ batch }),
  );
});

Deno.test("loopPerceptron() learns with dropout", () => {
  const network = loopPerceptron([784, 32, 10], { batch, dropout: 0.2 });
  const x = Float32Array.from(pixels.flat());
  const first = network.step(x, Uint8Array.from(labels));
  for (let step = 0; step < 200; step++) network.step(x, Uint8Array.from(labels));
  let last = 0;
  for (let step = 0; step < 20; step++) last += network.step(x, Uint8Array.from(labels)) / 20;
  assert(last < first / 2);
});
