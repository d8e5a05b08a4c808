/**
 * The second half of check: traced stages are built once with symbolic values, which gives the op
 * graph with every shape known. What one purpose needs is built, and no more.
 *
 * @module
 */
import { type Shape, streamOf } from "../tensor/mod.ts";
import { GraphBuilder, type Value } from "../graph/mod.ts";
import { randomUniform } from "../ops/mod.ts";
import {
  type BuildContext,
  connectionsOf,
  inputPortsOf,
  type PortKind,
  portNameOf,
  type Traced,
  type TracedDefinition,
  type TracedMetric,
} from "../declare/mod.ts";
import { classNames } from "./class_names.ts";
import { ColumnNames } from "./column_names.ts";
import {
  batchSpec,
  dataPortOf,
  type DataPorts,
  type Findings,
  flowOf,
  messageOf,
  portIssue,
} from "./ports.ts";
import { type Flow, isValue, type StageFlow, stageFlows } from "./flows.ts";
import { finalLosses, neededFor, type Purpose, purposeName, targetsOf } from "./purpose.ts";
import type { ResolvedPipeline, ResolvedStage } from "./resolve.ts";
import type { SequenceSteps } from "./sequences.ts";
import type { DataInput, MetricOutput, TracedGraph } from "./traced_graph.ts";
import { applyUpdate, unknownScores, unreadStages } from "./updates.ts";
import { StageVariables } from "./variables.ts";

/** What tracing is told, and where it leaves what is wrong. */
interface TraceOptions extends Findings {
  readonly purpose: Purpose;
  readonly batchSize: number;
  readonly ports: DataPorts;
  /** Steps of sequences, by the path of the stage that cuts them; those of its input where absent. */
  readonly steps?: SequenceSteps | undefined;
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
  /** What stages give besides their first output, by path and port. */
  readonly #given = new Map<string, Value>();
  /** What gave a value, for messages. */
  readonly #origins = new Map<Value, string>();
  readonly #columns = new ColumnNames();
  readonly #stageFlows: StageFlow[] = [];
  readonly #variables: StageVariables;

  constructor(
    readonly pipeline: ResolvedPipeline,
    readonly options: TraceOptions,
  ) {
    this.#variables = new StageVariables(this.#builder, {
      isTraining: options.purpose === "train",
      steps: options.steps,
    });
  }

  run(): TracedGraph {
    const { pipeline, options: { purpose, batchSize } } = this;
    const fit = typeof purpose === "object" && "fit" in purpose ? purpose.fit : undefined;
    const targets = fit === undefined ? targetsOf(pipeline, purpose) : [];
    const needed = neededFor(pipeline, purpose);
    if (fit !== undefined) needed.delete(fit);
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
    if (fit !== undefined) this.#fitInputs(fit);
    this.#applyUpdates(needed);
    const scores = [...losses, ...metrics.map(({ name }) => name)];
    this.options.issues.push(...unknownScores(this.#variables.epochNumbers, scores));
    const graph = this.#builder.build(`${pipeline.name} ${purposeName(purpose)}`);
    const inputs = new Set(graph.inputs.map((input) => input.name));
    const data = [...this.#data.values()].filter((input) => inputs.has(input.name));
    const names = this.#classNames(purpose);
    return {
      graph,
      batchSize,
      data,
      losses,
      finalLosses: finalLosses(pipeline, losses),
      metrics,
      epochNumbers: this.#variables.epochNumbers,
      flows: this.#stageFlows,
      ...(names === undefined ? {} : { names }),
    };
  }

  /** Sets parameters to what the last stages that give updates say, which no other reads; and state. */
  #applyUpdates(needed: ReadonlySet<string>): void {
    const stages = this.pipeline.stages.filter(({ path }) => needed.has(path));
    for (const { path } of unreadStages(stages)) {
      const flow = this.#flows.get(`${path}.output`);
      if (flow?.kind === "update") this.#attempt(path, () => applyUpdate(flow.flow));
    }
    if (this.options.purpose === "train") this.#variables.applyState();
  }

  /** Names of the classes that a predicted tensor's columns stand for, or of the columns. */
  #classNames(purpose: Purpose): readonly string[] | undefined {
    if (typeof purpose === "string" || "fit" in purpose) return undefined;
    const predicted = this.#flows.get(`${purpose.predict}.output`);
    if (predicted?.kind !== "tensor") return undefined;
    const { pipeline, options: { ports } } = this;
    return classNames(predicted.flow, { flows: this.#flows, pipeline, ports }) ??
      this.#columns.of(predicted.flow);
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
    const stage = this.pipeline.stages.find((stage) => stage.path === path);
    // what flows into a stage inside another was found as that one was built
    if (stage === undefined) return;
    for (const port of Object.keys(stage.inputs)) {
      const flow = this.#input(stage, port);
      if (flow?.kind === "tensor") this.#builder.output(port, flow.flow);
      if (flow?.kind === "labels") this.#builder.output(port, flow.flow.value);
    }
  }

  /** Builds a stage, unless something it reads could not be built. */
  #stage(stage: ResolvedStage): void {
    const definition = stage.definition as TracedDefinition;
    const inputs: Record<string, Traced[PortKind]> = {};
    for (const [port, { optional }] of Object.entries(inputPortsOf(definition))) {
      const connections = connectionsOf(definition, port, stage.inputs);
      if (connections.length === 0 && optional !== true) this.#failed.add(stage.path);
      for (const connection of connections) {
        const flow = this.#input(stage, connection);
        if (flow === undefined) this.#failed.add(stage.path);
        else inputs[connection] = flow.flow;
      }
    }
    if (this.#failed.has(stage.path)) return;
    const built = this.#build(stage, inputs);
    if (built === undefined) {
      this.#failed.add(stage.path);
      return;
    }
    this.#flows.set(`${stage.path}.output`, { kind: definition.output, flow: built } as Flow);
    for (const port of definition.moreOutputs ?? []) {
      const name = `${stage.path}.${port}`;
      this.#flows.set(name, { kind: "tensor", flow: this.#given.get(name)! });
    }
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
          ...(data.column === undefined ? {} : { column: data.column }),
        },
      };
      this.#columns.nameData(value, data);
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
      (stage.definition as TracedDefinition).inputs[portNameOf(stage.definition, port)!]!,
      data === undefined ? { kind: flow.kind, ...spec } : flowOf(data, batchSize),
      { from, to },
    );
    if (issue !== undefined) issues.push(issue);
    return issue === undefined ? flow : undefined;
  }

  #build(
    stage: ResolvedStage,
    inputs: Readonly<Record<string, Traced[PortKind]>>,
  ): Traced[PortKind] | undefined {
    const definition = stage.definition as TracedDefinition;
    const build = this.options.purpose === "train" && !stage.frozen
      ? definition.build
      : definition.buildInference ?? definition.build;
    const byPort = Object.fromEntries(
      Object.entries(definition.inputs).map(([port, { variadic }]) => {
        const given = connectionsOf(definition, port, inputs).map((name) => inputs[name]);
        return [port, variadic === true ? given : given[0]];
      }),
    );
    const { moreOutputs = [] } = definition;
    const built = this.#attempt(stage.path, () => {
      const built = build.call(definition, byPort as never, this.#context(stage));
      const missing = moreOutputs.find((port) => !this.#given.has(`${stage.path}.${port}`));
      if (missing === undefined) return built;
      throw new TypeError(
        `Cannot build ${definition.name}: it has given no "${missing}", expected ` +
          `context.give("${missing}", value) in its build`,
      );
    });
    if (built === undefined) return undefined;
    const flow = { kind: definition.output, flow: built } as Flow;
    const columns = flow.kind === "tensor"
      ? this.#columns.nameResult(stage, { value: flow.flow, inputs })
      : undefined;
    this.#stageFlows.push(
      ...stageFlows(stage, flow, { given: inputs }).map((flow) =>
        columns === undefined ? flow : { ...flow, ...columns }
      ),
    );
    if (flow.kind === "tensor") this.#origins.set(flow.flow, `${stage.path}.output`);
    for (const port of moreOutputs) {
      const name = `${stage.path}.${port}`;
      const value = this.#given.get(name)!;
      this.#stageFlows.push(
        ...stageFlows(stage, { kind: "tensor", flow: value }, { port, given: inputs }),
      );
      if (!this.#origins.has(value)) this.#origins.set(value, name);
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
    let draws = 0;
    return {
      config: stage.config,
      path: stage.path,
      get step(): Value {
        return builder.input("step", { shape: [], dtype: "u32" });
      },
      steps: this.options.steps?.[stage.path],
      ...this.#variables.contextOf(stage),
      random: (shape: Shape) =>
        randomUniform({
          seed: builder.input("seed", { shape: [], dtype: "u32" }),
          step: builder.input("step", { shape: [], dtype: "u32" }),
          shape,
          stream: streamOf(`${stage.path}#${draws++}`),
        }),
      columnsOf: (value) => this.#columns.of(value),
      nameColumns: (names) => this.#columns.nameNext(stage.path, names),
      child: <K extends PortKind>(name: string, input: Traced[PortKind]) => {
        const [port] = Object.keys(inputPortsOf(childOf(stage, name).definition));
        return this.#child(stage, name, { [port!]: input }) as Traced[K];
      },
      childWith: <K extends PortKind>(
        name: string,
        inputs: Readonly<Record<string, Traced[PortKind]>>,
      ) => this.#child(stage, name, inputs) as Traced[K],
      give: (output, value) => {
        this.#given.set(`${stage.path}.${output}`, value);
      },
      given: (child, output) => {
        const value = this.#given.get(`${childOf(stage, child).path}.${output}`);
        if (value !== undefined) return value;
        throw new RangeError(`Cannot read "${child}.${output}": there is no such output`);
      },
    };
  }

  /** Gives what flows into a stage inside another, to be fitted to. */
  #fitInputsOf(inputs: Readonly<Record<string, Traced[PortKind]>>): void {
    for (const [port, input] of Object.entries(inputs)) {
      if (isValue(input)) this.#builder.output(port, input);
      else if ("classes" in input) this.#builder.output(port, input.value);
    }
  }

  #child(
    stage: ResolvedStage,
    name: string,
    inputs: Readonly<Record<string, Traced[PortKind]>>,
  ): Traced[PortKind] {
    const child = childOf(stage, name);
    const definition = child.definition as TracedDefinition;
    for (const [connection, input] of Object.entries(inputs)) {
      const wanted = definition.inputs[portNameOf(definition, connection)!]!;
      const flow = isValue(input)
        ? { kind: "tensor", spec: input.spec } as const
        : { kind: wanted.kind };
      const from = isValue(input) ? this.#origins.get(input) : undefined;
      const issue = portIssue(wanted, flow, {
        from: from ?? `${stage.path}.input`,
        to: `${child.path}.${connection}`,
      });
      if (issue === undefined) continue;
      this.options.issues.push(issue);
      throw new Reported();
    }
    const { purpose } = this.options;
    if (typeof purpose === "object" && "fit" in purpose && purpose.fit === child.path) {
      this.#fitInputsOf(inputs);
    }
    const built = this.#build(child, inputs);
    if (built === undefined) throw new Reported();
    return built;
  }
}

function childOf(stage: ResolvedStage, name: string): ResolvedStage {
  const child = stage.children[name];
  if (child !== undefined) return child;
  throw new RangeError(`Cannot build child "${name}": the stage has no such child`);
}

/** Thrown to leave a parent's `build` when the issue of a child is listed already. */
class Reported extends Error {}
