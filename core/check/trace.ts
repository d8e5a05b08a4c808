/**
 * The second half of check: traced stages are built once with symbolic values, which gives the op
 * graph with every shape known. What one purpose needs is built, and no more.
 *
 * @module
 */
import { type DType, RandomStream, type Shape, streamOf } from "../tensor/mod.ts";
import { type Graph, GraphBuilder, type Value, type Variable } from "../graph/mod.ts";
import { randomUniform } from "../ops/mod.ts";
import type {
  BuildContext,
  DataPort,
  PortKind,
  Traced,
  TracedDefinition,
  TracedMetric,
} from "../declare/mod.ts";
import { classNames } from "./class_names.ts";
import {
  batchSpec,
  dataPortOf,
  type DataPorts,
  type Findings,
  flowOf,
  messageOf,
  portIssue,
} from "./ports.ts";
import { type Flow, parametersOf, type StageFlow, stageFlows } from "./flows.ts";
import { neededFor, type Purpose, purposeName, targetsOf } from "./purpose.ts";
import { inputPortsOf, type ResolvedPipeline, type ResolvedStage } from "./resolve.ts";
import {
  applyUpdate,
  type EpochNumbers,
  epochNumbers,
  stateVariable,
  unknownScores,
  unreadStages,
} from "./updates.ts";

/** A fed input that data flows into. */
export interface DataInput {
  /** `"stage.port"`, as the graph's input is named. */
  readonly name: string;
  /** Path of the loader or host stage that the data comes from. */
  readonly stage: string;
  /** Output port of that stage. */
  readonly port: string;
  /** What the port carries, per row. */
  readonly data: DataPort;
}

/** Elements of all batches that a metric keeps. */
export interface MetricColumn {
  /** Name of the graph's output. */
  readonly output: string;
  /** Element type. */
  readonly dtype: DType;
}

/** A metric of the graph: which outputs hold what it gathers. */
export interface MetricOutput {
  /** Path of the metric's stage. */
  readonly name: string;
  /** Output names of the sums, by sum. */
  readonly sums: Readonly<Record<string, string>>;
  /** What is kept of every batch, by column. */
  readonly columns: Readonly<Record<string, MetricColumn>>;
  /** The metric from the sums and columns over all batches. */
  readonly result: TracedMetric["result"];
}

/** The graph of a purpose, with what the runtime must know of it. */
export interface TracedGraph {
  /** The ops, not yet differentiated. */
  readonly graph: Graph;
  /** Rows in a batch, for which every shape is known. */
  readonly batchSize: number;
  /** The data that the graph reads, by fed input. */
  readonly data: readonly DataInput[];
  /** Output names of losses: the stages' names. */
  readonly losses: readonly string[];
  /** Those of them that no other loss is made of: what is made small is their sum. */
  readonly finalLosses: readonly string[];
  /** The metrics that the graph computes, in the order of the stages. */
  readonly metrics: readonly MetricOutput[];
  /** Numbers that the end of an epoch sets anew. */
  readonly epochNumbers: readonly EpochNumbers[];
  /** What flows out of the stages that were built, those inside a stage before it. */
  readonly flows: readonly StageFlow[];
  /** Names of the classes that the last axis of the predicted output stands for, where known. */
  readonly names?: readonly string[];
}

/** What tracing is told, and where it leaves what is wrong. */
interface TraceOptions extends Findings {
  readonly purpose: Purpose;
  readonly batchSize: number;
  readonly ports: DataPorts;
}

/** Traces a pipeline for a purpose. Issues are added; the graph is `undefined` when there are any. */
export function trace(pipeline: ResolvedPipeline, options: TraceOptions): TracedGraph | undefined {
  const before = options.issues.length;
  const traced = new Tracer(pipeline, options).run();
  return options.issues.length > before ? undefined : traced;
}

class Tracer {
  readonly #builder = new GraphBuilder();
  readonly #flows = new Map<string, Flow>();
  readonly #data = new Map<string, DataInput>();
  readonly #failed = new Set<string>();
  readonly #variables = new Map<Value, Variable>();
  readonly #stageFlows: StageFlow[] = [];
  readonly #epochNumbers: EpochNumbers[] = [];
  /** Parameters that another variable stands in for. */
  readonly #replaced = new Set<string>();

  constructor(
    readonly pipeline: ResolvedPipeline,
    readonly options: TraceOptions,
  ) {}

  run(): TracedGraph {
    const { pipeline, options: { purpose, batchSize } } = this;
    const targets = targetsOf(pipeline, purpose);
    const needed = neededFor(pipeline, purpose);
    if (typeof purpose === "object" && "fit" in purpose) needed.delete(purpose.fit);
    for (const stage of pipeline.stages) {
      if (needed.has(stage.path) && stage.definition.kind === "traced") this.#stage(stage);
    }
    const losses: string[] = [];
    const metrics: MetricOutput[] = [];
    for (const stage of pipeline.stages) {
      const flow = this.#flows.get(`${stage.path}.output`);
      if (flow === undefined || !targets.includes(stage.path)) continue;
      if (flow.kind === "loss") {
        this.#builder.output(stage.path, flow.flow);
        losses.push(stage.path);
      }
      if (flow.kind === "metric") metrics.push(this.#metric(stage.path, flow.flow));
      if (flow.kind === "tensor") this.#builder.output(stage.path, flow.flow);
    }
    if (typeof purpose === "object" && "fit" in purpose) this.#fitInputs(purpose.fit);
    this.#applyUpdates(needed);
    const scores = [...losses, ...metrics.map(({ name }) => name)];
    this.options.issues.push(...unknownScores(this.#epochNumbers, scores));
    const graph = this.#builder.build(`${pipeline.name} ${purposeName(purpose)}`);
    const inputs = new Set(graph.inputs.map((input) => input.name));
    const data = [...this.#data.values()].filter((input) => inputs.has(input.name));
    const names = this.#classNames(purpose);
    return {
      graph,
      batchSize,
      data,
      losses,
      finalLosses: losses.filter((path) => !this.#isPartOfLoss(path)),
      metrics,
      epochNumbers: this.#epochNumbers,
      flows: this.#stageFlows,
      ...(names === undefined ? {} : { names }),
    };
  }

  /** Whether another loss reads this one. */
  #isPartOfLoss(path: string): boolean {
    return this.pipeline.stages.some(({ definition, inputs }) =>
      definition.family === "loss" && Object.values(inputs).some(({ stage }) => stage === path)
    );
  }

  /** Sets parameters to what the last stages that give updates say: those that no other stage reads. */
  #applyUpdates(needed: ReadonlySet<string>): void {
    const stages = this.pipeline.stages.filter(({ path }) => needed.has(path));
    for (const { path } of unreadStages(stages)) {
      const flow = this.#flows.get(`${path}.output`);
      if (flow?.kind === "update") this.#attempt(path, () => applyUpdate(flow.flow));
    }
  }

  /** Names of the classes that a predicted tensor's columns stand for. */
  #classNames(purpose: Purpose): readonly string[] | undefined {
    if (typeof purpose === "string" || "fit" in purpose) return undefined;
    const predicted = this.#flows.get(`${purpose.predict}.output`);
    if (predicted?.kind !== "tensor") return undefined;
    const { pipeline, options: { ports } } = this;
    return classNames(predicted.flow, { flows: this.#flows, pipeline, ports });
  }

  #metric(path: string, metric: TracedMetric): MetricOutput {
    const outputs = <T>(
      values: Readonly<Record<string, Value>>,
      of: (output: string, value: Value) => T,
    ) =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => {
          const output = `${path}.${name}`;
          this.#builder.output(output, value);
          return [name, of(output, value)];
        }),
      );
    return {
      name: path,
      sums: outputs(metric.sums, (output) => output),
      columns: outputs(metric.columns, (output, { spec: { dtype } }) => ({ output, dtype })),
      result: metric.result,
    };
  }

  #fitInputs(path: string): void {
    const stage = this.pipeline.stages.find((stage) => stage.path === path)!;
    for (const port of Object.keys(stage.inputs)) {
      const flow = this.#input(stage, port);
      if (flow?.kind === "tensor") this.#builder.output(port, flow.flow);
      if (flow?.kind === "labels") this.#builder.output(port, flow.flow.value);
    }
  }

  /** Builds a stage, unless something it reads could not be built. */
  #stage(stage: ResolvedStage): void {
    const definition = stage.definition as TracedDefinition;
    const inputs: Record<string, Traced[PortKind] | undefined> = {};
    for (const port of Object.keys(inputPortsOf(definition))) {
      if (stage.inputs[port] === undefined) {
        if (definition.inputs[port]!.optional !== true) this.#failed.add(stage.path);
        continue;
      }
      const flow = this.#input(stage, port);
      if (flow === undefined) this.#failed.add(stage.path);
      else inputs[port] = flow.flow;
    }
    if (this.#failed.has(stage.path)) return;
    const built = this.#build(stage, inputs);
    if (built === undefined) this.#failed.add(stage.path);
    else this.#flows.set(`${stage.path}.output`, { kind: definition.output, flow: built } as Flow);
  }

  /** What flows into a port of a stage; `undefined`, with an issue where it is new, when nothing can. */
  #input(stage: ResolvedStage, port: string): Flow | undefined {
    const { issues, ports, batchSize } = this.options;
    const wire = stage.inputs[port]!;
    if (this.#failed.has(wire.stage)) return undefined;
    const from = `${wire.stage}.${wire.port}`;
    const to = `${stage.path}.${port}`;
    let flow = this.#flows.get(from);
    if (flow === undefined && ports.has(wire.stage)) {
      const data = dataPortOf(ports, wire, { path: to, issues });
      if (data === undefined) return undefined;
      const value = this.#builder.input(from, batchSpec(data, batchSize));
      this.#data.set(from, { name: from, stage: wire.stage, port: wire.port, data });
      flow = data.kind === "tensor" ? { kind: "tensor", flow: value } : {
        kind: "labels",
        flow: {
          value,
          classes: data.classes,
          ...(data.names === undefined ? {} : { names: data.names }),
        },
      };
    }
    // a stage whose configuration or inputs are wrong has its own issue
    const source = this.pipeline.stages.find(({ path }) => path === wire.stage);
    if (source === undefined) return undefined;
    if (source.definition.kind !== "traced" && !ports.has(wire.stage)) return undefined;
    if (flow === undefined) {
      issues.push({
        code: "wiring",
        path: to,
        message: `Cannot connect "${from}": there is no such output`,
      });
      return undefined;
    }
    const data = ports.get(wire.stage)?.[wire.port];
    const spec = flow.kind === "tensor" ? { spec: flow.flow.spec } : {};
    const issue = portIssue(
      (stage.definition as TracedDefinition).inputs[port]!,
      data === undefined ? { kind: flow.kind, ...spec } : flowOf(data, batchSize),
      { from, to },
    );
    if (issue !== undefined) issues.push(issue);
    return issue === undefined ? flow : undefined;
  }

  #build(
    stage: ResolvedStage,
    inputs: Readonly<Record<string, Traced[PortKind] | undefined>>,
  ): Traced[PortKind] | undefined {
    const definition = stage.definition as TracedDefinition;
    const build = this.options.purpose === "train"
      ? definition.build
      : definition.buildInference ?? definition.build;
    const built = this.#attempt(
      stage.path,
      () => build.call(definition, inputs as never, this.#context(stage)),
    );
    if (built !== undefined) {
      this.#stageFlows.push(
        ...stageFlows(stage.path, { kind: definition.output, flow: built } as Flow),
      );
    }
    return built;
  }

  /** Builds a part of a stage; gives `undefined`, with an issue, where that throws. */
  #attempt<T>(path: string, build: () => T): T | undefined {
    try {
      return this.#builder.at(path, build);
    } catch (error) {
      if (error instanceof Reported) return undefined;
      this.options.issues.push({ code: "shape", path, message: messageOf(error) });
      this.options.causes.push(error);
      return undefined;
    }
  }

  #context(stage: ResolvedStage): BuildContext<unknown> {
    const builder = this.#builder;
    const variables = this.#variables;
    const remember = (variable: Variable): Variable => {
      variables.set(variable.value, variable);
      return variable;
    };
    let draws = 0;
    return {
      config: stage.config,
      path: stage.path,
      get step(): Value {
        return builder.input("step", { shape: [], dtype: "u32" });
      },
      parameter(name, { shape, initializer }) {
        const path = `${stage.path}.${name}`;
        return remember(builder.variable(path, {
          spec: { shape, dtype: "f32" },
          role: "parameter",
          initialize: (seed) => initializer.sample(shape, new RandomStream(seed, path)),
        })).value;
      },
      state: (name, options) =>
        remember(
          stateVariable(builder, { stage, name, options, replaced: this.#replaced }),
        ),
      eachEpoch: epochNumbers(builder, { stage: stage.path, found: this.#epochNumbers }),
      fitted: (name, shape) =>
        remember(builder.variable(`${stage.path}.${name}`, {
          spec: { shape, dtype: "f32" },
          role: "fitted",
          initialize: null,
        })).value,
      update: (variable, value) => builder.update(variable, value),
      random: (shape: Shape) =>
        randomUniform({
          seed: builder.input("seed", { shape: [], dtype: "u32" }),
          step: builder.input("step", { shape: [], dtype: "u32" }),
          shape,
          stream: streamOf(`${stage.path}#${draws++}`),
        }),
      parametersOf: (value) => parametersOf(value, variables),
      child: (name, input) => this.#child(stage, name, input),
    };
  }

  #child<K extends PortKind>(
    stage: ResolvedStage,
    name: string,
    input: Traced[PortKind],
  ): Traced[K] {
    const child = stage.children[name];
    if (child === undefined) {
      throw new RangeError(`Cannot build child "${name}": the stage has no such child`);
    }
    const definition = child.definition as TracedDefinition;
    const [port] = Object.keys(definition.inputs);
    const { kind } = definition.inputs[port!]!;
    const flow = "spec" in input ? { kind: "tensor", spec: input.spec } as const : { kind };
    const issue = portIssue(definition.inputs[port!]!, flow, {
      from: this.#previousChild(stage, name),
      to: `${child.path}.${port}`,
    });
    if (issue !== undefined) {
      this.options.issues.push(issue);
      throw new Reported();
    }
    const built = this.#build(child, { [port!]: input });
    if (built === undefined) throw new Reported();
    return built as Traced[K];
  }

  /** What stands before a child, for messages: the child before it, or what the stage reads. */
  #previousChild(stage: ResolvedStage, name: string): string {
    const names = Object.keys(stage.children);
    const before = names[names.indexOf(name) - 1];
    if (before !== undefined) return `${stage.path}.${before}.output`;
    const wire = Object.values(stage.inputs)[0];
    return wire === undefined ? `${stage.path}.input` : `${wire.stage}.${wire.port}`;
  }
}

/** Thrown to leave a parent's `build` when the issue of a child is listed already. */
class Reported extends Error {}
