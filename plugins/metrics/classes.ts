/**
 * What the metrics of classes have in common: which class each row is given, which it has, and what
 * the ports are.
 *
 * @module
 */
import { z } from "zod";
import {
  type Dim,
  type InputPort,
  type Matching,
  type MatchingLabels,
  type Metric,
  ops,
  sizeOf,
  type Tensor,
  type TracedInputs,
  type Value,
} from "../../core/mod.ts";
import {
  isOneScore,
  requireBinaryScores,
  requireOneOf,
  requireSameShape,
  requireScores,
} from "../shapes.ts";

/** Signature of metrics that compare scores with labels. */
export interface LabelsMetric {
  /** Compares one score per row with labels of two classes. */
  <B extends Dim>(inputs: {
    readonly logits: Tensor<readonly [B, 1]>;
    readonly labels: MatchingLabels<B, 2>;
  }): Metric;
  /** Compares one score per row with labels of two classes. */
  <B extends Dim>(inputs: {
    readonly logits: Tensor<readonly [B]>;
    readonly labels: MatchingLabels<B, 2>;
  }): Metric;
  /** Compares a score for each class with labels. */
  <B extends Dim, C extends number>(inputs: {
    readonly logits: Tensor<readonly [B, C]>;
    readonly labels: MatchingLabels<B, C>;
  }): Metric;
}

/** Signature of metrics that compare scores with labels, or with targets of the scores' shape. */
export interface ClassificationMetric extends LabelsMetric {
  /** Compares scores with targets: one-hot along the last axis, or from 0 to 1 where that has size 1. */
  <S extends readonly Dim[]>(inputs: {
    readonly logits: Tensor<S>;
    readonly targets: Matching<S>;
  }): Metric;
}

/** The ports of metrics of labels. */
export const labelsPorts = {
  logits: { kind: "tensor", dtypes: ["f32"] },
  labels: { kind: "labels" },
} as const satisfies Readonly<Record<string, InputPort>>;

/** The ports of metrics of labels or targets. */
export const classPorts = {
  logits: { kind: "tensor", dtypes: ["f32"] },
  labels: { kind: "labels", optional: true },
  targets: { kind: "tensor", dtypes: ["f32"], optional: true },
} as const satisfies Readonly<Record<string, InputPort>>;

/** What flows into metrics of classes. */
export type ClassInputs = TracedInputs<typeof classPorts>;

/** The field for the probability above which one score stands for class 1. */
export function thresholdField(): z.ZodType<number, number | undefined> {
  return z.number().gt(0).lt(1).default(0.5).describe(
    "Probability above which one score stands for class 1; unused with a score for each class",
  );
}

/** Class numbers as i32, of all rows and places along one axis. */
export interface Classes {
  /** The class with the highest score. */
  readonly predicted: Value;
  /** The class that it is. */
  readonly actual: Value;
  /** Number of classes. */
  readonly count: number;
}

/**
 * Which classes rows are given and have. One score stands for class 1 above the threshold; of several
 * scores the highest counts, of equal ones the first.
 *
 * @throws {TypeError} When not one of labels and targets is connected, or shapes do not fit.
 */
export function classesOf(
  { logits, labels, targets }: ClassInputs,
  { threshold }: { readonly threshold: number },
): Classes {
  requireOneOf({ labels, targets });
  const limit = Math.log(threshold / (1 - threshold));
  const isAbove = (x: Value, limit: number) => ops.cast(ops.greater(flat(x), limit), "i32");
  if (labels !== undefined) {
    const actual = ops.cast(labels.value, "i32");
    const count = labels.classes;
    if (isOneScore(logits, labels)) {
      const scores = requireBinaryScores("logits", logits, labels);
      return { predicted: isAbove(scores, limit), actual, count };
    }
    requireScores("logits", logits, labels);
    return { predicted: ops.argMax(logits), actual, count };
  }
  requireSameShape({ logits, targets: targets! });
  const { shape } = logits.spec;
  if (shape.length < 2 || shape.at(-1) === 1) {
    return { predicted: isAbove(logits, limit), actual: isAbove(targets!, 0.5), count: 2 };
  }
  return {
    predicted: flat(ops.argMax(logits)),
    actual: flat(ops.argMax(targets!)),
    count: shape.at(-1)!,
  };
}

/** Rows by class, as float sums over the batch: `[classes]`. */
export interface ClassSums {
  /** Rows of each class that were given it. */
  readonly hits: Value;
  /** Rows that were given each class. */
  readonly predicted: Value;
  /** Rows of each class. */
  readonly actual: Value;
}

/** Classes up to which a table of all pairs of them is small beside a batch. */
const fewClasses = 32;

/** Counts rows by class. */
export function classSums(classes: Classes): ClassSums {
  const { predicted, actual, count } = classes;
  if (count <= fewClasses) {
    const table = pairsOf(classes);
    const own = ops.iota(table.builder, { shape: [count], axis: 0, dtype: "i32" });
    return {
      hits: ops.reduceSum(ops.mul(table, ops.oneHot(own, count)), { axes: [1] }),
      predicted: ops.reduceSum(table, { axes: [0] }),
      actual: ops.reduceSum(table, { axes: [1] }),
    };
  }
  return {
    hits: countsOf(actual, { size: count, isCounted: ops.equal(predicted, actual) }),
    predicted: countsOf(predicted, { size: count }),
    actual: countsOf(actual, { size: count }),
  };
}

/** Rows by true and predicted class: `[classes, classes]`. */
export function pairsOf({ predicted, actual, count }: Classes): Value {
  const place = ops.add(ops.mul(actual, count), predicted);
  return ops.reshape(countsOf(place, { size: count ** 2 }), [count, count]);
}

/** How often each number below `size` is there, or is where it is counted. */
function countsOf(
  numbers: Value,
  { size, isCounted = ops.greaterEqual(numbers, 0) }: {
    readonly size: number;
    readonly isCounted?: Value;
  },
): Value {
  return ops.scatterAdd(ops.cast(isCounted, "f32"), numbers, { size });
}

/** Names of classes, or their numbers. */
export function namesOf(classes: readonly string[], count: number): readonly string[] {
  return classes.length === count ? classes : Array.from({ length: count }, (_, i) => String(i));
}

/** All elements along one axis. */
export function flat(x: Value): Value {
  return x.spec.shape.length === 1 ? x : ops.reshape(x, [sizeOf(x.spec.shape)]);
}
