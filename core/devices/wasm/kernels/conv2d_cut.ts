/**
 * How the taps of a kernel are cut into parts: the sums of a part start from zero, and are added to
 * those of the parts before it, in vectors of either length. A part is some rows of taps where every
 * output meets all of them, or else taps of one row, or places of one tap.
 *
 * @module
 */
import { type Segment, type SlidingAxis, tapSteps } from "./conv2d_axis.ts";
import type { Taps } from "./conv2d_panels.ts";
import { evenly, longestPart, partsOf } from "./matmul_cut.ts";

/** Taps of a row, or places of one of them. */
export interface TapPart {
  /** The first column of taps, and how many there are. */
  readonly column: number;
  readonly columns: number;
  /** The first place, and how many there are. */
  readonly place: number;
  readonly places: number;
}

/** The parts of a kernel, in the order in which they are summed. */
export interface TapCut {
  /** Rows of taps that are taken together; the last ones may be fewer. */
  readonly rows: number;
  /** The parts of these rows. */
  readonly parts: readonly TapPart[];
}

/** Cuts the taps of a kernel. */
export function cutTaps(
  { rows, columns, places }: Pick<Taps, "rows" | "columns" | "places">,
  hasWholeRows: boolean,
): TapCut {
  if (places > longestPart) {
    const lengths = partsOf(places);
    const parts = Array.from({ length: columns }, (_, column) =>
      lengths.map((length, i) => ({
        column,
        columns: 1,
        place: i * lengths[0]!,
        places: length,
      }))).flat();
    return { rows: 1, parts };
  }
  const together = evenly(columns, Math.floor(longestPart / Math.max(1, places)));
  const parts = Array.from({ length: Math.ceil(columns / together) }, (_, i) => ({
    column: i * together,
    columns: Math.min(together, columns - i * together),
    place: 0,
    places,
  }));
  const isRow = hasWholeRows && parts.length === 1;
  const rowPlaces = Math.max(1, columns * places);
  return { rows: isRow ? evenly(rows, Math.floor(longestPart / rowPlaces)) : 1, parts };
}

/** The taps of a part that the outputs of a segment meet. */
export interface MetTaps {
  /** The first of the segment's taps, by its number among them, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** Its column. */
  readonly tap: number;
  /** Whether it is the first thing of its row that the outputs meet. */
  readonly isFirst: boolean;
}

/** Which taps of a part the outputs of a segment meet; `null` for none. */
export function metTaps(axis: SlidingAxis, segment: Segment, part: TapPart): MetTaps | null {
  const step = tapSteps(axis).tap;
  const before = (column: number) =>
    Math.max(0, Math.min(segment.taps, Math.ceil((column - segment.tap) / step)));
  const first = before(part.column);
  const count = before(part.column + part.columns) - first;
  if (count === 0) return null;
  return {
    first,
    count,
    tap: segment.tap + first * step,
    isFirst: first === 0 && part.place === 0,
  };
}

/** Whether every output meets some taps, and so is written by a part. */
export function meetsAlways(segments: readonly Segment[]): boolean {
  return segments.length > 0 && segments.every(({ taps }) => taps > 0);
}
