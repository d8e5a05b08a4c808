/**
 * What a report says beyond the run directory: shapes, from the check; the confusion matrix and the
 * time of stages, from running the trained model again.
 *
 * @module
 */
import type { Pipeline, PortTexts } from "../declare/mod.ts";
import { check, describeStages, type Overrides, portTexts } from "../check/mod.ts";
import { Engine, loadModel, requireModelFits, type StepProfile } from "../execute/mod.ts";
import { lower } from "../compile.ts";
import { chooseDevice } from "../verbs.ts";
import { type Confusion, confusionOf } from "./confusion.ts";
import { measureStep } from "./step_time.ts";

/** What was found out. */
export interface Analysis {
  /** What flows out of ports. */
  readonly ports: PortTexts;
  readonly confusion: Confusion | null;
  readonly time: StepProfile | null;
}

/** How to run the trained model again. */
export interface AnalysisOptions {
  readonly set?: Overrides | undefined;
  readonly device: string;
  readonly threads: number;
  readonly limit?: number | undefined;
  /** Where the time of a step went, if the run was profiled; else some steps are taken to find out. */
  readonly time: StepProfile | undefined;
  /** Path of the trained model; what needs one is left out when absent. */
  readonly model: string | undefined;
}

/** Looks at a pipeline and its trained model. */
export async function analyse(pipeline: Pipeline, options: AnalysisOptions): Promise<Analysis> {
  const checked = check(pipeline, options.set);
  const ports = portTexts(checked);
  if (options.model === undefined) return { ports, confusion: null, time: options.time ?? null };
  const model = await loadModel(options.model);
  const device = await chooseDevice(options);
  const { threads, limit } = options;
  const engine = await Engine.open(checked, {
    device,
    threads,
    lower,
    training: true,
    clock: true,
  });
  try {
    requireModelFits(model, engine.layout, {
      stages: describeStages(checked.resolved, "evaluate"),
    });
    await engine.initialize(checked.resolved.run.seed);
    await engine.load(model.tensors);
    const confusion = await confusionOf(engine, { limit });
    // Last: it trains on.
    return { ports, confusion, time: options.time ?? await measureStep(engine, { limit }) };
  } finally {
    await engine.close();
  }
}
