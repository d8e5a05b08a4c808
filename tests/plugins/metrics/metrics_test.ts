import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Score, TracedMetric } from "../../../core/mod.ts";
import {
  accuracy,
  categoricalAccuracy,
  meanAbsoluteError,
  rootMeanSquaredError,
  rSquared,
} from "../../../plugins/metrics/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";

/** Rows of numbers, by port; labels as plain class numbers. */
type Batch = Readonly<Record<string, readonly (readonly number[])[] | readonly number[]>>;

/**
 * The metric over batches, as the runtime gathers it: each batch on its own, sums added up, columns one
 * after the other.
 */
function metricOf(metric: unknown, batches: readonly Batch[]): Score {
  const gathered: Record<string, Float64Array> = {};
  let result: TracedMetric["result"] | undefined;
  for (const batch of batches) {
    const laboratory = new Laboratory();
    const inputs = Object.fromEntries(
      Object.entries(batch).map(([port, rows]) => {
        if (port === "labels") {
          return [port, { value: laboratory.whole(port, rows as readonly number[]), classes: 3 }];
        }
        const table = rows as readonly (readonly number[])[];
        const shape = [table.length, table[0]!.length];
        return [port, laboratory.variable(port, { shape, data: table.flat() }).value];
      }),
    );
    const { output } = buildStage<TracedMetric>(laboratory, metric, inputs);
    for (const [name, value] of Object.entries({ ...output.sums, ...output.columns })) {
      laboratory.builder.output(name, value);
    }
    for (const [name, found] of Object.entries(laboratory.run())) {
      const before = gathered[name];
      gathered[name] = before === undefined
        ? found
        : name in output.columns
        ? Float64Array.of(...before, ...found)
        : before.map((sum, i) => sum + found[i]!);
    }
    result = output.result;
  }
  return result!(gathered);
}

function numberOf(metric: unknown, batches: readonly Batch[]): number {
  const score = metricOf(metric, batches);
  assert(typeof score === "number");
  return score;
}

const scores = [[1, 2, 3], [5, 5, 0], [0, -1, -2], [-3, -2, -1]];

Deno.test("accuracy() is the share of rows whose largest score is their class's, over any batches", () => {
  const labels = [2, 0, 1, 2];
  assertEquals(metricOf(accuracy(), [{ logits: scores, labels }]), 0.75);
  const batches = [
    { logits: scores.slice(0, 3), labels: labels.slice(0, 3) },
    { logits: scores.slice(3), labels: labels.slice(3) },
  ];
  assertEquals(metricOf(accuracy(), batches), 0.75);
});

Deno.test("accuracy() takes the first of equal scores", () => {
  assertEquals(metricOf(accuracy(), [{ logits: [[5, 5, 0]], labels: [1] }]), 0);
});

Deno.test("accuracy() refuses another number of scores than classes", () => {
  assertThrows(
    () => metricOf(accuracy(), [{ logits: [[1, 2]], labels: [0] }]),
    TypeError,
    'Cannot compare "logits" with labels of 3 classes: received f32[1, 2], expected f32[1, 3]',
  );
});

Deno.test("categoricalAccuracy() compares with the largest target", () => {
  const targets = [[0, 0, 1], [1, 0, 0], [0.1, 0.6, 0.3], [0, 0, 1]];
  assertEquals(metricOf(categoricalAccuracy(), [{ logits: scores, targets }]), 0.75);
});

const predictions = [[1, 10], [2, 20], [4, 35]];
const targets = [[1, 11], [3, 18], [3, 40]];
const whole = [{ predictions, targets }];
const split = [0, 1, 2].map((row) => ({
  predictions: predictions.slice(row, row + 1),
  targets: targets.slice(row, row + 1),
}));

Deno.test("meanAbsoluteError() is the mean over all elements, over any batches", () => {
  const expected = (0 + 1 + 1 + 1 + 2 + 5) / 6;
  assertAlmostEquals(numberOf(meanAbsoluteError(), whole), expected, 1e-12);
  assertAlmostEquals(numberOf(meanAbsoluteError(), split), expected, 1e-12);
});

Deno.test("rootMeanSquaredError() takes the root after the mean over all batches", () => {
  const expected = Math.sqrt((0 + 1 + 1 + 1 + 4 + 25) / 6);
  assertAlmostEquals(numberOf(rootMeanSquaredError(), whole), expected, 1e-12);
  assertAlmostEquals(numberOf(rootMeanSquaredError(), split), expected, 1e-12);
});

Deno.test("rSquared() is the mean over columns of the share of variance explained", () => {
  const column = (errors: number[], values: number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return 1 - errors.reduce((sum, error) => sum + error ** 2, 0) / spread;
  };
  const expected = (column([0, 1, 1], [1, 3, 3]) + column([1, 2, 5], [11, 18, 40])) / 2;
  assertAlmostEquals(numberOf(rSquared(), whole), expected, 1e-12);
  assertAlmostEquals(numberOf(rSquared(), split), expected, 1e-12);
});

Deno.test("rSquared() of equal targets is 1 when they are met, else 0", () => {
  const equal = [[2], [2]];
  assertEquals(metricOf(rSquared(), [{ predictions: equal, targets: equal }]), 1);
  assertEquals(metricOf(rSquared(), [{ predictions: [[2], [3]], targets: equal }]), 0);
});

Deno.test("meanAbsoluteError() never broadcasts its targets", () => {
  assertThrows(
    () => metricOf(meanAbsoluteError(), [{ predictions, targets: [[1, 2]] }]),
    TypeError,
    'Cannot compare "targets" with "predictions": received f32[1, 2], expected f32[3, 2]',
  );
});
