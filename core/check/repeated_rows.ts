/**
 * Rows that are divided after some of them were repeated: copies of one row would come into several splits.
 *
 * @module
 */
import type { Issue } from "../errors.ts";
import type { ResolvedPipeline, ResolvedStage } from "./resolve.ts";

/** An issue for each stage that divides rows, of which a stage before has repeated some. */
export function repeatedRows({ stages }: ResolvedPipeline): Issue[] {
  const repeating = (path: string): ResolvedStage | undefined => {
    const stage = stages.find((stage) => stage.path === path);
    if (stage?.definition.kind !== "rows") return undefined;
    if (stage.definition.repeatsRows?.(stage.config) === true) return stage;
    for (const { stage: source } of Object.values(stage.inputs)) {
      const found = repeating(source);
      if (found !== undefined) return found;
    }
  };
  return stages.flatMap((stage): Issue[] => {
    if (stage.definition.kind !== "rows" || stage.definition.dividesRows !== true) return [];
    return Object.entries(stage.inputs).flatMap(([port, wire]): Issue[] => {
      const found = repeating(wire.stage);
      if (found === undefined) return [];
      return [{
        code: "rows",
        path: `${stage.path}.${port}`,
        message: `Cannot divide the rows of "${found.path}": it repeats some, ` +
          "and copies of one row would come into several splits",
        hint: `put ${found.definition.name} behind ${stage.definition.name}`,
      }];
    });
  });
}
