/**
 * How two descriptions of pipelines differ, field by field: what has changed since a run began, and
 * whether a trained model is of the pipeline that wants it.
 *
 * @module
 */
import { isRecord } from "../formats/mod.ts";
import type { PipelineDescription, StageDescription } from "./describe.ts";

/** A field that differs. */
export interface Difference {
  /** Path of the field, as `--set` has it: `"optimizer.learningRate"`; of a stage by its name. */
  readonly path: string;
  /** What was there before, as text. */
  readonly before: string;
  /** What is there now, as text. */
  readonly now: string;
}

/** Longer values are cut off in messages. */
const longestText = 60;

/** Lists in which fields two pipelines differ: the innermost ones, those of the run first. */
export function pipelineDifferences(
  before: PipelineDescription,
  now: PipelineDescription,
): Difference[] {
  const names = (stages: readonly StageDescription[]) => stages.map(({ name }) => name);
  const [namesBefore, namesNow] = [names(before.stages), names(now.stages)];
  const isReordered = namesBefore.length === namesNow.length &&
    namesNow.every((name) => namesBefore.includes(name));
  return [
    ...valueDifferences("name", before.name, now.name),
    ...fieldDifferences("", before.run, now.run),
    ...union(namesNow, namesBefore).flatMap((name) =>
      stageDifferences(named(before.stages, name), named(now.stages, name), name)
    ),
    ...isReordered ? textDifferences("stages", namesBefore.join(", "), namesNow.join(", ")) : [],
  ];
}

/**
 * Lists in which fields two stages differ: kind, connections, configuration, and the stages inside,
 * which are computed in their order.
 *
 * @param before `undefined` when there was no such stage.
 * @param path The stage's path.
 */
export function stageDifferences(
  before: StageDescription | undefined,
  now: StageDescription | undefined,
  path: string,
): Difference[] {
  if (before === undefined || now === undefined || before.kind !== now.kind) {
    return textDifferences(path, before?.kind ?? "no such stage", now?.kind ?? "no such stage");
  }
  const [childrenBefore = [], childrenNow = []] = [before.children, now.children];
  const names = (stages: readonly StageDescription[]) =>
    stages.map(({ name }) => name).join(", ") || "no stages inside";
  return [
    ...fieldDifferences(path, before.inputs, now.inputs),
    ...valueDifferences(path, before.config, now.config),
    ...textDifferences(path, heldText(before), heldText(now)),
    ...textDifferences(path, names(childrenBefore), names(childrenNow)),
    ...childrenNow.flatMap((child) => {
      const childBefore = named(childrenBefore, child.name);
      return childBefore === undefined
        ? []
        : stageDifferences(childBefore, child, `${path}.${child.name}`);
    }),
  ];
}

/** What a stage does with the parameters that it has. */
function heldText({ frozen, layer }: StageDescription): string {
  return `${frozen === true ? "frozen" : "learning"}, with parameters ${
    layer === undefined ? "of its own" : `of "${layer}"`
  }`;
}

function named(stages: readonly StageDescription[], name: string): StageDescription | undefined {
  return stages.find((stage) => stage.name === name);
}

type Fields = Readonly<Record<string, unknown>>;

/** Differences of two records, by field; of anything else as a whole. */
function valueDifferences(path: string, before: unknown, now: unknown): Difference[] {
  const areAlike = isRecord(before) && isRecord(now) && before.kind === now.kind &&
    // a long array is described by its hash
    !("sha256" in before) && !("sha256" in now);
  if (areAlike) return fieldDifferences(path, before, now);
  return sameData(before, now) ? [] : [{ path, before: textOf(before), now: textOf(now) }];
}

function fieldDifferences(path: string, before: Fields, now: Fields): Difference[] {
  return union(Object.keys(now), Object.keys(before)).flatMap((name) =>
    valueDifferences(path === "" ? name : `${path}.${name}`, before[name], now[name])
  );
}

function textDifferences(path: string, before: string, now: string): Difference[] {
  return before === now ? [] : [{ path, before, now }];
}

/** Whether two are the same data; the order of fields does not matter. */
function sameData(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameData(item, b[i]));
  }
  if (isRecord(a) && isRecord(b)) {
    return union(Object.keys(a), Object.keys(b)).every((key) => sameData(a[key], b[key]));
  }
  return a === b;
}

/** A value as text; a stage by its kind. */
function textOf(value: unknown): string {
  if (isRecord(value) && typeof value.kind === "string") return value.kind;
  if (isRecord(value) && "sha256" in value) {
    return `${value.items} values, sha256 ${String(value.sha256).slice(0, 8)}…`;
  }
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

function union(first: readonly string[], second: readonly string[]): string[] {
  return [...new Set([...first, ...second])];
}
