/**
 * `evaluate`: losses and metrics of a trained model on a split of the data.
 *
 * @module
 */
import { formatAmount, formatScore, formatSeconds } from "../format.ts";
import type { Pipeline, Split } from "../declare/mod.ts";
import type { EvaluateResult } from "../execute/mod.ts";
import { evaluate as evaluatePipeline } from "../verbs.ts";
import { loadPipeline } from "./load.ts";
import { Progress } from "./progress.ts";
import { defined, executeSettings, shared, type Verb } from "./options.ts";
import { findModel } from "./runs.ts";
import { scoreTables } from "./score_tables.ts";
import { formatTable } from "../table.ts";
import { dim } from "./terminal.ts";

const splits = ["train", "validation", "test"] as const satisfies readonly Split[];

/** The verb `evaluate`. */
export const evaluate: Verb = {
  name: "evaluate",
  summary: "Evaluate a trained pipeline on the test split",
  operand: "<pipeline.ts>",
  options: [
    shared.run,
    shared.model,
    { name: "split", value: splits.join("|"), description: "Which data; default test" },
    shared.evaluateBatchSize,
    shared.set,
    shared.device,
    shared.threads,
    shared.workers,
    shared.limit,
    shared.quiet,
    shared.json,
  ],
  async run(invocation, io) {
    const source = invocation.operand();
    const settings = executeSettings(invocation, "evaluateBatchSize");
    const split = invocation.choice("split", splits);
    const { pipeline } = await loadPipeline(source);
    const { model, set } = await findModel(invocation, { pipeline: pipeline.name, source, io });
    const progress = new Progress(io.stderr, io.now);
    const result = await evaluatePipeline(pipeline, {
      ...settings,
      set: { ...set, ...settings.set },
      model,
      ...defined({ split }),
      onEvent(event) {
        if (!invocation.flag("quiet")) progress.event(event);
      },
    });
    if (invocation.flag("json")) {
      io.stdout.write(`${JSON.stringify(evaluationJson(result, pipeline))}\n`);
      return 0;
    }
    io.stdout.write(formatTable(
      Object.entries(result.scores).map(([name, value]) => [name, formatScore(value)]),
      { right: [1] },
    ));
    io.stdout.write(scoreTables(result.tables));
    if (!invocation.flag("quiet")) {
      const about = `${formatAmount(result.rows, "row")} of the ${result.split} split in ` +
        `${formatSeconds(result.seconds)} on ${result.device}`;
      io.stderr.write(`${dim(io.stderr, about)}\n`);
    }
    return 0;
  },
};

/** The object that `evaluate --json` prints; `loss` when the pipeline makes one loss small. */
export function evaluationJson(
  result: EvaluateResult,
  pipeline: Pipeline,
): Readonly<Record<string, unknown>> {
  const all = pipeline.stages.filter(({ name, call }) =>
    call.definition.family === "loss" && name in result.scores
  );
  const parts = all.flatMap(({ inputs }) => Object.values(inputs).map((wire) => wire?.stage));
  const losses = all.filter(({ name }) => !parts.includes(name));
  return {
    pipeline: result.pipeline,
    device: result.device,
    split: result.split,
    rows: result.rows,
    seconds: result.seconds,
    ...(losses.length === 1 ? { loss: result.scores[losses[0]!.name] } : {}),
    metrics: result.scores,
    ...(Object.keys(result.tables).length === 0 ? {} : { tables: result.tables }),
    ...defined({ invalid: result.invalid }),
  };
}
