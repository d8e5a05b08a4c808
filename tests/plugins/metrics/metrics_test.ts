import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  confusionMatrix,
  meanAbsoluteError,
  meanIoU,
  perplexity,
  prAuc,
  precision,
  recall,
  rocAuc,
  rootMeanSquaredError,
  rSquared,
  topKAccuracy,
} from "../../../plugins/metrics/mod.ts";
import { type Batch, metricOf as scoreOf } from "./gather.ts";

/** Rows of numbers, by port; labels as plain class numbers. */
type Rows = Readonly<Record<string, readonly (readonly number[])[] | readonly number[]>>;

function batch(rows: Rows): Batch {
  return Object.fromEntries(
    Object.entries(rows).map(([port, rows]) => {
      const width = (rows[0] as readonly number[]).length;
      const shape = width === undefined ? [rows.length] : [rows.length, width];
      return [port, { shape, data: rows.flat() }];
    }),
  );
}

function metricOf(metric: unknown, batches: readonly Rows[], classes = 3) {
  return scoreOf(metric, batches.map(batch), { classes });
}

function numberOf(metric: unknown, batches: readonly Rows[]): number {
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

Deno.test("accuracy() takes one score per row for the odds of class 1 of two", () => {
  const labels = [1, 0, 1, 0];
  assertEquals(metricOf(accuracy(), [{ logits: [[2], [-1], [-3], [0]], labels }], 2), 0.75);
  assertThrows(
    () => metricOf(accuracy(), [{ logits: [[2], [-1]], labels: [0, 1] }], 3),
    TypeError,
    'Cannot compare "logits" with labels of 3 classes: received f32[2, 1], expected f32[2, 3]',
  );
});

Deno.test("recall() averages over 2 classes only when that is asked for", () => {
  assertThrows(
    () => metricOf(recall({ average: "binary" }), [{ logits: scores, labels: [2, 0, 1, 2] }]),
    TypeError,
    'Cannot average: "binary" is for 2 classes, received 3; take "macro", "micro", "weighted" or "none"',
  );
});

Deno.test("metrics of classes are compared with labels or with targets", () => {
  const wanted = 'Cannot compare with nothing: connect "labels" or "targets"';
  for (
    const metric of [precision(), confusionMatrix(), meanIoU(), perplexity(), rocAuc(), prAuc()]
  ) {
    assertThrows(() => metricOf(metric, [{ logits: scores }]), TypeError, wanted);
    assertThrows(
      () => metricOf(metric, [{ logits: scores, labels: [0, 1, 2, 0], targets: scores }]),
      TypeError,
      'Cannot compare with both "labels" and "targets": connect one of them',
    );
    assertThrows(
      () => metricOf(metric, [{ logits: scores, targets: [[1, 0, 0]] }]),
      TypeError,
      'Cannot compare "targets" with "logits": received f32[1, 3], expected f32[4, 3]',
    );
  }
});

Deno.test("confusionMatrix() and recall() name the classes", () => {
  const rows = [batch({ logits: scores, labels: [2, 0, 1, 2] })];
  const names = ["ant", "bee", "cat"];
  assertEquals(scoreOf(confusionMatrix(), rows, { names }), {
    rowTitle: "true class",
    columnTitle: "predicted class",
    rows: names,
    columns: names,
    values: [[1, 0, 0], [1, 0, 0], [0, 0, 2]],
  });
  assertEquals(scoreOf(recall({ average: "none" }), rows, { names }), {
    rowTitle: "class",
    rows: names,
    columns: ["recall", "rows"],
    values: [[1, 1], [0, 1], [1, 2]],
  });
});

Deno.test("topKAccuracy() refuses more than there are classes", () => {
  assertThrows(
    () => metricOf(topKAccuracy(), [{ logits: scores, labels: [2, 0, 1, 2] }]),
    RangeError,
    "Cannot take the best of 3 classes: received k 5, expected at most 3",
  );
});

Deno.test("binaryAccuracy() never broadcasts its targets", () => {
  assertThrows(
    () => metricOf(binaryAccuracy(), [{ logits: scores, targets: [[1, 0, 0]] }]),
    TypeError,
    'Cannot compare "targets" with "logits": received f32[1, 3], expected f32[4, 3]',
  );
});

Deno.test("perplexity() leaves masked classes out", () => {
  const logits = [[0, -Infinity, 0], [-Infinity, 5, -Infinity]];
  assertAlmostEquals(
    numberOf(perplexity(), [{ logits, labels: [2, 1] }]),
    Math.sqrt(2),
    1e-12,
  );
});

Deno.test("rocAuc() of NaN is NaN", () => {
  const rows = { logits: [[1], [NaN], [0]], labels: [1, 0, 0] };
  assertEquals(metricOf(rocAuc(), [rows], 2), NaN);
});

Deno.test("recall() of many classes counts as confusionMatrix() does", () => {
  const classes = 40;
  const labels = Array.from({ length: 120 }, (_, row) => (7 * row) % classes);
  const logits = labels.map((label, row) =>
    Array.from({ length: classes }, (_, j) => j === (row % 3 === 0 ? row % classes : label) ? 1 : 0)
  );
  const rows = [{ logits, labels }];
  const matrix = metricOf(confusionMatrix(), rows, classes);
  const table = metricOf(recall({ average: "none" }), rows, classes);
  assert(typeof matrix !== "number" && typeof table !== "number");
  assertEquals(
    table.values,
    matrix.values.map((row, i) => {
      const all = row.reduce((sum, count) => sum + count, 0);
      return [row[i]! / all, all];
    }),
  );
});
