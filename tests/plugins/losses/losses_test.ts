import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { train, type Value } from "../../../core/mod.ts";
import {
  binaryCrossEntropy,
  categoricalCrossEntropy,
  contrastiveLoss,
  cosineDistance,
  meanSquaredError,
  sparseCategoricalCrossEntropy,
  tripletLoss,
} from "../../../plugins/losses/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";
import { assertClose } from "../../golden/golden.ts";
import { weightedClassifier } from "../../support/pipelines.ts";

function ones(laboratory: Laboratory, path: string, shape: readonly number[]): Value {
  const length = shape.reduce((product, size) => product * size, 1);
  return laboratory.variable(path, { shape, data: new Array(length).fill(1) }).value;
}

Deno.test("meanSquaredError() never broadcasts its targets", () => {
  const laboratory = new Laboratory();
  const predictions = ones(laboratory, "predictions", [4, 1]);
  const targets = ones(laboratory, "targets", [4]);
  assertThrows(
    () => buildStage(laboratory, meanSquaredError(), { predictions, targets }),
    TypeError,
    'Cannot compare "targets" with "predictions": received f32[4], expected f32[4, 1]',
  );
});

Deno.test("categoricalCrossEntropy() never broadcasts its targets", () => {
  const laboratory = new Laboratory();
  const logits = ones(laboratory, "logits", [4, 3]);
  const targets = ones(laboratory, "targets", [1, 3]);
  assertThrows(
    () => buildStage(laboratory, categoricalCrossEntropy(), { logits, targets }),
    TypeError,
    'Cannot compare "targets" with "logits": received f32[1, 3], expected f32[4, 3]',
  );
});

Deno.test("sparseCategoricalCrossEntropy() refuses another number of scores than classes", () => {
  const laboratory = new Laboratory();
  const logits = ones(laboratory, "logits", [2, 12]);
  const labels = { value: laboratory.whole("labels", [0, 1]), classes: 10 };
  assertThrows(
    () => buildStage(laboratory, sparseCategoricalCrossEntropy(), { logits, labels }),
    TypeError,
    'Cannot compare "logits" with labels of 10 classes: received f32[2, 12], expected f32[2, 10]',
  );
});

/** A loss over rows of scores, each 1 in the place of its row. */
function sparse(
  labels: readonly number[],
  { classWeights, sampleWeight, weightShape = [labels.length], classes = 3 }: {
    readonly classWeights?: readonly number[];
    readonly sampleWeight?: readonly number[];
    readonly weightShape?: readonly number[];
    readonly classes?: number;
  },
): number {
  const laboratory = new Laboratory();
  const logits = laboratory.variable("logits", {
    shape: [labels.length, classes],
    data: Array.from({ length: labels.length * classes }, (_, i) => i % 7 / 4),
  }).value;
  const { output } = buildStage<Value>(
    laboratory,
    sparseCategoricalCrossEntropy({ classWeights }),
    {
      logits,
      labels: { value: laboratory.whole("labels", labels), classes },
      ...(sampleWeight === undefined ? {} : {
        sampleWeight: laboratory.variable("w", { shape: weightShape, data: sampleWeight }).value,
      }),
    },
  );
  laboratory.builder.output("loss", output);
  return laboratory.run().loss![0]!;
}

Deno.test("defineLoss() takes weights as [batch, 1], and refuses other shapes", () => {
  const sampleWeight = [1, 0.5, 3, 0];
  const labels = [0, 1, 2, 0];
  assertEquals(
    sparse(labels, { sampleWeight, weightShape: [4, 1] }),
    sparse(labels, { sampleWeight }),
  );
  assertThrows(
    () => sparse(labels, { sampleWeight, weightShape: [1, 4] }),
    TypeError,
    "Cannot weight the examples: received sampleWeight f32[1, 4], expected f32[4] or f32[4, 1]",
  );
});

Deno.test("defineLoss() gives 0 for a batch whose weights are all 0", () => {
  assertEquals(sparse([0, 1], { sampleWeight: [0, 0] }), 0);
  assertEquals(sparse([0, 1], { classWeights: [0, 0, 5] }), 0);
});

Deno.test("defineLoss() weights an example by the weight of its class", () => {
  const labels = Array.from({ length: 300 }, (_, i) => (i * 7) % 300);
  const classWeights = labels.map((_, i) => 1 + i % 5 / 4);
  assertAlmostEquals(
    sparse(labels, { classWeights, classes: 300 }),
    sparse(labels, { sampleWeight: labels.map((label) => classWeights[label]!), classes: 300 }),
    1e-12,
  );
  assertAlmostEquals(
    sparse([0, 1], { classWeights: [2, 2, 2] }),
    2 * sparse([0, 1], {}),
    1e-12,
  );
});

Deno.test("defineLoss() refuses another number of weights than classes, and weights without labels", () => {
  assertThrows(
    () => sparse([0, 1], { classWeights: [1] }),
    TypeError,
    "Cannot weight the classes: received 1 weight, expected 3, one for each class",
  );
  const laboratory = new Laboratory();
  const logits = ones(laboratory, "logits", [2, 1]);
  const targets = ones(laboratory, "targets", [2, 1]);
  assertThrows(
    () => buildStage(laboratory, binaryCrossEntropy({ classWeights: [1, 2] }), { logits, targets }),
    TypeError,
    'Cannot weight the classes: "labels" is not connected; give labels, or drop classWeights',
  );
});

Deno.test("binaryCrossEntropy() compares with labels of two classes or with targets, not with both", () => {
  const laboratory = new Laboratory();
  const logits = ones(laboratory, "logits", [2, 1]);
  const wide = ones(laboratory, "wide", [2, 2]);
  const value = laboratory.whole("labels", [0, 1]);
  const labels = { value, classes: 2 };
  const refuses = (inputs: Readonly<Record<string, unknown>>, message: string) =>
    assertThrows(() => buildStage(laboratory, binaryCrossEntropy(), inputs), TypeError, message);
  refuses({ logits }, 'Cannot compare with nothing: connect "labels" or "targets"');
  refuses(
    { logits, labels, targets: logits },
    'Cannot compare with both "labels" and "targets": connect one of them',
  );
  refuses(
    { logits, labels: { value, classes: 3 } },
    'Cannot compare "logits" with labels of 3 classes: expected labels of 2',
  );
  refuses(
    { logits: wide, labels },
    'Cannot compare "logits" with labels of 2 classes: received f32[2, 2], ' +
      "expected one score per example, f32[2, 1]",
  );
  refuses(
    { logits, targets: wide },
    'Cannot compare "targets" with "logits": received f32[2, 2], expected f32[2, 1]',
  );
});

Deno.test("losses of vectors refuse what is none", () => {
  const laboratory = new Laboratory();
  const line = ones(laboratory, "line", [4]);
  const other = ones(laboratory, "other", [4]);
  assertThrows(
    () => buildStage(laboratory, cosineDistance(), { predictions: line, targets: other }),
    TypeError,
    'Cannot compare features: received "predictions" f32[4], expected f32[batch, …, features]',
  );
  assertThrows(
    () => buildStage(laboratory, tripletLoss(), { anchor: line, positive: other, negative: other }),
    TypeError,
    'Cannot measure distances: received "anchor" f32[4], expected f32[batch, features]',
  );
  const labels = { value: laboratory.whole("labels", [0, 1, 0, 1]), classes: 2 };
  assertThrows(
    () => buildStage(laboratory, contrastiveLoss(), { first: line, second: other, labels }),
    TypeError,
    'Cannot measure distances: received "first" f32[4], expected f32[batch, features]',
  );
});

for (const device of ["reference", "wasm"]) {
  Deno.test(`train() weights rows and classes the same in any batches, on ${device}`, async () => {
    const lossOf = async (options: Parameters<typeof weightedClassifier>[0]) =>
      (await train(weightedClassifier(options), { device })).loss;
    const whole = await lossOf({ batchSize: 5 });
    for (const batchSize of [1, 2, 3]) {
      assertAlmostEquals(await lossOf({ batchSize }), whole, 1e-6);
    }
    // with scores of 0 the loss of a row is log 3 times its weights, over 5 rows
    const weights = 1 * 2 + 0 * 1 + 3 * 0.5 + 0.5 * 1 + 1 * 2;
    assertClose([whole], [weights * Math.log(3) / 5], { tolerance: 1e-6 });
  });
}
