/**
 * Data on its way to a program: opens what is needed of a split, loaders and host stages, and gives
 * its batches.
 *
 * @module
 */
import { PipelineError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import { elementBytes, type HostTensor, sizeOf, viewElements } from "../tensor/mod.ts";
import type { RowBlocks, RowSource, Split, Wire } from "../declare/mod.ts";
import { batchSpec, type CheckedPipeline, type DataInput } from "../check/mod.ts";
import { type BatchColumns, BatchFiller, type BatchPlace, type FillerOptions } from "./fill.ts";
import { hostSideOf, type PipelineRows } from "./open_rows.ts";

/** The opened data of one split. */
export interface Feed {
  /** Number of rows. */
  readonly rows: number;
  /** What it gives of a batch. */
  readonly inputs: readonly DataInput[];
  /** How rows lie together in what is read, where that matters for their order. */
  readonly blocks: RowBlocks | undefined;
  /** Whether rows are in memory, and the same whenever they are read. */
  readonly inMemory: boolean;
  /** Hashes of the data by loader; computed when asked for. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** How many batches may be filled at a time. */
  readonly batchesAtOnce: number;
  /** Makes arrays for a batch of so many rows, by the names of the data inputs; workers can fill them. */
  columns(rows: number): BatchColumns;
  /**
   * Leaves a batch in arrays by the names of the data inputs.
   *
   * @returns A promise only where a loader or host stage gives one.
   */
  fill(place: BatchPlace, columns: BatchColumns): void | Promise<void>;
  /** Gives what flows through wires of the feed in a batch, by name; it changes with the next batch. */
  give<N extends string>(
    place: BatchPlace,
    wires: Readonly<Record<N, Wire>>,
  ): Promise<Readonly<Record<N, HostTensor>>>;
  /** Lets go of files. */
  close(): void;
}

/** What a feed is opened for: an engine, or whatever has as much. */
export interface FeedOwner {
  readonly checked: CheckedPipeline;
  /** What fitted host stages found, by `"stage.name"`. */
  readonly fitted: Readonly<Record<string, HostTensor>>;
  /** Opens the rows. */
  readonly rows: PipelineRows;
}

/**
 * Opens what data inputs need of a split.
 *
 * @param options.wires What else is wanted, for `give`.
 * @returns `null` when the loaders have no such split.
 * @throws {PipelineError} When loaders of one pipeline have different numbers of rows, or none.
 */
export async function openFeed(
  { checked, fitted, rows: opener }: FeedOwner,
  { inputs, wires = [], split, limit }: {
    readonly inputs: readonly DataInput[];
    readonly wires?: readonly Wire[];
    readonly split: Split;
    readonly limit?: number | undefined;
  },
): Promise<Feed | null> {
  const { rows: givers, hosts } = hostSideOf(checked, [...inputs, ...wires]);
  const sources = new Map<string, RowSource>();
  const close = () => sources.forEach((source) => source.close?.());
  let rows: number;
  try {
    for (const { path } of givers) {
      const source = await opener.open(path, { split, limit });
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
  return feedOf(checked, { sources, rows, hosts, inputs, fitted, close });
}

/** The feed of opened sources. */
export function feedOf(
  checked: CheckedPipeline,
  { rows, close, ...options }: FillerOptions & {
    readonly rows: number;
    readonly close: () => void;
  },
): Feed {
  const { inputs, sources } = options;
  const filler = new BatchFiller(checked, options);
  const inBlocks = [...sources.values()].flatMap(({ blocks }) => blocks ?? []);
  return {
    rows,
    inputs,
    inMemory: options.hosts.length === 0 &&
      [...sources.values()].every(({ inMemory }) => inMemory === true),
    // of several, what keeps fewest suffers most from an order that does not suit it
    blocks: inBlocks.sort((a, b) => a.kept - b.kept)[0],
    get fingerprints() {
      return Object.fromEntries(
        [...sources].flatMap(([path, { fingerprint }]) =>
          fingerprint === undefined ? [] : [[path, fingerprint]]
        ),
      );
    },
    get batchesAtOnce() {
      return Math.min(...sources.values().map(({ readsAtOnce = 1 }) => readsAtOnce));
    },
    columns: (rows) =>
      new Map(inputs.map(({ name, data }) => {
        const { dtype, shape } = batchSpec(data, rows);
        const length = sizeOf(shape);
        const buffer = new SharedArrayBuffer(length * elementBytes(dtype));
        return [name, viewElements(buffer, { dtype, byteOffset: 0, length })];
      })),
    fill: (place, columns) => filler.fill(place, columns),
    give: (place, wires) => filler.give(place, wires),
    close,
  };
}

function commonRows(sources: ReadonlyMap<string, RowSource>, split: Split): number {
  const counts = [...sources].map(([path, source]) => [path, source.rows] as const);
  const [first] = counts;
  if (first === undefined) return 0;
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
