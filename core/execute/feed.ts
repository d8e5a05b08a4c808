/**
 * Data on its way to a program: opens what is needed of a split, loaders and host stages, and gives
 * its batches.
 *
 * @module
 */
import { PipelineError, pipelineError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import { allocateElements, sizeOf } from "../tensor/mod.ts";
import type { RowSource, Split } from "../declare/mod.ts";
import {
  batchSpec,
  type CheckedPipeline,
  type DataInput,
  type ResolvedStage,
} from "../check/mod.ts";
import { type BatchColumns, BatchFiller, type BatchPlace } from "./fill.ts";
import { runStageCode } from "./stage_code.ts";

/** The opened data of one split. */
export interface Feed {
  /** Number of rows. */
  readonly rows: number;
  /** Hashes of the data by loader; computed when asked for. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** Makes arrays for a batch of so many rows, by the names of the data inputs. */
  columns(rows: number): BatchColumns;
  /**
   * Leaves a batch in arrays by the names of the data inputs, one batch at a time.
   *
   * @returns A promise only where a loader or host stage gives one.
   */
  fill(place: BatchPlace, columns: BatchColumns): void | Promise<void>;
  /** Lets go of files. */
  close(): void;
}

/**
 * Opens what data inputs need of a split.
 *
 * @returns `null` when the loaders have no such split.
 * @throws {PipelineError} When loaders of one pipeline have different numbers of rows, or none.
 */
export async function openFeed(
  checked: CheckedPipeline,
  { inputs, split, limit }: {
    readonly inputs: readonly DataInput[];
    readonly split: Split;
    readonly limit?: number | undefined;
  },
): Promise<Feed | null> {
  const needed = hostStages(checked, inputs);
  const { seed } = checked.resolved.run;
  const sources = new Map<string, RowSource>();
  const close = () => sources.forEach((source) => source.close?.());
  let rows: number;
  try {
    for (const { definition, config, path } of needed) {
      if (definition.kind !== "loader") continue;
      const source = await runStageCode(
        { path, doing: `open split "${split}"` },
        () => definition.open({ config, split, seed, path, limit }),
      );
      if (source === null) {
        close();
        return null;
      }
      sources.set(path, source);
    }
    rows = Math.min(commonRows(sources, split), limit ?? Infinity);
  } catch (error) {
    close();
    throw error;
  }
  const hosts = needed.filter((stage) => stage.definition.kind === "host");
  const filler = new BatchFiller(checked, { sources, hosts, inputs });
  return {
    rows,
    get fingerprints() {
      return Object.fromEntries(
        [...sources].flatMap(([path, { fingerprint }]) =>
          fingerprint === undefined ? [] : [[path, fingerprint]]
        ),
      );
    },
    columns: (rows) =>
      new Map(inputs.map(({ name, data }) => {
        const { dtype, shape } = batchSpec(data, rows);
        return [name, allocateElements(dtype, sizeOf(shape))];
      })),
    fill: (place, columns) => filler.fill(place, columns),
    close,
  };
}

/** Loaders and host stages that data inputs come from, in the pipeline's order. */
function hostStages(checked: CheckedPipeline, inputs: readonly DataInput[]): ResolvedStage[] {
  const wanted = new Set(inputs.map((input) => input.stage));
  return checked.resolved.stages.toReversed().filter((stage) => {
    if (!wanted.has(stage.path)) return false;
    for (const wire of Object.values(stage.inputs)) wanted.add(wire.stage);
    return true;
  }).toReversed();
}

function commonRows(sources: ReadonlyMap<string, RowSource>, split: Split): number {
  const counts = [...sources].map(([path, source]) => [path, source.rows] as const);
  const [first] = counts;
  if (first === undefined) return 0;
  const none = counts.find(([, rows]) => !Number.isSafeInteger(rows) || rows < 0);
  if (none !== undefined) {
    throw pipelineError({
      code: "rows",
      path: none[0],
      message: `Cannot use split "${split}"`,
      received: formatAmount(none[1], "row"),
      expected: "a whole number of rows",
    });
  }
  const odd = counts.find(([, rows]) => rows !== first[1]);
  if (odd !== undefined) {
    throw new PipelineError([{
      code: "rows",
      path: odd[0],
      message: `Cannot read "${first[0]}" and "${odd[0]}" side by side in split "${split}"`,
      received: formatAmount(odd[1], "row"),
      expected: formatAmount(first[1], "row"),
    }]);
  }
  if (first[1] === 0) {
    throw new PipelineError([{
      code: "rows",
      path: first[0],
      message: `Cannot use split "${split}": it has no rows`,
    }]);
  }
  return first[1];
}
