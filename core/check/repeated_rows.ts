/**
 * Rows of which copies would come into several splits: they were repeated before they were divided, or
 * divided in two ways and put together again.
 *
 * @module
 */
import type { Issue } from "../errors.ts";
import type { ResolvedPipeline, ResolvedStage } from "./resolve.ts";

/** How rows of a loader come to where they are read. */
interface Origin {
  /** Path of the loader. */
  readonly source: string;
  /** Paths of the stages that divided them on their way, in order. */
  readonly dividers: readonly string[];
}

/** An issue for each stage at which copies of a row would come into several splits. */
export function repeatedRows({ stages }: ResolvedPipeline): Issue[] {
  const byPath = new Map(stages.map((stage) => [stage.path, stage]));
  const originsOf = (path: string): readonly Origin[] => {
    const stage = byPath.get(path);
    if (stage?.definition.kind !== "rows") return [{ source: path, dividers: [] }];
    const origins = Object.values(stage.inputs).flatMap((wire) => originsOf(wire.stage));
    if (stage.definition.dividesRows !== true) return origins;
    return origins.map(({ source, dividers }) => ({ source, dividers: [...dividers, path] }));
  };
  /** The first stage, from a stage upwards, that repeats rows, and why. */
  const repeating = (path: string): { stage: ResolvedStage; why: string } | undefined => {
    const stage = byPath.get(path);
    if (stage?.definition.kind !== "rows") return undefined;
    if (stage.definition.repeatsRows?.(stage.config) === true) {
      return { stage, why: "it repeats some" };
    }
    const twice = pairsOf(stage, originsOf).at(0);
    if (twice !== undefined) return { stage, why: `it reads "${twice[0].source}" twice` };
    for (const { stage: source } of Object.values(stage.inputs)) {
      const found = repeating(source);
      if (found !== undefined) return found;
    }
  };
  return stages.flatMap((stage): Issue[] => {
    if (stage.definition.kind !== "rows") return [];
    const apart = pairsOf(stage, originsOf).find(([a, b]) => waysOf(a) !== waysOf(b));
    if (apart !== undefined) return [issueOfWays(stage, apart)];
    if (stage.definition.dividesRows !== true) return [];
    return Object.entries(stage.inputs).flatMap(([port, wire]): Issue[] => {
      const found = repeating(wire.stage);
      if (found === undefined) return [];
      return [{
        code: "rows",
        path: `${stage.path}.${port}`,
        message: `Cannot divide the rows of "${found.stage.path}": ${found.why}, ` +
          "and copies of one row would come into several splits",
        hint: `put ${found.stage.definition.name} behind ${stage.definition.name}`,
      }];
    });
  });
}

/** Origins of two inputs of a stage that have their rows from the same loader. */
function pairsOf(
  { inputs }: ResolvedStage,
  originsOf: (path: string) => readonly Origin[],
): (readonly [Origin, Origin])[] {
  const ports = Object.values(inputs).map((wire) => originsOf(wire.stage));
  return ports.flatMap((port, i) =>
    port.flatMap((own) =>
      ports.slice(i + 1).flat().filter((other) => other.source === own.source)
        .map((other) => [own, other] as const)
    )
  );
}

function waysOf({ dividers }: Origin): string {
  return JSON.stringify(dividers);
}

function issueOfWays({ path }: ResolvedStage, [one, other]: readonly [Origin, Origin]): Issue {
  const said = ({ dividers }: Origin) =>
    dividers.length === 0
      ? "whole"
      : `divided by ${dividers.map((name) => `"${name}"`).join(", ")}`;
  return {
    code: "rows",
    path,
    message: `Cannot read "${one.source}" in two ways, ${said(one)} and ${said(other)}: ` +
      "rows that one sets apart would be training rows of the other",
    hint: `divide "${one.source}" once, and read the stage that does so each time`,
  };
}
