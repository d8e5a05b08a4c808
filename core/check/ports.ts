/**
 * What the outputs of loaders and host stages carry, found from their configuration alone.
 *
 * @module
 */
import { type Issue, nearestName, PipelineError } from "../errors.ts";
import { formatSpec, type TensorSpec } from "../tensor/mod.ts";
import {
  connectionsOf,
  type DataPort,
  type InputPort,
  inputPortsOf,
  type PortKind,
  portNameOf,
  type StageDefinition,
  type Wire,
} from "../declare/mod.ts";
import type { ResolvedPipeline, ResolvedStage } from "./resolve.ts";

/** Data ports of host-side stages by stage and port. */
export type DataPorts = ReadonlyMap<string, Readonly<Record<string, DataPort>>>;

/** What a check gathers before it fails. */
export interface Findings {
  /** Everything that is wrong. */
  readonly issues: Issue[];
  /** What stages threw, in the order of the issues that tell of it. */
  readonly causes: unknown[];
}

/** The error for what was gathered; the first thing thrown is kept as its cause, with its stack. */
export function errorOf({ issues, causes }: Findings): PipelineError {
  return new PipelineError(issues, causes.length === 0 ? undefined : { cause: causes[0] });
}

/** Finds the data ports of every loader, rows and host stage; what is wrong is added. */
export function dataPorts(pipeline: ResolvedPipeline, { issues, causes }: Findings): DataPorts {
  const found = new Map<string, Readonly<Record<string, DataPort>>>();
  for (const stage of pipeline.stages) {
    const { path } = stage;
    try {
      const ports = portsGiven(stage, { found, pipeline, issues });
      if (ports !== undefined) found.set(path, ports);
    } catch (error) {
      issues.push({ code: "ports", path, message: messageOf(error) });
      causes.push(error);
    }
  }
  return found;
}

/** The data ports that a stage gives; `undefined` where it gives none, or what it reads is wrong. */
function portsGiven(
  { definition, path, config, inputs }: ResolvedStage,
  { found, pipeline, issues }: {
    readonly found: DataPorts;
    readonly pipeline: ResolvedPipeline;
    readonly issues: Issue[];
  },
): Readonly<Record<string, DataPort>> | undefined {
  const wires = Object.entries(inputs);
  const wanted = Object.entries(inputPortsOf(definition))
    .filter(([name, { optional }]) => optional !== true || name in inputs);
  if (definition.kind === "loader") return definition.ports(config);
  if (definition.kind === "rows") {
    const rows: Record<string, Readonly<Record<string, DataPort>>> = {};
    for (const [name, wire] of wires) {
      const ports = found.get(wire.stage);
      const source = pipeline.stages.find((stage) => stage.path === wire.stage)?.definition;
      if (source !== undefined && !givesRows(source)) {
        issues.push({
          code: "connect",
          path: `${path}.${name}`,
          message: `Cannot read the rows of "${wire.stage}": it is no loader`,
          hint: "connect a loader, or a stage that reads one, as split() does",
        });
      } else if (ports !== undefined) rows[name] = ports;
    }
    const isConnected = wanted.every(([name]) =>
      connectionsOf(definition, name, inputs).length > 0
    );
    const isComplete = isConnected && Object.keys(rows).length === wires.length;
    return isComplete ? definition.ports(rows, config) : undefined;
  }
  if (definition.kind !== "host") return undefined;
  const ports: Record<string, DataPort> = {};
  for (const [name, wire] of wires) {
    const to = `${path}.${name}`;
    const port = dataPortOf(found, wire, { path: to, issues });
    const source = pipeline.stages.find((stage) => stage.path === wire.stage)?.definition;
    if (source?.kind === "traced") {
      issues.push({
        code: "connect",
        path: to,
        message: `Cannot connect "${wire.stage}.${wire.port}": it is computed on the device, and ` +
          `${definition.name} runs before`,
        hint: `put ${definition.name} before "${wire.stage}"`,
      });
    }
    if (port === undefined) continue;
    const issue = portIssue(
      definition.inputs[portNameOf(definition, name)!]!,
      flowOf(port, pipeline.run.batchSize),
      { from: `${wire.stage}.${wire.port}`, to },
    );
    if (issue === undefined) ports[name] = port;
    else issues.push(issue);
  }
  const isConnected = wanted.every(([name]) => connectionsOf(definition, name, inputs).length > 0);
  const isComplete = isConnected && Object.keys(ports).length === wires.length;
  return isComplete ? definition.ports(ports, config) : undefined;
}

/** Whether a kind of stage opens rows. */
export function givesRows({ kind }: StageDefinition): boolean {
  return kind === "loader" || kind === "rows";
}

/** The data port behind a wire; an issue is added when a loader or host stage has no such port. */
export function dataPortOf(
  ports: DataPorts,
  wire: Wire,
  { path, issues }: { readonly path: string; readonly issues: Issue[] },
): DataPort | undefined {
  const known = ports.get(wire.stage);
  if (known === undefined) return undefined;
  const port = known[wire.port];
  if (port === undefined) {
    const nearest = nearestName(wire.port, Object.keys(known));
    issues.push({
      code: "wiring",
      path,
      message: `Cannot connect "${wire.stage}.${wire.port}": "${wire.stage}" has no such output`,
      hint: nearest === undefined
        ? `its outputs: ${Object.keys(known).join(", ")}`
        : `did you mean "${wire.stage}.${nearest}"?`,
    });
  }
  return port;
}

/** A data port with class labels. */
export type LabelsPort = Extract<DataPort, { readonly kind: "labels" }>;

/** The labels that flow through wires, or that tensors there are computed from, as one-hot rows are. */
function labelsBehind(
  wires: readonly Wire[],
  { pipeline, ports }: { readonly pipeline: ResolvedPipeline; readonly ports: DataPorts },
): LabelsPort[] {
  const found = new Set<LabelsPort>();
  const seen = new Set<string>();
  const queue = [...wires];
  for (let wire = queue.shift(); wire !== undefined; wire = queue.shift()) {
    const { stage, port } = wire;
    const data = ports.get(stage)?.[port];
    if (data?.kind === "labels") found.add(data);
    if (data !== undefined || seen.has(stage)) continue;
    seen.add(stage);
    const source = pipeline.stages.find(({ path }) => path === stage);
    queue.push(...Object.values(source?.inputs ?? {}));
  }
  return [...found];
}

/**
 * The labels that losses and metrics compare any of some outputs with.
 *
 * @param outputs Outputs of stages, as `"logits.output"`.
 */
export function labelsComparedWith(
  outputs: ReadonlySet<string>,
  { pipeline, ports }: { readonly pipeline: ResolvedPipeline; readonly ports: DataPorts },
): LabelsPort[] {
  return pipeline.stages.flatMap(({ definition: { family }, inputs }) => {
    if (family !== "loss" && family !== "metric") return [];
    const wires = Object.values(inputs);
    const others = wires.filter((wire) => !outputs.has(`${wire.stage}.${wire.port}`));
    if (others.length === wires.length) return [];
    return labelsBehind(others, { pipeline, ports });
  });
}

/** Shape and dtype of a batch of a data port. */
export function batchSpec(port: DataPort, batchSize: number): TensorSpec {
  return {
    dtype: port.dtype,
    shape: port.kind === "tensor" ? [batchSize, ...port.shape] : [batchSize],
  };
}

/** What flows through a wire, as far as an input port asks. */
export interface Flow {
  readonly kind: PortKind;
  readonly spec?: TensorSpec;
  readonly encoding?: "utf-8";
}

/** What flows out of a data port. */
export function flowOf(port: DataPort, batchSize: number): Flow {
  if (port.kind === "labels") return { kind: "labels" };
  const { encoding } = port;
  return {
    kind: "tensor",
    spec: batchSpec(port, batchSize),
    ...(encoding === undefined ? {} : { encoding }),
  };
}

/** Checks what flows into an input port; `undefined` when it may. */
export function portIssue(
  port: InputPort,
  flow: Flow,
  { from, to }: { readonly from: string; readonly to: string },
): Issue | undefined {
  const wrong = (received: string, expected: string): Issue => ({
    code: "connect",
    path: to,
    message: `Cannot connect "${from}" to "${to}"`,
    received,
    expected,
  });
  if (port.kind !== flow.kind) {
    const hint = kindHints[`${flow.kind} to ${port.kind}`];
    return { ...wrong(flow.kind, port.kind), ...(hint === undefined ? {} : { hint }) };
  }
  const { spec } = flow;
  if (spec === undefined || port.kind !== "tensor") return undefined;
  const text = formatSpec(spec);
  if (port.encoding !== undefined && port.encoding !== flow.encoding) {
    return { ...wrong(text, "text"), hint: "wire a loader's output of text to it" };
  }
  if (port.dtypes !== undefined && !port.dtypes.includes(spec.dtype)) {
    const hint = flow.encoding !== undefined
      ? { hint: "it is text: put bagOfWords(), hashText() or tokens() between them" }
      : spec.dtype === "u8"
      ? { hint: "put rescale() between them" }
      : {};
    return { ...wrong(text, `dtype ${port.dtypes.join(" or ")}`), ...hint };
  }
  if (port.rank !== undefined && spec.shape.length !== port.rank) {
    const hint = spec.shape.length > port.rank ? { hint: "put flatten() between them" } : {};
    return { ...wrong(text, `${port.rank} axes`), ...hint };
  }
  return undefined;
}

/** What turns what flows out of one port into what flows into another. */
const kindHints: Readonly<Record<string, string>> = {
  "labels to tensor":
    "labels are numbers of classes: oneHot() makes numbers to compute with of them",
  "tensor to labels": 'declare the column by its classes, as { classes: ["no", "yes"] }',
};

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
