/**
 * What the outputs of loaders and host stages carry, found from their configuration alone.
 *
 * @module
 */
import { type Issue, nearestName } from "../errors.ts";
import { formatSpec, type TensorSpec } from "../tensor/mod.ts";
import type { DataPort, InputPort, PortKind, Wire } from "../declare/mod.ts";
import type { ResolvedPipeline } from "./resolve.ts";

/** Data ports of host-side stages by stage and port. */
export type DataPorts = ReadonlyMap<string, Readonly<Record<string, DataPort>>>;

/** Finds the data ports of every loader and host stage; issues are added. */
export function dataPorts(pipeline: ResolvedPipeline, issues: Issue[]): DataPorts {
  const found = new Map<string, Readonly<Record<string, DataPort>>>();
  for (const stage of pipeline.stages) {
    const { definition, path, config } = stage;
    try {
      if (definition.kind === "loader") found.set(path, definition.ports(config));
      if (definition.kind === "host") {
        const inputs: Record<string, DataPort> = {};
        for (const [name, wire] of Object.entries(stage.inputs)) {
          const port = dataPortOf(found, wire, { path: `${path}.${name}`, issues });
          if (port !== undefined) inputs[name] = port;
        }
        if (Object.keys(inputs).length === Object.keys(stage.inputs).length) {
          found.set(path, definition.ports(inputs, config));
        }
      }
    } catch (error) {
      issues.push({ code: "ports", path, message: messageOf(error) });
    }
  }
  return found;
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

/** Shape and dtype of a batch of a data port. */
export function batchSpec(port: DataPort, batchSize: number): TensorSpec {
  return {
    dtype: port.dtype,
    shape: port.kind === "tensor" ? [batchSize, ...port.shape] : [batchSize],
  };
}

/** Checks what flows into an input port; `undefined` when it may. */
export function portIssue(
  port: InputPort,
  flow: { readonly kind: PortKind; readonly spec?: TensorSpec },
  { from, to }: { readonly from: string; readonly to: string },
): Issue | undefined {
  const wrong = (received: string, expected: string): Issue => ({
    code: "connect",
    path: to,
    message: `Cannot connect "${from}" to "${to}"`,
    received,
    expected,
  });
  if (port.kind !== flow.kind) return wrong(flow.kind, port.kind);
  const { spec } = flow;
  if (spec === undefined || port.kind !== "tensor") return undefined;
  const text = formatSpec(spec);
  if (port.dtypes !== undefined && !port.dtypes.includes(spec.dtype)) {
    const hint = spec.dtype === "u8" ? { hint: "put rescale() between them" } : {};
    return { ...wrong(text, `dtype ${port.dtypes.join(" or ")}`), ...hint };
  }
  if (port.rank !== undefined && spec.shape.length !== port.rank) {
    const hint = spec.shape.length > port.rank ? { hint: "put flatten() between them" } : {};
    return { ...wrong(text, `${port.rank} axes`), ...hint };
  }
  return undefined;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
