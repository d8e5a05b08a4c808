/**
 * The connections of stages: which are usable, and what is wrong with the others.
 *
 * @module
 */
import { type Issue, nearestName } from "../errors.ts";
import {
  connectionsOf,
  inputPortsOf,
  type Pipeline,
  type PipelineStage,
  portNameOf,
  type Wire,
} from "../declare/mod.ts";

/** Looks at the connections of a stage; those that are usable are returned. */
export function resolveWires(
  stage: PipelineStage,
  pipeline: Pipeline,
  seen: ReadonlySet<string>,
  issues: Issue[],
): Readonly<Record<string, Wire>> {
  const ports = inputPortsOf(stage.call.definition);
  const wires: Record<string, Wire> = {};
  const { definition } = stage.call;
  for (const [port, { optional }] of Object.entries(ports)) {
    if (optional === true || connectionsOf(definition, port, stage.inputs).length > 0) continue;
    issues.push(unconnected(stage, port));
  }
  for (const [name, wire] of Object.entries(stage.inputs)) {
    const port = portNameOf(definition, name);
    const path = `${stage.name}.${name}`;
    if (port === undefined) {
      const nearest = nearestName(name, Object.keys(ports));
      issues.push({
        code: "wiring",
        path,
        message: `Cannot connect this: ${definition.name} has no port "${name}"`,
        hint: nearest === undefined
          ? `its ports: ${Object.keys(ports).join(", ")}`
          : `did you mean "${nearest}"?`,
      });
    } else if (wire === undefined) {
      if (ports[port]!.optional !== true) issues.push(unconnected(stage, name));
    } else if (!seen.has(wire.stage)) {
      issues.push({
        code: "cycle",
        path,
        message: `Cannot order the stages: ${
          cycleThrough(pipeline, stage.name).map((stage) => `"${stage}"`).join(" reads ")
        }`,
        hint: "break the cycle: a stage cannot read what depends on it",
      });
    } else wires[name] = wire;
  }
  return wires;
}

function unconnected(stage: PipelineStage, name: string): Issue {
  return {
    code: "wiring",
    path: `${stage.name}.${name}`,
    message: "Cannot run this stage: the port is not connected",
    hint: `give "${name}" when calling ${stage.call.definition.name}`,
  };
}

/** A chain of reads from a stage back to itself. */
function cycleThrough(pipeline: Pipeline, start: string): string[] {
  const reads = new Map(
    pipeline.stages.map((stage) => [
      stage.name,
      Object.values(stage.inputs).flatMap((wire) => wire === undefined ? [] : [wire.stage]),
    ]),
  );
  const from = new Map<string, string>();
  const queue = [start];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    for (const source of reads.get(name) ?? []) {
      if (source === start) {
        const chain = [start];
        for (
          let at: string | undefined = name;
          at !== undefined && at !== start;
          at = from.get(at)
        ) {
          chain.unshift(at);
        }
        return [start, ...chain];
      }
      if (!from.has(source)) {
        from.set(source, name);
        queue.push(source);
      }
    }
  }
  return [start];
}
