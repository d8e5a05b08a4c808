/**
 * The check of a whole pipeline: every issue is gathered before failing.
 *
 * @module
 */
import { type Issue, PipelineError } from "../errors.ts";
import { formatSpec, sameSpec } from "../tensor/mod.ts";
import type { Variable } from "../graph/mod.ts";
import type { Pipeline } from "../declare/mod.ts";
import { type DataPorts, dataPorts, errorOf, type Findings } from "./ports.ts";
import type { Overrides } from "./overrides.ts";
import { repeatedRows } from "./repeated_rows.ts";
import { resolve, type ResolvedPipeline } from "./resolve.ts";
import { neededFor, type Purpose, unknownStage } from "./purpose.ts";
import {
  type SequenceStage,
  sequenceStages,
  type SequenceSteps,
  shorterSteps,
} from "./sequences.ts";
import { trace } from "./trace.ts";
import type { TracedGraph } from "./traced_graph.ts";

/** A pipeline that passed the check, ready to be traced for any purpose. */
export interface CheckedPipeline {
  /** Its stages with every configuration full and every connection known. */
  readonly resolved: ResolvedPipeline;
  /** What each output of its loaders and host stages carries. */
  readonly ports: DataPorts;
  /** Its stages that cut sequences to the steps that a batch has. */
  readonly sequences: readonly SequenceStage[];
  /** Every variable of any purpose, in the order of making. */
  readonly variables: readonly Variable[];
  /** What the check traced already, by purpose and batch size. */
  readonly traced: ReadonlyMap<string, TracedGraph>;
}

/**
 * Checks a whole pipeline: configuration, connections, and shapes by tracing it as it trains, as it
 * evaluates, and predicts what it does not evaluate.
 *
 * @throws {PipelineError} With every issue found.
 */
export function check(pipeline: Pipeline, overrides: Overrides = {}): CheckedPipeline {
  const { pipeline: resolved, issues: found } = resolve(pipeline, overrides);
  const findings: Findings = { issues: [...found], causes: [] };
  const { issues, causes } = findings;
  if (resolved === undefined) throw errorOf(findings);
  const ports = dataPorts(resolved, findings);
  const batchSize = resolved.run.batchSize;
  const variables = new Map<string, Variable>();
  const kept = new Map<string, TracedGraph>();
  issues.push(...repeatedRows(resolved));
  const sequences = sequenceStages(resolved, { ports, issues });
  const wanted: { readonly purpose: Purpose; readonly steps?: SequenceSteps }[] = [
    ...purposesOf(resolved).map((purpose) => ({ purpose })),
    ...shorterSteps(sequences).map((steps) => ({ purpose: "train" as const, steps })),
  ];
  // every program of sequences has the same variables
  for (const { purpose, steps } of wanted) {
    const own: Issue[] = [];
    const traced = trace(resolved, { purpose, batchSize, ports, steps, issues: own, causes });
    if (traced !== undefined) kept.set(keyOf(purpose, batchSize, steps), traced);
    for (const variable of traced?.graph.variables ?? []) {
      const known = variables.get(variable.path);
      if (known === undefined) variables.set(variable.path, variable);
      // calls that no one purpose needs together may still share a layer
      else if (!sameSpec(known.spec, variable.spec)) own.push(sharingIssue(known, variable));
    }
    for (const issue of own) {
      if (!issues.some((known) => sameIssue(known, issue))) issues.push(issue);
    }
  }
  if (issues.length > 0) throw errorOf(findings);
  return { resolved, ports, sequences, variables: [...variables.values()], traced: kept };
}

/**
 * Traces a checked pipeline for a purpose and a batch size.
 *
 * @throws {PipelineError} When there is no such stage, or a shape does not fit this batch size.
 */
export function traceFor(
  checked: CheckedPipeline,
  { purpose, batchSize, steps }: {
    readonly purpose: Purpose;
    readonly batchSize: number;
    /** Of sequences; the most where absent. */
    readonly steps?: SequenceSteps | undefined;
  },
): TracedGraph {
  const { resolved, ports } = checked;
  const kept = checked.traced.get(keyOf(purpose, batchSize, steps));
  if (kept !== undefined) return kept;
  const wanted = typeof purpose === "string"
    ? undefined
    : "fit" in purpose
    ? purpose.fit.split(".")[0]
    : purpose.predict;
  if (wanted !== undefined && !resolved.stages.some((stage) => stage.path === wanted)) {
    throw new PipelineError([unknownStage(resolved, wanted)]);
  }
  const findings: Findings = { issues: [], causes: [] };
  const traced = trace(resolved, { purpose, batchSize, ports, steps, ...findings });
  if (traced === undefined) throw errorOf(findings);
  return traced;
}

/**
 * The purposes that build every stage in every way: training, evaluating, and predicting those tensors
 * that neither evaluation nor another of the predictions needs.
 */
function purposesOf(pipeline: ResolvedPipeline): Purpose[] {
  const built = neededFor(pipeline, "evaluate");
  const predictions: Purpose[] = [];
  for (const { path, definition } of pipeline.stages.toReversed()) {
    const isTensor = definition.kind === "traced" && definition.output === "tensor";
    if (!isTensor || built.has(path)) continue;
    const purpose = { predict: path };
    for (const needed of neededFor(pipeline, purpose)) built.add(needed);
    predictions.unshift(purpose);
  }
  return ["train", "evaluate", ...predictions];
}

function sharingIssue({ path, spec }: Variable, other: Variable): Issue {
  return {
    code: "shape",
    path,
    message: "Cannot share this: the stages with its layer need it in different shapes",
    received: formatSpec(other.spec),
    expected: formatSpec(spec),
  };
}

function keyOf(purpose: Purpose, batchSize: number, steps: SequenceSteps = {}): string {
  return `${JSON.stringify(purpose)} ${batchSize} ${JSON.stringify(steps)}`;
}

function sameIssue(a: Issue, b: Issue): boolean {
  return a.path === b.path && a.message === b.message;
}
