/**
 * What the areas under curves have in common: the scores of all rows, kept on the host, and the walk
 * over thresholds from the highest score down.
 *
 * @module
 */
import { z } from "zod";
import {
  defineMetric,
  type Elements,
  lazySchema,
  ops,
  type Schema,
  type Score,
  sizeOf,
  type TracedLabels,
  type Value,
} from "../../core/mod.ts";
import {
  isOneScore,
  requireBinaryScores,
  requireOneOf,
  requireSameShape,
  requireScores,
} from "../shapes.ts";
import { type ClassificationMetric, classPorts, namesOf } from "./classes.ts";

/**
 * How the areas of several classes become one: `"macro"`, their mean over the classes whose area is
 * defined; `"weighted"`, that mean weighted by the rows of each class; `"micro"`, the area of the
 * scores of all classes together; `"none"`, a table with a row for each class.
 */
export type AreaAverage = "macro" | "micro" | "weighted" | "none";

/** Options of metrics that are areas under a curve. */
export interface AreaOptions {
  /** How the areas of several classes become one; of two classes it is that of class 1. Default `"macro"`. */
  readonly average?: AreaAverage | undefined;
}

interface AreaConfig {
  readonly average: AreaAverage;
}

const config: Schema<AreaOptions, AreaConfig> = lazySchema(() =>
  z.strictObject({
    average: z.enum(["macro", "micro", "weighted", "none"]).default("macro").describe(
      "How the areas of several classes become one, or none: a table with a row for each class",
    ),
  })
);

/** How many rows have one score: of the class, and of other classes. */
export interface Tie {
  readonly positive: number;
  readonly negative: number;
}

/** What such a metric answers. */
export interface AreaDefinition {
  readonly name: string;
  readonly formula: string;
  /** Name of the column of areas. */
  readonly column: string;
  /** The area from the rows by score, the highest first; `total` has the rows of all scores. */
  area(ties: Iterable<Tie>, total: Tie): number;
  /** Whether the area tells something, so that it counts for an average. */
  isDefined(total: Tie): boolean;
}

/** Defines a metric that is an area under a curve, exact over all rows. */
export function defineAreaMetric(
  { area, isDefined, column, ...definition }: AreaDefinition,
): (options: AreaOptions) => ClassificationMetric {
  const areaOf = (rows: ScoredRows): number => {
    if (Number.isNaN(rows.positive.at(-1)) || Number.isNaN(rows.negative.at(-1))) return NaN;
    return area(ties(rows), totalOf(rows));
  };
  return defineMetric<ClassificationMetric>()({
    ...definition,
    config,
    inputs: classPorts,
    sums: ({ logits }) => {
      const { shape } = logits.spec;
      const questions = shape.length < 2 ? 1 : shape.at(-1)!;
      return { rows: ops.constantLike(logits, sizeOf(shape) / questions) };
    },
    columns({ logits, labels, targets }) {
      requireOneOf({ labels, targets });
      if (labels !== undefined) {
        return { scores: scoresOf(logits, labels), actual: labels.value };
      }
      requireSameShape({ logits, targets: targets! });
      return { scores: logits, actual: ops.cast(ops.greater(targets!, 0.5), "u8") };
    },
    result({ rows: [rows], scores, actual }, { config: { average }, classes }): Score {
      const count = scores.length / rows!;
      if (count === 1) return areaOf(scoredRows(scores, actual, { count, number: 0 }));
      const each = Array.from(
        { length: count },
        (_, number) => scoredRows(scores, actual, { count, number }),
      );
      if (average === "micro") {
        return areaOf({
          positive: joined(each.map(({ positive }) => positive)),
          negative: joined(each.map(({ negative }) => negative)),
        });
      }
      if (average === "none") {
        return {
          rowTitle: "class",
          rows: namesOf(classes, count),
          columns: [column, "rows"],
          values: each.map((rows) => [areaOf(rows), rows.positive.length]),
        };
      }
      const defined = each.filter((rows) => isDefined(totalOf(rows)));
      const weights = defined.map(({ positive }) => average === "macro" ? 1 : positive.length);
      const sum = defined.reduce((sum, rows, i) => sum + weights[i]! * areaOf(rows), 0);
      return sum / weights.reduce((sum, weight) => sum + weight, 0);
    },
  });
}

/** A score per row for two classes, `[batch]`; of more, `log softmax`, by which rows can be compared. */
function scoresOf(logits: Value, labels: TracedLabels): Value {
  if (isOneScore(logits, labels)) return requireBinaryScores("logits", logits, labels);
  requireScores("logits", logits, labels);
  if (labels.classes === 2) {
    const [second, first] = [1, 0].map((number) =>
      ops.slice(logits, { start: [0, number], sizes: [logits.spec.shape[0]!, 1] })
    );
    return ops.sub(second!, first!);
  }
  return ops.sub(logits, ops.logSumExp(logits, { keepDims: true }));
}

/** Scores of the rows of a class, and of all others; each ascending. */
interface ScoredRows {
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

/** Takes apart the scores of a class; `actual` has a class number per row, or a mask per score. */
function scoredRows(
  scores: Elements,
  actual: Elements,
  { count, number }: { readonly count: number; readonly number: number },
): ScoredRows {
  const rows = scores.length / count;
  // with one score per row, masks and numbers of two classes are the same
  const isMask = actual.length === scores.length;
  const isPositive = (row: number) =>
    isMask ? actual[row * count + number] === 1 : actual[row] === number;
  let size = 0;
  for (let row = 0; row < rows; row++) if (isPositive(row)) size++;
  const positive = new Float64Array(size);
  const negative = new Float64Array(rows - size);
  for (let row = 0, p = 0, n = 0; row < rows; row++) {
    const score = scores[row * count + number]!;
    if (isPositive(row)) positive[p++] = score;
    else negative[n++] = score;
  }
  return { positive: positive.sort(), negative: negative.sort() };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let length = 0;
  for (const part of parts) {
    all.set(part, length);
    length += part.length;
  }
  return all.sort();
}

function totalOf({ positive, negative }: ScoredRows): Tie {
  return { positive: positive.length, negative: negative.length };
}

/** Rows by score, the highest score first: rows of equal scores cannot be told apart. */
function* ties({ positive, negative }: ScoredRows): Generator<Tie> {
  let p = positive.length - 1;
  let n = negative.length - 1;
  while (p >= 0 || n >= 0) {
    const score = Math.max(positive[p] ?? -Infinity, negative[n] ?? -Infinity);
    const [fromP, fromN] = [p, n];
    while (p >= 0 && positive[p] === score) p--;
    while (n >= 0 && negative[n] === score) n--;
    yield { positive: fromP - p, negative: fromN - n };
  }
}
