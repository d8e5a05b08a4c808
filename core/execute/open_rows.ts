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
import { InvalidLog } from "./invalid_log.ts";
import type { RowWorkers } from "./row_workers.ts";
import { runStageCode } from "./stage_code.ts";
import { workerRows } from "./worker_rows.ts";

/** Which rows are to be opened. */
export interface RowsWanted {
  readonly split: Split;
  /** Rows that are asked for at most. */
  readonly limit?: number | undefined;
}

/** How rows are opened. */
export interface OpenRowsOptions {
  /** Workers for rows that say how these read them; all rows are read on this thread when absent. */
  readonly workers?: RowWorkers | undefined;
  /** Takes what loaders tell. */
  readonly tell?: ((text: string) => void) | undefined;
}

/** Opens the rows of a pipeline. Rows in memory are opened once, however many want them at a time. */
export class PipelineRows {
  /** What loaders found of rows that cannot be used. */
  readonly invalid: InvalidLog = new InvalidLog();
  readonly #checked: CheckedPipeline;
  readonly #options: OpenRowsOptions;
  readonly #shared = new Map<string, SharedRows>();

  /** Opens nothing yet. */
  constructor(checked: CheckedPipeline, options: OpenRowsOptions = {}) {
    this.#checked = checked;
    this.#options = options;
  }

  /** Number of workers that have read rows. */
  get workers(): number {
    return this.#options.workers?.count ?? 0;
  }

  /**
   * Opens the rows that a loader or rows stage gives.
   *
   * @param path The stage's path.
   * @returns `null` when it has no such split.
   */
  async open(path: string, wanted: RowsWanted): Promise<RowSource | null> {
    const key = JSON.stringify([path, wanted.split, wanted.limit]);
    const known = this.#shared.get(key);
    if (known !== undefined) return known.share();
    const source = await this.#openAnew(path, wanted);
    if (source?.inMemory !== true || this.#shared.has(key)) return source;
    const shared = new SharedRows(source, () => this.#shared.delete(key));
    this.#shared.set(key, shared);
    return shared.share();
  }

  async #openAnew(path: string, { split, limit }: RowsWanted): Promise<RowSource | null> {
    const { resolved: { stages, run: { seed } }, ports } = this.#checked;
    const { workers, tell } = this.#options;
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
          open: (split) => this.open(wire.stage, { split }),
        }]);
        return definition.open({ ...context, inputs: Object.fromEntries(inputs) });
      },
    );
    if (source?.invalid !== undefined && definition.kind === "loader") {
      this.invalid.add({ stage: path, split, ...source.invalid });
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
}

/** Rows in memory that several read: who closes them last lets go of them. */
class SharedRows {
  #users = 0;

  constructor(readonly source: RowSource, readonly onLast: () => void) {}

  share(): RowSource {
    const { source } = this;
    this.#users++;
    let isOpen = true;
    return {
      rows: source.rows,
      inMemory: true,
      get fingerprint() {
        return source.fingerprint;
      },
      read: (rows, into) => source.read(rows, into),
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        if (--this.#users > 0) return;
        this.onLast();
        source.close?.();
      },
    };
  }
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
