/**
 * The confusion matrix of a classifier: how often rows of one class were given the highest score
 * for another.
 *
 * @module
 */
import type { HostTensor } from "../tensor/mod.ts";
import type { Wire } from "../declare/mod.ts";
import { type CheckedPipeline, traceFor } from "../check/mod.ts";
import { type Engine, predictSplit } from "../execute/mod.ts";

/** Counts of true and predicted classes over a split. */
export interface Confusion {
  /** Stage whose highest score is the predicted class. */
  readonly scores: string;
  readonly names: readonly string[];
  /** Rows, by true class and then by predicted class. */
  readonly counts: readonly (readonly number[])[];
  readonly rows: number;
}

/** How well one class is told from the others. */
export interface ClassMeasures {
  readonly name: string;
  /** Rows of this class. */
  readonly rows: number;
  /** Share of this class among what was taken for it; NaN when nothing was. */
  readonly precision: number;
  /** Share of what was taken for this class among its rows; NaN when it has none. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
}

/** A class that was taken for another. */
export interface Mistake {
  readonly truth: string;
  readonly predicted: string;
  readonly rows: number;
  /** Of the rows of the true class. */
  readonly share: number;
}

/** Where the scores and the true class of a classifier are. */
interface Classifier {
  /** The stage that gives the scores. */
  readonly scores: string;
  /** The data port with the labels. */
  readonly labels: string;
  readonly classes: number;
  readonly names?: readonly string[];
}

/** Counts over the test split; `null` when the pipeline is no classifier or has no such split. */
export async function confusionOf(
  engine: Engine,
  { limit }: { readonly limit?: number | undefined },
): Promise<Confusion | null> {
  const classifier = findClassifier(engine.checked);
  if (classifier === undefined) return null;
  const { scores, labels, classes } = classifier;
  const predicted = await predictSplit(engine, {
    output: scores,
    columns: [labels],
    split: "test",
    limit,
  });
  if (predicted === null) return null;
  return {
    scores,
    names: classifier.names ?? Array.from({ length: classes }, (_, i) => String(i)),
    counts: countPairs(predicted.values, predicted.columns[labels]!),
    rows: predicted.values.shape[0]!,
  };
}

/** A metric that reads class labels beside a score for each class says what is classified by what. */
function findClassifier(checked: CheckedPipeline): Classifier | undefined {
  for (const { definition, inputs } of checked.resolved.stages) {
    if (definition.family !== "metric") continue;
    const wires = Object.values(inputs);
    const labels = wires.map((wire) => labelsOf(checked, wire)).find((port) => port !== undefined);
    if (labels === undefined) continue;
    const scores = wires.find((wire) => scoresClasses(checked, wire, labels.classes));
    if (scores !== undefined) return { scores: scores.stage, ...labels };
  }
  return undefined;
}

function labelsOf(
  { ports }: CheckedPipeline,
  { stage, port }: Wire,
): Omit<Classifier, "scores"> | undefined {
  const data = ports.get(stage)?.[port];
  if (data?.kind !== "labels") return undefined;
  const { classes, names } = data;
  return { labels: `${stage}.${port}`, classes, ...(names === undefined ? {} : { names }) };
}

function scoresClasses(checked: CheckedPipeline, { stage }: Wire, classes: number): boolean {
  const definition = checked.resolved.stages.find(({ path }) => path === stage)?.definition;
  if (definition?.kind !== "traced" || definition.output !== "tensor") return false;
  const { graph } = traceFor(checked, { purpose: { predict: stage }, batchSize: 2 });
  const shape = graph.outputs[0]!.value.spec.shape;
  return shape.length === 2 && shape[1] === classes;
}

function countPairs(scores: HostTensor, labels: HostTensor): number[][] {
  const [rows, classes] = scores.shape as [number, number];
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let row = 0; row < rows; row++) {
    const first = row * classes;
    let best = 0;
    for (let i = 1; i < classes; i++) {
      if (scores.data[first + i]! > scores.data[first + best]!) best = i;
    }
    counts[labels.data[row]!]![best]!++;
  }
  return counts;
}

/** Precision, recall and F1 of every class. */
export function measureClasses({ names, counts }: Confusion): ClassMeasures[] {
  return names.map((name, i) => {
    const hits = counts[i]![i]!;
    const rows = sum(counts[i]!);
    const taken = sum(counts.map((row) => row[i]!));
    const f1 = 2 * hits / (rows + taken);
    return { name, rows, precision: hits / taken, recall: hits / rows, f1 };
  });
}

/** The pairs of classes that are confused most often, the most frequent first. */
export function worstMistakes({ names, counts }: Confusion, limit: number): Mistake[] {
  const mistakes = counts.flatMap((row, truth) => {
    const total = sum(row);
    return row.flatMap((rows, predicted) =>
      rows === 0 || truth === predicted
        ? []
        : [{ truth: names[truth]!, predicted: names[predicted]!, rows, share: rows / total }]
    );
  });
  return mistakes.sort((a, b) => b.rows - a.rows || b.share - a.share).slice(0, limit);
}

/** Share of rows whose class was told right. */
export function accuracyOf({ counts, rows }: Confusion): number {
  return sum(counts.map((row, i) => row[i]!)) / rows;
}

/** Adds numbers up. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
