/**
 * The stages that cut sequences to the steps that a batch has, and what their programs are made for.
 *
 * @module
 */
import type { Issue } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import type { TracedDefinition, Wire } from "../declare/mod.ts";
import type { DataPorts } from "./ports.ts";
import type { ResolvedPipeline } from "./resolve.ts";

/** Numbers of steps, by the path of the stage that cuts sequences to them. */
export type SequenceSteps = Readonly<Record<string, number>>;

/** A stage that cuts sequences. */
export interface SequenceStage {
  /** Its path. */
  readonly path: string;
  /** Where its sequences come from. */
  readonly wire: Wire;
  /** The numbers of steps that programs are made for, ascending. */
  readonly steps: readonly number[];
  /** How many steps of a row count. */
  lengthOf(row: Parameters<NonNullable<TracedDefinition["sequences"]>["lengthOf"]>[0]): number;
}

/**
 * The stages of a pipeline that cut sequences; an issue for each that reads no loader or host stage, and
 * where there would be too many programs.
 */
export function sequenceStages(
  { stages }: ResolvedPipeline,
  { ports, issues }: { readonly ports: DataPorts; readonly issues: Issue[] },
): SequenceStage[] {
  const found = stages.flatMap(({ path, definition, config, inputs }): SequenceStage[] => {
    if (definition.kind !== "traced" || definition.sequences === undefined) return [];
    const [port] = Object.keys(definition.inputs);
    const wire = inputs[port!];
    if (wire === undefined) return [];
    const data = ports.get(wire.stage)?.[wire.port];
    if (data === undefined || data.kind !== "tensor") {
      const source = stages.find((stage) => stage.path === wire.stage);
      // that a loader's own ports could not be told is said already
      if (data !== undefined || source?.definition.kind === "traced") {
        issues.push({
          code: "wiring",
          path: `${path}.${port}`,
          message: `Cannot tell the lengths of what "${wire.stage}" gives`,
          expected: "sequences right from a loader or host stage",
          hint: `put ${definition.name} before the stages that compute with them`,
        });
      }
      return [];
    }
    const { shape } = data;
    const { sequences } = definition;
    return [{
      path,
      wire,
      steps: sequences.stepsOf(config, shape),
      lengthOf: (row) => sequences.lengthOf(row, { config, shape }),
    }];
  });
  const programs = found.reduce((product, { steps }) => product * steps.length, 1);
  if (programs <= mostPrograms) return found;
  issues.push({
    code: "sequences",
    path: found.at(-1)!.path,
    message: "Cannot make a program for every choice of steps",
    received: `${formatCount(programs)} choices in ${formatAmount(found.length, "stage")}`,
    expected: `at most ${mostPrograms}`,
    hint: "give fewer boundaries",
  });
  return [];
}

/** Each is checked before any data is read, and compiled when it is wanted. */
const mostPrograms = 64;

/** Every choice of steps but the longest, which is what is traced by default. */
export function shorterSteps(stages: readonly SequenceStage[]): SequenceSteps[] {
  const all = stages.reduce<SequenceSteps[]>(
    (choices, { path, steps }) =>
      choices.flatMap((choice) => steps.map((count) => ({ ...choice, [path]: count }))),
    [{}],
  );
  return all.slice(0, -1);
}
