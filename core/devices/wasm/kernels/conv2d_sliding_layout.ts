/**
 * How a kernel that slides over images is cut into blocks, lines and parts.
 *
 * @module
 */
import { isWhole, type Segment, segmentsOf, type SlidingAxis, tapSteps } from "./conv2d_axis.ts";
import type { Line } from "./conv2d_block.ts";
import {
  cutTaps,
  meetsAlways,
  type MetTaps,
  metTaps,
  type TapCut,
  type TapPart,
} from "./conv2d_cut.ts";
import { panelsBytes, type Taps } from "./conv2d_panels.ts";
import type { KernelSite, Operand } from "./kernel.ts";
import { type PanelLanes, widePanelOffset, wideRows } from "./matmul_wide_block.ts";

/** Distances in bytes between neighbours of images. */
export interface ImageSteps {
  readonly base: number;
  readonly image: number;
  readonly row: number;
  readonly column: number;
  readonly channel: number;
}

/** What slides over what. The output is row-major: images, rows, columns, outputs of all groups. */
export interface Sliding {
  readonly batch: number;
  readonly rows: SlidingAxis;
  readonly columns: SlidingAxis;
  readonly source: ImageSteps;
  readonly taps: Taps;
}

/** Pixels of the largest block with a panel of 8 columns: 8 sums hide the latency of the multiply-add. */
const fewPixels = 4;

/** Pixels of the largest block where all columns fit one vector: with 8, V8 runs out of registers. */
const manyPixels = 6;

/** How images lie. */
export function imageSteps({ base, elementBytes, strides }: Operand): ImageSteps {
  const [image, row, column, channel] = strides.map((stride) => stride * elementBytes);
  return { base, image: image!, row: row!, column: column!, channel: channel! };
}

/** Fewest taps and places for which wide panels pay: of one part among several, and of a single one. */
const shortestPart = 24;
const shortestWhole = 8;

/** Blocks that must meet a wide panel for its packing to pay. */
const fewestWideBlocks = 8;

/** How wide panels are used. */
export interface WideLayout {
  readonly lanes: PanelLanes;
  /** Number of outputs of each group that are computed so, before the others. */
  readonly outputs: number;
  /** Bytes of the thread's memory that blocks and their panel take. */
  readonly bytes: number;
}

/** A sliding kernel, and how its loops are cut. */
export interface Layout extends Sliding {
  readonly depthwise: boolean;
  readonly rowSegments: readonly Segment[];
  readonly columnSegments: readonly Segment[];
  /** Whether every output meets all rows of taps. */
  readonly hasWholeRows: boolean;
  /** Pixels of the largest block. */
  readonly blockPixels: number;
  /** Whether the pixels of a block are the same one of several images, or else neighbours in a row. */
  readonly acrossImages: boolean;
  /** Number of blocks of images: `tall` of them have `images + 1`, the others `images`. */
  readonly imageBlocks: number;
  readonly images: number;
  readonly tall: number;
  /** Bytes of a pixel of the output, those of all groups. */
  readonly pixelBytes: number;
  /** The parts of the taps; `null` where no vectors of 256 bits could pay, and one sum is of all. */
  readonly cut: TapCut | null;
  /** Whether vectors of 256 bits pay. */
  readonly hasWide: boolean;
  /** The outputs that are computed in wide panels; `null` for none. */
  readonly wide: WideLayout | null;
  /** The taps of the other outputs. */
  readonly narrowTaps: Taps;
  readonly scratchBytes: number;
}

/** Cuts a sliding kernel. */
export function layoutOf(site: KernelSite, sliding: Sliding): Layout {
  const { batch, rows, columns, source } = sliding;
  const { taps, depthwise } = tapsOf(sliding);
  const { outputs } = taps;
  const [rowSegments, columnSegments] = [segmentsOf(rows), segmentsOf(columns)];
  const hasWholeRows = isWhole(rows, rowSegments);
  const lanes = depthwise ? null : lanesOf(outputs);
  const meets = meetsAlways(rowSegments) && meetsAlways(columnSegments);
  // sums do not depend on the number of threads: whether wide panels pay does
  const cut = lanes === null || !meets ? null : payingCut(taps, hasWholeRows);
  const blocks = batch * rows.outputs * columns.outputs / wideRows(lanes ?? 16);
  const hasWide = cut !== null && blocks >= fewestWideBlocks * site.threads;
  const wide = site.wide === null || !hasWide ? null : {
    lanes: lanes!,
    outputs: outputs - outputs % lanes!,
    bytes: widePanelOffset + 4 * lanes! * cut.rows * partPlaces(cut.parts[0]!),
  };
  const blockPixels = wide !== null ? wideRows(wide.lanes) : outputs > 4 ? fewPixels : manyPixels;
  // a small block takes as long as a large one
  const cost = (pixels: number) => Math.ceil(pixels / blockPixels);
  // a pixel of several images meets the same taps; neighbours in a row do if no border is near
  const perImages = cost(batch) * columns.outputs;
  const perColumns = batch * columnSegments.reduce((sum, { count }) => sum + cost(count), 0);
  const acrossImages = perImages <= perColumns;
  const imageBlocks = Math.max(1, acrossImages ? cost(batch) : batch);
  const wideOutputs = wide?.outputs ?? 0;
  const narrowTaps = {
    ...taps,
    base: taps.base + wideOutputs * taps.step.output,
    outputs: outputs - wideOutputs,
  };
  return {
    batch,
    rows,
    columns,
    source,
    taps,
    depthwise,
    rowSegments,
    columnSegments,
    hasWholeRows,
    blockPixels,
    acrossImages,
    imageBlocks,
    images: Math.floor(batch / imageBlocks),
    tall: batch % imageBlocks,
    pixelBytes: 4 * taps.groups * outputs,
    cut,
    hasWide,
    wide,
    narrowTaps,
    scratchBytes: (wide?.bytes ?? 0) + taps.groups * panelsBytes(narrowTaps),
  };
}

/** The taps as they are walked. */
function tapsOf({ source, taps }: Sliding): Pick<Layout, "taps" | "depthwise"> {
  // where each group has one channel and one output, the outputs are vectors beside their channels
  const depthwise = taps.groups > 1 && taps.places === 1 && taps.outputs === 1 &&
    source.channel === 4;
  const step = depthwise ? { ...taps.step, output: taps.step.group, group: 0 } : taps.step;
  return {
    depthwise,
    taps: {
      ...taps,
      groups: depthwise ? 1 : taps.groups,
      outputs: depthwise ? taps.groups : taps.outputs,
      step: taps.places === 1 ? { ...step, place: step.column } : step,
    },
  };
}

/** Lanes of wide panels that so many outputs fill; `null` for none. */
function lanesOf(outputs: number): PanelLanes | null {
  return outputs >= 16 ? 16 : outputs === 8 ? 8 : null;
}

/** The parts of the taps, if they are long enough for wide panels. */
function payingCut(taps: Taps, hasWholeRows: boolean): TapCut | null {
  const cut = cutTaps(taps, hasWholeRows);
  const length = cut.rows * partPlaces(cut.parts[0]!);
  const isAll = cut.parts.length === 1 && cut.rows === taps.rows;
  return length >= (isAll ? shortestWhole : shortestPart) ? cut : null;
}

function partPlaces({ columns, places }: TapPart): number {
  return columns * places;
}

/** Blocks of one height whose pixels meet the same taps. */
export interface PlacedLine {
  readonly shape: Pick<Line, "pixels" | "source" | "output">;
  readonly count: number;
  /** The columns of taps that they meet. */
  readonly met: MetTaps;
  /** Bytes from where the row begins. */
  readonly sourceOffset: number;
  readonly outputOffset: number;
}

/** The lines that make up a row, for a part of the taps. */
export function linesOf(layout: Layout, images: number, part: TapPart): PlacedLine[] {
  const { rows, columns, source, columnSegments, acrossImages, blockPixels, pixelBytes } = layout;
  const sourceStep = columns.stride * source.column;
  const outputStep = columns.divisor * pixelBytes;
  const nextTap = tapSteps(columns).source * source.column;
  return columnSegments.flatMap((segment): PlacedLine[] => {
    const met = metTaps(columns, segment, part);
    if (met === null && layout.cut !== null) return [];
    const taps = met ?? { first: 0, count: 0, tap: 0, isFirst: true };
    const sourceOffset = segment.source * source.column + taps.first * nextTap +
      part.place * source.channel;
    const outputOffset = segment.first * pixelBytes;
    if (acrossImages) {
      const outputImage = rows.outputs * columns.outputs * pixelBytes;
      const shape = {
        pixels: images,
        source: { pixel: source.image, block: sourceStep },
        output: { pixel: outputImage, block: outputStep },
      };
      return [{ shape, met: taps, count: segment.count, sourceOffset, outputOffset }];
    }
    const blocks = Math.ceil(segment.count / blockPixels);
    const [pixels, tall] = [Math.floor(segment.count / blocks), segment.count % blocks];
    const shape = (pixels: number) => ({
      pixels,
      source: { pixel: sourceStep, block: pixels * sourceStep },
      output: { pixel: outputStep, block: pixels * outputStep },
    });
    const before = tall * (pixels + 1);
    return [
      { shape: shape(pixels + 1), met: taps, count: tall, sourceOffset, outputOffset },
      {
        shape: shape(pixels),
        met: taps,
        count: blocks - tall,
        sourceOffset: sourceOffset + before * sourceStep,
        outputOffset: outputOffset + before * outputStep,
      },
    ].filter(({ count }) => count > 0);
  });
}
