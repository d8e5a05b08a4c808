/**
 * How the part of a multiplication that is computed in vectors of 256 bits is cut.
 *
 * One side is packed into panels of 16 lanes, of the other side each element is spread over all lanes.
 * The code of a block is long, and must run for many blocks in a row before the next panel is packed:
 * so where there are fewer rows than columns the sides are swapped, lanes are rows of the output, and
 * sums go through memory of their own, transposed.
 *
 * @module
 */
import { evenly, partsOf } from "./matmul_cut.ts";
import { blockRows, packedRowBytes } from "./matmul_pack.ts";
import { wideLanes, widePanelOffset, wideRowBytes } from "./matmul_wide_block.ts";

/**
 * Most blocks that meet a panel together: their sums are 64 KiB, and 1024 rows are one group. Every
 * group packs every panel anew, from columns whose rows lie in a page each: at n = 1024 that takes as
 * long as 6 blocks, so groups that fit a second-level cache cost more than they save (12 blocks 32
 * GFLOP/s, 18 blocks 37, 102 blocks 44).
 */
const mostBlocks = 206;

/** Most bytes of packed rows. They are read in order, and so may come from a third-level cache. */
const mostRowBytes = 4.5 * 1024 * 1024;

/** Length of the inner axis from which on panels are worth being packed. */
const shortestLength = 8;

/** Number of blocks that a panel must meet for its packing to pay. */
const fewestBlocks = 4;

/** Number of panels up to which the spread side is read where it lies, if its distances allow it. */
const fewPanels = 16;

/** How wide panels are used. Distances are in bytes. */
export interface WideLayout {
  /** Number of columns of the output that are computed so; the others are not. */
  readonly columns: number;
  /** Whether lanes are rows of the output in place of columns. */
  readonly isSwapped: boolean;
  /** The side whose elements are spread over lanes: distances between its rows and places. */
  readonly spread: { readonly row: number; readonly inner: number };
  /** Blocks that meet a panel together. */
  readonly blocksPerGroup: number;
  /** Bytes of a group of packed rows; 0 when the spread side is read where it lies. */
  readonly rowBytes: number;
  /** The side that is packed into panels: distances between its lanes and places. */
  readonly panels: { readonly lane: number; readonly inner: number };
  /** Number of lanes that panels hold. */
  readonly lanes: number;
  /** Where in a thread's memory packed rows begin. */
  readonly rowOffset: number;
  /** Where the sums of a group begin, one panel's lanes a row. */
  readonly sumsOffset: number;
  /** Bytes of these sums; 0 when each sum is complete at once, and goes where it belongs. */
  readonly sumsBytes: number;
  readonly scratchBytes: number;
}

/** What a layout is made from. */
interface Sides {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly lhs: { readonly row: number; readonly inner: number };
  readonly rhs: { readonly column: number; readonly inner: number };
}

/**
 * Cuts what is computed in wide panels; `null` where they do not pay.
 *
 * @param isWhole Whether one call computes all rows, so that they can be lanes.
 */
export function wideLayoutOf(
  { m, n, k, lhs, rhs }: Sides,
  { isWhole }: { readonly isWhole: boolean },
): WideLayout | null {
  if (k < shortestLength) return null;
  const isSwapped = isWhole && m < n && fillsLanes(m);
  const lanes = isSwapped ? m : n - n % wideLanes;
  const blocks = Math.ceil((isSwapped ? n : m) / blockRows);
  if (lanes === 0 || blocks < fewestBlocks) return null;
  const spread = isSwapped ? { row: rhs.column, inner: rhs.inner } : lhs;
  const parts = partsOf(k);
  const length = parts[0]!;
  const panelCount = Math.ceil(lanes / wideLanes);
  const packs = panelCount > fewPanels || (panelCount > 4 && collides(spread, length));
  const oneBlock = blockRows * parts.reduce((sum, part) => sum + packedRowBytes(part), 0);
  const fitting = packs ? Math.floor(mostRowBytes / oneBlock) : Infinity;
  // evenly, since a last group of a few rows would have every panel packed for it once more
  const blocksPerGroup = evenly(blocks, Math.max(1, Math.min(mostBlocks, fitting)));
  const rowBytes = packs ? blocksPerGroup * oneBlock : 0;
  const rowOffset = widePanelOffset + length * wideRowBytes;
  const isDirect = !isSwapped && parts.length === 1;
  const sumsBytes = isDirect ? 0 : blocksPerGroup * blockRows * wideRowBytes;
  return {
    columns: isSwapped ? n : lanes,
    isSwapped,
    spread,
    blocksPerGroup,
    rowBytes,
    panels: isSwapped
      ? { lane: lhs.row, inner: lhs.inner }
      : { lane: rhs.column, inner: rhs.inner },
    lanes,
    rowOffset,
    sumsOffset: rowOffset + rowBytes,
    sumsBytes,
    scratchBytes: rowOffset + rowBytes + sumsBytes,
  };
}

/** Whether panels of so many lanes leave few unused. */
function fillsLanes(lanes: number): boolean {
  return lanes >= 0.6 * wideLanes * Math.ceil(lanes / wideLanes);
}

/**
 * Whether the cache lines of a block that is read where it lies fall into few sets of a first-level
 * cache of 64 sets, 8 lines each, and so throw each other out.
 */
function collides(
  { row, inner }: { readonly row: number; readonly inner: number },
  length: number,
): boolean {
  const [distance, count] = inner === 4 ? [row, blockRows] : [inner, length];
  let sets = 64;
  while (sets > 1 && distance % (4096 / sets * 2) === 0) sets /= 2;
  return count > 4 * sets;
}
