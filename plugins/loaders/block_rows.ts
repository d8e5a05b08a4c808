/**
 * Rows of files that are larger than the memory they may take: blocks are decoded as they are wanted,
 * and those that were wanted last are kept.
 *
 * @module
 */
import type { DataPort, Elements, RowSource } from "../../core/mod.ts";
import { elementBytes } from "../../core/tensor/mod.ts";
import { copyRows, type MemoryColumns, rowSize } from "./memory_rows.ts";

/** What rows in blocks are made of. */
export interface BlockRowsOptions {
  /** What each port carries, as the loader's `ports` says. */
  readonly ports: Readonly<Record<string, DataPort>>;
  /** Number of rows. */
  readonly rows: number;
  /** First row of each block, ascending from 0. */
  readonly begins: Uint32Array;
  /** Most bytes of decoded blocks that are kept; one block at least is. */
  readonly memoryBytes: number;
  /** Decodes a block: as many rows per port as it has. One at a time. */
  readonly load: (block: number) => Promise<MemoryColumns>;
  /** Tells the data apart: a hash of it, asked for once at most. */
  readonly fingerprint: () => string;
  /** Lets go of files. */
  readonly close?: (() => void) | undefined;
}

/** Offers rows of blocks, in any order; orders that keep within `blocks.kept` blocks decode each once. */
export function blockRows(options: BlockRowsOptions): RowSource {
  const { ports, rows, begins, load, close } = options;
  const kept = keptBlocks(options);
  const widths = Object.entries(ports).map(([port, data]) => [port, rowSize(data)] as const);
  const cache = new Map<number, MemoryColumns>();
  let last: Promise<void> = Promise.resolve();
  let fingerprint: string | undefined;

  const copy = (columns: MemoryColumns, { positions, from, to }: Wanted, into: Ports) => {
    for (const [port, width] of widths) {
      const target = into[port];
      if (target === undefined) continue;
      if (to === undefined) copyRows({ data: columns[port]!, width }, from, target);
      else {
        // the rows of this block stand apart in the batch
        const own = target.subarray(0, 0).constructor as new (length: number) => Elements;
        const gathered = new own(from.length * width);
        copyRows({ data: columns[port]!, width }, from, gathered);
        positions.forEach((position, i) => {
          target.set(gathered.subarray(i * width, (i + 1) * width), position * width);
        });
      }
    }
  };
  const use = (block: number, columns: MemoryColumns) => {
    cache.delete(block);
    cache.set(block, columns);
    if (cache.size > kept) cache.delete(cache.keys().next().value!);
  };
  const readBlocks = async (groups: ReadonlyMap<number, Wanted>, into: Ports) => {
    for (const [block, wanted] of groups) {
      const columns = cache.get(block) ?? await load(block);
      use(block, columns);
      copy(columns, wanted, into);
    }
  };
  return {
    rows,
    blocks: { begins, kept },
    get fingerprint() {
      return fingerprint ??= options.fingerprint();
    },
    read(wanted, into) {
      const groups = groupByBlock(wanted, begins);
      if ([...groups.keys()].every((block) => cache.has(block))) {
        for (const [block, rows] of groups) {
          const columns = cache.get(block)!;
          use(block, columns);
          copy(columns, rows, into);
        }
        return;
      }
      // files are read at one place at a time
      const done = last.then(() => readBlocks(groups, into));
      last = done.catch(() => {});
      return done;
    },
    close() {
      cache.clear();
      close?.();
    },
  };
}

type Ports = Readonly<Record<string, Elements>>;

/** Rows of one block that a batch wants. */
interface Wanted {
  /** Their numbers within the block. */
  readonly from: Uint32Array;
  /** Their places in the batch. */
  readonly positions: Uint32Array;
  /** Present where the places are not simply those of the batch. */
  readonly to: Uint32Array | undefined;
}

function groupByBlock(wanted: Uint32Array, begins: Uint32Array): Map<number, Wanted> {
  const positions = new Map<number, number[]>();
  for (let i = 0; i < wanted.length; i++) {
    const block = blockOf(wanted[i]!, begins);
    const list = positions.get(block);
    if (list === undefined) positions.set(block, [i]);
    else list.push(i);
  }
  return new Map(
    [...positions].map(([block, list]) => {
      const places = Uint32Array.from(list);
      const from = places.map((place) => wanted[place]! - begins[block]!);
      return [block, { from, positions: places, to: positions.size === 1 ? undefined : places }];
    }),
  );
}

/** The block that a row is in: the last that begins at it or before. */
export function blockOf(row: number, begins: Uint32Array): number {
  let low = 0;
  let high = begins.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (begins[middle]! <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** How many blocks are kept: as many as fit, none larger than the largest. */
function keptBlocks({ ports, rows, begins, memoryBytes }: BlockRowsOptions): number {
  let largest = 1;
  begins.forEach((begin, block) => {
    largest = Math.max(largest, (begins[block + 1] ?? rows) - begin);
  });
  return Math.max(1, Math.floor(memoryBytes / (largest * bytesPerRow(ports))));
}

/** Bytes of one decoded row. */
export function bytesPerRow(ports: Readonly<Record<string, DataPort>>): number {
  return Object.values(ports).reduce(
    (sum, port) => sum + rowSize(port) * elementBytes(port.dtype),
    0,
  );
}
