/**
 * A metric over batches, as the runtime gathers it: each batch on its own, sums added up, columns one
 * after the other.
 *
 * @module
 */
import type { Score, TracedMetric } from "../../../core/mod.ts";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";

/** Numbers by port; labels as class numbers. */
export type Batch = Readonly<Record<string, Numbers>>;

/** The metric over batches of one kind. */
export function metricOf(
  metric: unknown,
  batches: readonly Batch[],
  { classes = 3, names }: { readonly classes?: number; readonly names?: readonly string[] } = {},
): Score {
  const gathered: Record<string, Float64Array> = {};
  let result: TracedMetric["result"] | undefined;
  for (const batch of batches) {
    const laboratory = new Laboratory();
    const inputs = Object.fromEntries(
      Object.entries(batch).map(([port, numbers]) => {
        if (port !== "labels") return [port, laboratory.variable(port, numbers).value];
        const value = laboratory.whole(port, Array.from(numbers.data, Number));
        return [port, { value, classes, ...(names === undefined ? {} : { names }) }];
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

/** Cuts rows into batches of at most so many. */
export function batchesOf(whole: Batch, size: number): Batch[] {
  const rows = Object.values(whole)[0]!.shape[0]!;
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) =>
    Object.fromEntries(
      Object.entries(whole).map(([port, { shape, data }]) => {
        const count = Math.min(size, rows - i * size);
        const width = data.length / rows;
        const part = Array.from({ length: count * width }, (_, j) => data[i * size * width + j]!);
        return [port, { shape: [count, ...shape.slice(1)], data: part }];
      }),
    ));
}
