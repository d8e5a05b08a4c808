/**
 * Metrics that have a value for each class, and how these become one.
 *
 * @module
 */
import { z } from "zod";
import { defineMetric, type Schema, type Score } from "../../core/mod.ts";
import {
  classesOf,
  type ClassificationMetric,
  classPorts,
  classSums,
  namesOf,
  thresholdField,
} from "./classes.ts";

/**
 * How the values of classes become one: `"macro"`, their mean over the classes that occur among the
 * labels or predictions; `"weighted"`, that mean weighted by the rows of each class; `"micro"`, the
 * value of all classes counted together; `"binary"`, the value of class 1 of two; `"none"`, a table
 * with a row for each class.
 */
export type ClassAverage = "macro" | "micro" | "weighted" | "binary" | "none";

/** Rows by class, over all batches. */
export interface ClassCounts {
  /** Rows of the class that were given it. */
  readonly hits: number;
  /** Rows that were given the class. */
  readonly predicted: number;
  /** Rows of the class. */
  readonly actual: number;
}

/** Options that such metrics have. */
export interface AveragedOptions {
  /** How the values of classes become one. Default `"macro"`. */
  readonly average?: ClassAverage | undefined;
  /** Probability above which one score stands for class 1. Default 0.5. */
  readonly threshold?: number | undefined;
}

/** Their configuration. */
export interface AveragedConfig {
  readonly average: ClassAverage;
  readonly threshold: number;
}

/** The fields of their configuration. */
export const averagedFields = {
  average: z.enum(["macro", "micro", "weighted", "binary", "none"]).default("macro").describe(
    "How the values of classes become one, or none: a table with a row for each class",
  ),
  threshold: thresholdField(),
};

/** What such a metric answers. */
export interface AveragedDefinition<Options, Config extends AveragedConfig> {
  readonly name: string;
  readonly config: Schema<Options, Config>;
  readonly formula: string;
  /** The value of one class, or of all counted together; 0 where it has no denominator. */
  value(counts: ClassCounts, config: Config): number;
}

/** Defines a metric of classes that is averaged. */
export function defineAveragedMetric<Options, Config extends AveragedConfig>(
  { value, ...definition }: AveragedDefinition<Options, Config>,
): (options: Options) => ClassificationMetric {
  return defineMetric<ClassificationMetric>()({
    ...definition,
    inputs: classPorts,
    sums(inputs, { config }) {
      const classes = classesOf(inputs, config);
      if (config.average === "binary" && classes.count !== 2) {
        throw new TypeError(
          `Cannot average: "binary" is for 2 classes, received ${classes.count}; ` +
            'take "macro", "micro", "weighted" or "none"',
        );
      }
      return { ...classSums(classes) };
    },
    result({ hits, predicted, actual }, { config, classes }) {
      const counts = Array.from(hits, (hits, i): ClassCounts => (
        { hits, predicted: predicted[i]!, actual: actual[i]! }
      ));
      return averaged(counts, {
        average: config.average,
        value: (counts) => value(counts, config),
        column: definition.name,
        classes: namesOf(classes, counts.length),
      });
    },
  });
}

/** The values of classes as one number, or as a table. */
export function averaged(
  counts: readonly ClassCounts[],
  { average, value, column, classes }: {
    readonly average: ClassAverage;
    readonly value: (counts: ClassCounts) => number;
    /** Name of the column of values. */
    readonly column: string;
    readonly classes: readonly string[];
  },
): Score {
  switch (average) {
    case "binary":
      return value(counts[1]!);
    case "micro":
      return value({
        hits: total(counts, "hits"),
        predicted: total(counts, "predicted"),
        actual: total(counts, "actual"),
      });
    case "macro": {
      const there = counts.filter(({ predicted, actual }) => predicted + actual > 0);
      return there.reduce((sum, counts) => sum + value(counts), 0) / there.length;
    }
    case "weighted": {
      const sum = counts.reduce((sum, counts) => sum + counts.actual * value(counts), 0);
      return sum / total(counts, "actual");
    }
    case "none":
      return {
        rowTitle: "class",
        rows: classes,
        columns: [column, "rows"],
        values: counts.map((counts) => [value(counts), counts.actual]),
      };
  }
}

function total(counts: readonly ClassCounts[], what: keyof ClassCounts): number {
  return counts.reduce((sum, counts) => sum + counts[what], 0);
}

/** A share, or 0 where there is nothing to share: as scikit-learn has it. */
export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
