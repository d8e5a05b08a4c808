/**
 * Opening the rows of a split: loaders, and the stages that open the rows of others.
 *
 * @module
 */
import { pipelineError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import type {
  LoaderDefinition,
  RowsDefinition,
  RowsInput,
  RowSource,
  Split,
} from "../declare/mod.ts";
import { type CheckedPipeline, givesRows, type ResolvedStage } from "../check/mod.ts";
import type { InvalidLog } from "./invalid_log.ts";
import type { RowWorkers } from "./row_workers.ts";
import { runStageCode } from "./stage_code.ts";
import { workerRows } from "./worker_rows.ts";

/** What is to be opened. */
export interface OpenRowsOptions {
  readonly split: Split;
  /** Rows that are asked for at most. */
  readonly limit?: number | undefined;
  /** Takes what loaders find of rows that cannot be used. */
  readonly invalid?: InvalidLog | undefined;
  /** Workers for rows that say how these read them; all rows are read on this thread when absent. */
  readonly workers?: RowWorkers | undefined;
  /** Takes what loaders tell. */
  readonly tell?: ((text: string) => void) | undefined;
}

/**
 * Opens the rows that a loader or rows stage gives.
 *
 * @param path The stage's path.
 * @returns `null` when it has no such split.
 */
export async function openRows(
  checked: CheckedPipeline,
  path: string,
  { split, limit, invalid, workers, tell }: OpenRowsOptions,
): Promise<RowSource | null> {
  const { resolved: { stages, run: { seed } }, ports } = checked;
  const stage = stages.find((stage) => stage.path === path)!;
  const byWorkers = workers === undefined || workers.most === 0
    ? undefined
    : (source: RowSource) => workerRows(source, { path, workers });
  const context = { config: stage.config, split, seed, path, limit, tell, byWorkers };
  const definition = stage.definition as LoaderDefinition | RowsDefinition;
  const source = await runStageCode(
    { path, doing: `open split "${split}"` },
    () => {
      if (definition.kind === "loader") return definition.open(context);
      // which of their rows are wanted is known only when all are there
      const inputs = Object.entries(stage.inputs).map((
        [name, wire],
      ): [string, RowsInput] => [name, {
        ports: ports.get(wire.stage)!,
        open: (split) => openRows(checked, wire.stage, { split, invalid, workers, tell }),
      }]);
      return definition.open({ ...context, inputs: Object.fromEntries(inputs) });
    },
  );
  if (source?.invalid !== undefined && definition.kind === "loader") {
    invalid?.add({ stage: path, split, ...source.invalid });
  }
  if (source === null) return null;
  if (Number.isSafeInteger(source.rows) && source.rows >= 0) {
    return source.inWorkers === undefined ? source : byWorkers?.(source) ?? source;
  }
  source.close?.();
  throw pipelineError({
    code: "rows",
    path,
    message: `Cannot use split "${split}"`,
    received: formatAmount(source.rows, "row"),
    expected: "a whole number of rows",
  });
}

/** The stages that give rows and host stages that data comes from, in the pipeline's order. */
export interface HostSide {
  /** Loaders and rows stages that are read directly; those behind a rows stage are its own affair. */
  readonly rows: readonly ResolvedStage[];
  /** Host stages, each after those it reads. */
  readonly hosts: readonly ResolvedStage[];
}

/** The stages that some outputs of loaders, rows stages and host stages come from. */
export function hostSideOf(
  { resolved: { stages } }: CheckedPipeline,
  outputs: readonly { readonly stage: string }[],
): HostSide {
  const wanted = new Set(outputs.map(({ stage }) => stage));
  const rows: ResolvedStage[] = [];
  const hosts: ResolvedStage[] = [];
  for (const stage of stages.toReversed()) {
    if (!wanted.has(stage.path)) continue;
    if (givesRows(stage.definition)) rows.unshift(stage);
    else {
      hosts.unshift(stage);
      for (const wire of Object.values(stage.inputs)) wanted.add(wire.stage);
    }
  }
  return { rows, hosts };
}
