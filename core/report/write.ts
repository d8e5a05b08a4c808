/**
 * Writes the report of a run: reads what the run left, looks at the trained model again, and puts
 * the page together.
 *
 * @module
 */
import { writeFileAtomic } from "../formats/mod.ts";
import type { Pipeline } from "../declare/mod.ts";

/** What a report is made with beyond the run directory. */
export interface ReportOptions {
  /**
   * The pipeline of the run. With it the report has the shapes of what flows, the confusion matrix of
   * a classifier over the test split, and the time of stages; without it, what the directory tells.
   */
  readonly pipeline?: Pipeline;
  /** What was set for the run, as given to `train`. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Device to look at the trained model on; the run's own when absent. */
  readonly device?: string;
}

/**
 * Writes `report.html` into a run directory: one file that opens offline, with scores, curves, the
 * graph of the pipeline, confusion matrix, configuration, and where the time of a step goes.
 *
 * @returns The path of the report.
 * @throws {DataError} When the directory holds no run, or cannot be written.
 * @throws {PipelineError} When the libraries that it is drawn with cannot be loaded, or the model is
 * of another pipeline.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import {
 *   arrays,
 *   backward,
 *   dense,
 *   meanSquaredError,
 *   pipeline,
 *   sgd,
 *   train,
 *   writeReport,
 * } from "@millrace/millrace";
 *
 * const points = arrays({ x: [[0], [1], [2], [3]], y: [[1], [3], [5], [7]] });
 * const predictions = dense(1)(points.x);
 * const loss = meanSquaredError()({ predictions, targets: points.y });
 * const fit = sgd({ learningRate: 0.05 })(backward()(loss));
 * const line = pipeline({ name: "line", stages: { points, predictions, loss, fit } });
 *
 * const directory = await Deno.makeTempDir();
 * await train(line, { runDirectory: directory });
 * const path = await writeReport(directory, { pipeline: line });
 * assert((await Deno.readTextFile(path)).includes("<h1>line</h1>"));
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function writeReport(
  directory: string,
  { pipeline, set, device }: ReportOptions = {},
): Promise<string> {
  // read here, since all that import Millrace import this module, and few write reports
  const [{ analyse }, { loadLibraries }, { page }, { readHistory, readRecord }] = await Promise.all(
    [
      import("./analysis.ts"),
      import("./libraries.ts"),
      import("./page.ts"),
      import("./record.ts"),
    ],
  );
  const [record, history] = [await readRecord(directory), await readHistory(directory)];
  const analysis = pipeline === undefined ? undefined : await analyse(pipeline, {
    set,
    device: device ?? record.device,
    threads: record.threads,
    limit: record.limit ?? undefined,
    time: record.results?.profile?.step,
    model: record.finished ? `${directory}/model.safetensors` : undefined,
  });
  // the data that was looked at is let go of before they are loaded
  const libraries = await loadLibraries();
  const path = `${directory}/report.html`;
  const { text } = page({ record, history, analysis, libraries });
  await writeFileAtomic(path, new TextEncoder().encode(text));
  return path;
}
