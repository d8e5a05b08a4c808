/**
 * What is connected to the ports of a stage: a port has one connection of its name, a variadic one any
 * number, as `x1`, `x2` and so on.
 *
 * @module
 */
import type { InputPort } from "./definition.ts";
import type { RowsPort } from "./row_stage.ts";
import type { StageDefinition } from "./stage.ts";

/** The ports a definition reads. */
export function inputPortsOf(
  definition: StageDefinition,
): Readonly<Record<string, InputPort | RowsPort>> {
  return definition.kind === "loader" ? {} : definition.inputs;
}

/** The port that a connection belongs to: `"x"` for `"x"`, and for `"x2"` where `"x"` is variadic. */
export function portNameOf(definition: StageDefinition, connection: string): string | undefined {
  const ports = inputPortsOf(definition);
  if (connection in ports && !isVariadic(ports[connection])) return connection;
  const [, name] = /^(.*?)[1-9]\d*$/.exec(connection) ?? [];
  return name !== undefined && isVariadic(ports[name]) ? name : undefined;
}

/** What is connected to a port, in order: at most one, or any number where it is variadic. */
export function connectionsOf(
  definition: StageDefinition,
  port: string,
  connected: Readonly<Record<string, unknown>>,
): readonly string[] {
  if (!isVariadic(inputPortsOf(definition)[port])) return port in connected ? [port] : [];
  return Object.keys(connected).filter((name) => portNameOf(definition, name) === port)
    .sort((a, b) => Number(a.slice(port.length)) - Number(b.slice(port.length)));
}

function isVariadic(port: InputPort | RowsPort | undefined): boolean {
  return port !== undefined && "variadic" in port && port.variadic === true;
}
