/**
 * How a matrix multiplication is cut into blocks, panels and parts.
 *
 * @module
 */
import { sizeOf } from "../../../tensor/mod.ts";
import { type MatmulParams, matmulSizes } from "../../../ops/mod.ts";
import { mergeAxes } from "../nest.ts";
import type { KernelSite } from "./kernel.ts";
import { blockBytes, blockRows } from "./matmul_pack.ts";
import { partsOf, rowBlocksOf, type Visit, visitsOf } from "./matmul_cut.ts";
import { type WideLayout, wideLayoutOf } from "./matmul_wide_layout.ts";

/** Bytes of the packed panels of one block of columns: a part of a second-level cache. */
const panelsBytes = 512 * 1024;

/** Bytes of the blocks of rows that meet a panel together: they stay in a first-level cache with it. */
const rowsBytes = 20 * 1024;

/**
 * Parts of the inner axis that a block takes one after the other, with a panel of 8 KiB, where each row
 * of the output lies in a page of its own: at n = 1024 that takes 5 to 14 % off, at 512 it adds 1 %.
 */
const mostParts = 4;

/** Bytes of a page. */
const pageBytes = 4096;

/** Number of columns from which packing a block of rows is worth while. */
const packingColumns = 8;

/** Length up to which a left side whose rows are neighbours is read where it lies. */
const shortLength = 256;

/** Sizes, distances in bytes, and how the loops are cut. */
export interface Layout {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  /** Axes of the batch, outermost first, with the distances of both sides along them. */
  readonly batchAxes: readonly {
    readonly size: number;
    readonly lhs: number;
    readonly rhs: number;
  }[];
  readonly lhs: { readonly base: number; readonly row: number; readonly inner: number };
  readonly rhs: { readonly base: number; readonly inner: number; readonly column: number };
  /**
   * Number of chunks of columns, each of `chunkColumns`. With one, threads share the blocks of rows;
   * with more, they share the chunks.
   */
  readonly chunks: number;
  readonly chunkColumns: number;
  /** Number of blocks of rows: `tall` of them have `rows + 1`, the others `rows`. */
  readonly blocks: number;
  readonly rows: number;
  readonly tall: number;
  /** Vectors of columns in a panel. */
  readonly vectors: number;
  /** How the inner axis is taken; the first visit is the longest. */
  readonly visits: readonly Visit[];
  /** Columns of the blocks of columns, but for the last. */
  readonly columnsPerBlock: number;
  /** Bytes of packed panels; 0 when the right side is read where it lies. */
  readonly panelBytes: number;
  /** Blocks of rows that meet a panel together. */
  readonly blocksPerGroup: number;
  /** Bytes of a group of packed blocks of rows; 0 when the left side is read where it lies. */
  readonly rowBytes: number;
  /** The columns that are computed in wide panels, before the others; `null` for none. */
  readonly wide: WideLayout | null;
  /** Whether there would be such columns in vectors of 256 bits. */
  readonly hasWide: boolean;
  readonly scratchBytes: number;
}

/** Cuts a multiplication. */
export function layoutOf(site: KernelSite, params: MatmulParams): Layout {
  const matrices = matricesOf(site, params);
  const { m, k, lhs, rhs } = matrices;
  const { chunks, chunkColumns: n } = chunksOf(matrices, site.threads);
  const { blocks, rows, tall } = rowBlocksOf(m, blockRows);
  const isWhole = matrices.batch === 1 && (site.threads === 1 || chunks > 1);
  const possible = wideLayoutOf({ ...matrices, n }, { isWhole });
  const wide = site.wide === null ? null : possible;
  const narrowColumns = n - (wide?.columns ?? 0);
  const packsRhs = blocks > 1 || rhs.column !== 4;
  const isFar = 4 * matrices.n >= pageBytes && m > blockRows;
  const visits = visitsOf(packsRhs ? partsOf(k) : [k], isFar ? mostParts : 1);
  const visitLength = visits[0]!.length * visits[0]!.parts;
  const fitting = 8 * Math.max(1, Math.floor(panelsBytes / (32 * Math.max(1, visitLength))));
  const columnsPerBlock = packsRhs ? Math.min(narrowColumns, fitting) : narrowColumns;
  const readsRows = lhs.row === 4 && visitLength <= shortLength;
  const oneBlock = Math.max(1, blockBytes(tall > 0 ? rows + 1 : rows, visitLength));
  const blocksPerGroup = Math.max(1, Math.floor(rowsBytes / oneBlock));
  const panelBytes = packsRhs ? 16 * visitLength * Math.ceil(columnsPerBlock / 4) : 0;
  const packsLhs = m > 1 && columnsPerBlock >= packingColumns && !readsRows;
  const rowBytes = packsLhs ? blocksPerGroup * oneBlock : 0;
  return {
    ...matrices,
    chunks,
    chunkColumns: n,
    blocks,
    rows,
    tall,
    vectors: packsRhs || m > 2 ? 2 : m === 1 ? 8 : 4,
    visits,
    columnsPerBlock,
    panelBytes,
    blocksPerGroup,
    rowBytes,
    wide,
    hasWide: possible !== null,
    scratchBytes: Math.max(panelBytes + rowBytes, wide?.scratchBytes ?? 0),
  };
}

/**
 * Cuts columns into chunks, one for each thread, where there are more columns than rows: each thread
 * then packs its own part of the right side, in place of all of it.
 */
function chunksOf(
  { m, n, batch }: { readonly m: number; readonly n: number; readonly batch: number },
  threads: number,
): { readonly chunks: number; readonly chunkColumns: number } {
  const chunkColumns = n / threads;
  const isCut = threads > 1 && batch === 1 && m > 1 && n > m && chunkColumns >= 16 &&
    chunkColumns % 8 === 0;
  return isCut ? { chunks: threads, chunkColumns } : { chunks: 1, chunkColumns: n };
}

/** Sizes and distances; batch and rows become one axis where both sides allow it. */
function matricesOf({ operands: [lhs, rhs], output }: KernelSite, params: MatmulParams) {
  const { n, k } = matmulSizes(lhs!.shape, rhs!.shape, params);
  const [lhsRow, lhsInner] = lastStrides(lhs!.strides, params.transposeLhs);
  const [rhsInner, rhsColumn] = lastStrides(rhs!.strides, params.transposeRhs);
  const { axes, streams: [left, right] } = mergeAxes(output.shape.slice(0, -1), [
    { ...lhs!, strides: [...lhs!.strides.slice(0, -2), lhsRow] },
    { ...rhs!, strides: [...rhs!.strides.slice(0, -2), 0] },
  ]);
  // an axis along which the right side moves is one of the batch, and then there is a single row
  const hasRows = right!.distances.at(-1) === 0;
  const batchAxes = (hasRows ? axes.slice(0, -1) : axes).map(({ size }, i) => ({
    size,
    lhs: left!.distances[i]!,
    rhs: right!.distances[i]!,
  }));
  return {
    m: hasRows ? axes.at(-1)!.size : 1,
    n,
    k,
    batch: sizeOf(batchAxes.map(({ size }) => size)),
    batchAxes,
    lhs: { base: lhs!.base, row: hasRows ? left!.distances.at(-1)! : 0, inner: 4 * lhsInner },
    rhs: { base: rhs!.base, inner: 4 * rhsInner, column: 4 * rhsColumn },
  };
}

/** The strides of the last two axes, `[row, column]` of the side as it is used. */
function lastStrides(strides: readonly number[], transposed: boolean): [number, number] {
  const [row, column] = [strides.at(-2)!, strides.at(-1)!];
  return transposed ? [column, row] : [row, column];
}
