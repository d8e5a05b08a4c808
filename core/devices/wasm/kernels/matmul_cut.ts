/**
 * How the axes of a matrix multiplication are cut, and the loops over blocks of rows: those of one
 * height together, in groups that fit a cache.
 *
 * @module
 */
import type { FunctionBody, Local } from "../function_body.ts";

/** Longest part of the inner axis: wide code for it fits a processor's cache of decoded instructions. */
export const longestPart = 64;

/**
 * Lengths of the parts of an inner axis. The sums of a part start from zero, and are added to those of
 * the parts before it. All code for multiplication cuts here alike, and so gives the same bits.
 */
export function partsOf(length: number): number[] {
  const count = Math.max(1, Math.ceil(length / longestPart));
  // but for the last, parts end with a group of four places, and so share their code
  const part = count > 1 ? 4 * Math.ceil(length / count / 4) : length;
  return Array.from({ length: count }, (_, i) => Math.min(part, length - i * part));
}

/** Parts of the inner axis, of one length, that a block takes one after the other. */
export interface Visit {
  /** Places of each part. */
  readonly length: number;
  /** Number of parts. */
  readonly parts: number;
}

/**
 * The parts of an inner axis as visits of up to `most` parts. A block's sums of one visit are added up while
 * they are in a first-level cache: of large matrices each row of the output lies in a page of its own,
 * and is far away.
 */
export function visitsOf(lengths: readonly number[], most: number): Visit[] {
  const [first] = lengths;
  const alike = lengths.filter((length) => length === first).length;
  const visits = Array.from({ length: Math.ceil(alike / most) }, (_, i) => ({
    length: first!,
    parts: Math.min(most, alike - i * most),
  }));
  return [...visits, ...lengths.slice(alike).map((length) => ({ length, parts: 1 }))];
}

/** The largest piece of what is cut into pieces of at most `most`, about alike. */
export function evenly(count: number, most: number): number {
  return Math.ceil(count / Math.max(1, Math.ceil(count / most)));
}

/** How rows are cut into blocks: first `tall` blocks of `rows + 1`, then the others of `rows`. */
export interface RowBlocks {
  readonly blocks: number;
  readonly rows: number;
  readonly tall: number;
}

/** Cuts rows evenly into blocks of at most `most`, since blocks of few rows leave few chains of sums. */
export function rowBlocksOf(count: number, most: number): RowBlocks {
  const blocks = Math.max(1, Math.ceil(count / most));
  return { blocks, rows: Math.floor(count / blocks), tall: count % blocks };
}

/** Puts the number of the first row of a block on the stack; of the block behind the last, all rows. */
export function firstRowOf(f: FunctionBody, { rows, tall }: RowBlocks, block: Local): FunctionBody {
  f.get(block).i32(rows).op("i32.mul");
  f.get(block).i32(tall).get(block).i32(tall).op("i32.lt_u").op("select");
  return f.op("i32.add");
}

/** Blocks of one height, one below the other. */
export interface Group {
  /** Rows of each block. */
  readonly rows: number;
  /** Number of the first row. */
  readonly row: Local;
  /** Number of blocks. */
  readonly count: Local;
}

/** Writes loops over the blocks from `begin` to `end` in groups: first the tall ones, then the others. */
export function writeGroups(
  f: FunctionBody,
  { rows, tall, blocks, blocksPerGroup, begin, end: last }: RowBlocks & {
    readonly blocksPerGroup: number;
    readonly begin: Local;
    readonly end: Local;
  },
  write: (group: Group) => void,
): void {
  const segment = (from: number, to: number, height: number) => {
    if (from === to || height === 0) return;
    f.scope(() => {
      const [block, end, row, count] = [0, 1, 2, 3].map(() => f.local("i32"));
      f.get(begin).i32(from);
      f.get(begin).i32(from).op("i32.gt_u").op("select").set(block!);
      f.get(last).i32(to);
      f.get(last).i32(to).op("i32.lt_u").op("select").set(end!);
      f.get(block!).get(end!).op("i32.lt_u").if(() =>
        f.loop((next) => {
          // the rows before it are the tall blocks' one more
          f.get(block!).i32(height).op("i32.mul").i32(from).op("i32.add").set(row!);
          f.get(end!).get(block!).op("i32.sub").tee(count!).i32(blocksPerGroup);
          f.get(count!).i32(blocksPerGroup).op("i32.lt_u").op("select").set(count!);
          write({ rows: height, row: row!, count: count! });
          f.get(block!).i32(blocksPerGroup).op("i32.add").tee(block!);
          f.get(end!).op("i32.lt_u").branchIf(next);
        })
      );
    });
  };
  segment(0, tall, rows + 1);
  segment(tall, blocks, rows);
}
