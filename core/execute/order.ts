/**
 * The order of rows in an epoch: a function of seed and epoch alone, so that a resumed run goes on with
 * the rows that it would have come to.
 *
 * @module
 */
import { permutation, RandomStream } from "../tensor/mod.ts";
import type { RowBlocks } from "../declare/mod.ts";

/** What an order depends on. */
export interface OrderOptions {
  readonly seed: number;
  /** Number of the epoch, from 0. */
  readonly epoch: number;
  /** How rows lie together, where that matters. */
  readonly blocks?: RowBlocks | undefined;
}

/** The rows of a split in the order of the data. */
export function inOrder(rows: number): Uint32Array {
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  return order;
}

/**
 * The rows of a split in a random order. Where rows lie together in blocks, the blocks are put into a
 * random order, and the rows of as many blocks as are kept in memory are mixed with each other: every
 * block is read once in an epoch.
 */
export function shuffled(rows: number, { seed, epoch, blocks }: OrderOptions): Uint32Array {
  const begins = blocks?.begins.filter((begin) => begin < rows);
  if (blocks === undefined || begins!.length <= blocks.kept) {
    return permutation(rows, { seed, path: "shuffle", epoch });
  }
  const blockOrder = permutation(begins!.length, { seed, path: "shuffle.blocks", epoch });
  const random = new RandomStream(seed, "shuffle.rows", epoch);
  const order = new Uint32Array(rows);
  let end = 0;
  for (let first = 0; first < blockOrder.length; first += blocks.kept) {
    const start = end;
    for (const block of blockOrder.subarray(first, first + blocks.kept)) {
      const limit = begins![block + 1] ?? rows;
      for (let row = begins![block]!; row < limit; row++) order[end++] = row;
    }
    mix(order.subarray(start, end), random);
  }
  return order;
}

/** Puts numbers into a random order, in place. */
function mix(numbers: Uint32Array, random: RandomStream): void {
  for (let i = numbers.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const swapped = numbers[i]!;
    numbers[i] = numbers[j]!;
    numbers[j] = swapped;
  }
}
