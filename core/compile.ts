/**
 * How a pipeline becomes a plan: declare -> check -> differentiate -> plan. The phases are called
 * here, in this order; each has its own folder. `core/verbs.ts` executes what comes out.
 *
 * @module
 */
import type { Graph } from "./graph/mod.ts";
import { verifyGraph } from "./graph/mod.ts";
import type { Pipeline } from "./declare/mod.ts";
import {
  check,
  type CheckedPipeline,
  type Overrides,
  type Purpose,
  type SequenceSteps,
  type TracedGraph,
  traceFor,
} from "./check/mod.ts";
import { differentiate } from "./differentiate/mod.ts";
import {
  type Plan,
  plan,
  type Precision,
  type Target,
  type VariableLayout,
  verifyPlan,
} from "./plan/mod.ts";

/** The forms of a pipeline for one purpose. */
export interface Compiled {
  /** The pipeline as it passed the check; the same for every purpose. */
  readonly checked: CheckedPipeline;
  /** The graph as the stages built it, with what the runtime must know of it. */
  readonly traced: TracedGraph;
  /** Differentiated, as it is planned. */
  readonly graph: Graph;
  /** The commands, over buffers with fixed addresses. */
  readonly plan: Plan;
}

/** What a pipeline is compiled for. */
export interface CompileOptions {
  /** What the plan is for: training, evaluating, predicting one stage, or fitting one. */
  readonly purpose: Purpose;
  /** The traits of the device that is planned for: `device.target`. */
  readonly target: Target;
  /** How training stores floats; `"full"` when absent. Other purposes store them in 32 bits. */
  readonly precision?: Precision;
  /** The run's own when absent. */
  readonly batchSize?: number;
  /** Configuration by path, as `{ "optimizer.learningRate": 0.01, "epochs": 3 }`. */
  readonly set?: Overrides;
}

/**
 * Compiles a pipeline for one purpose, up to the plan; reads no data.
 *
 * @throws {PipelineError} With every issue found.
 */
export function compile(pipeline: Pipeline, options: CompileOptions): Compiled {
  const checked = check(pipeline, options.set);
  const { batchSize, evaluateBatchSize } = checked.resolved.run;
  const usual = options.purpose === "train" ? batchSize : evaluateBatchSize;
  return { checked, ...lower(checked, { ...options, batchSize: options.batchSize ?? usual }) };
}

/** The phases between a checked pipeline and a plan, for one purpose. */
export function lower(
  checked: CheckedPipeline,
  { purpose, batchSize, steps, target, precision = "full", variables }: {
    readonly purpose: Purpose;
    readonly batchSize: number;
    readonly steps?: SequenceSteps | undefined;
    readonly target: Target;
    readonly precision?: Precision;
    readonly variables?: VariableLayout;
  },
): Omit<Compiled, "checked"> {
  const traced = traceFor(checked, { purpose, batchSize, steps });
  const isMixed = precision === "mixed" && purpose === "train";
  const graph = differentiate(traced.graph, { scalesLosses: isMixed });
  verifyGraph(graph);
  const planned = plan(graph, {
    target,
    precision: isMixed ? "mixed" : "full",
    ...(variables === undefined ? {} : { variables }),
  });
  verifyPlan(planned, target);
  return { traced, graph, plan: planned };
}
