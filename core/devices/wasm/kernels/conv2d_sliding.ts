/**
 * A kernel that slides over images, as matrix multiplication without the matrix: every output pixel is
 * a row, every tap and channel a place of the inner axis. Convolution and its gradient by the images
 * are both of this form.
 *
 * Algorithm: blocks of 4 pixels times panels of 8 outputs, whose 8 sums stay in registers over all taps
 * and channels. The weight is packed into panels; pixels are read where they lie, since with a panel or
 * two a packed copy would be read as often as it is written. Four neighbouring places of each pixel are
 * loaded as one vector, whose lanes are spread by shuffles: four pixels, 8 sums, two vectors of the
 * panel and one spread are the 15 registers that V8 gives. (On a Xeon of 2023, 46 GFLOP/s at most, 5x5
 * on [64, 12, 12, 8] with 16 filters: blocks of 4 pixels 38, of 5 30, of 6 29.)
 *
 * The padding makes no products: rows and columns of the output that meet the same taps are found when
 * the code is written, and the pixels of a block meet the same taps. They are one pixel of several
 * images, or else neighbours in a row where there are few images and no border is near. The gradient of
 * a small image without padding would multiply more zeros than numbers.
 *
 * Where each group has one channel and one output, the outputs are vectors beside their channels, and a
 * block is limited by its loads.
 *
 * Memory traffic: the weight once for each share, its panels once for each row of a block of images;
 * the rows under a window once for each panel, from a cache; the output once.
 *
 * Source: Chetlur et al., "cuDNN: efficient primitives for deep learning", 2014 (the matrix that is
 * never made); Zhang et al., "High performance zero-memory overhead direct convolutions", ICML 2018.
 *
 * @module
 */
import { sizeOf } from "../../../tensor/mod.ts";
import type { FunctionBody, Local } from "../assembler.ts";
import type { Program, Share } from "../program.ts";
import { isWhole, type Segment, segmentsOf, type SlidingAxis, tapSteps } from "./conv2d_axis.ts";
import { type Line, lineFunction } from "./conv2d_block.ts";
import { panelsBytes, type Taps, writePanels } from "./conv2d_panels.ts";
import type { KernelSite, Operand } from "./kernel.ts";

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
const widePixels = 4;

/** Pixels of the largest block where all columns fit one vector: with 8, V8 runs out of registers. */
const narrowPixels = 6;

/** How images lie. */
export function imageSteps({ base, elementBytes, strides }: Operand): ImageSteps {
  const [image, row, column, channel] = strides.map((stride) => stride * elementBytes);
  return { base, image: image!, row: row!, column: column!, channel: channel! };
}

/** Makes the program. */
export function slidingProgram(site: KernelSite, sliding: Sliding): Program {
  const layout = layoutOf(sliding);
  return {
    units: sizeOf(site.output.shape) === 0 ? 0 : layout.imageBlocks * sliding.rows.outputs,
    scratchBytes: layout.taps.groups * panelsBytes(layout.taps),
    write: (f, share) => writeShare(site, layout, { f, share }),
  };
}

/** A sliding kernel, and how its loops are cut. */
interface Layout extends Sliding {
  readonly depthwise: boolean;
  readonly rowSegments: readonly Segment[];
  readonly columnSegments: readonly Segment[];
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
}

function layoutOf(sliding: Sliding): Layout {
  const { batch, rows, columns, source, taps } = sliding;
  // where each group has one channel and one output, the outputs are vectors beside their channels
  const depthwise = taps.groups > 1 && taps.places === 1 && taps.outputs === 1 &&
    source.channel === 4;
  const outputs = depthwise ? taps.groups : taps.outputs;
  const step = depthwise ? { ...taps.step, output: taps.step.group, group: 0 } : taps.step;
  const columnSegments = segmentsOf(columns);
  const blockPixels = outputs > 4 ? widePixels : narrowPixels;
  // a small block takes as long as a large one
  const cost = (pixels: number) => Math.ceil(pixels / blockPixels);
  // a pixel of several images meets the same taps; neighbours in a row do if no border is near
  const perImages = cost(batch) * columns.outputs;
  const perColumns = batch * columnSegments.reduce((sum, { count }) => sum + cost(count), 0);
  const acrossImages = perImages <= perColumns;
  const imageBlocks = Math.max(1, acrossImages ? cost(batch) : batch);
  return {
    ...sliding,
    taps: {
      ...taps,
      groups: depthwise ? 1 : taps.groups,
      outputs,
      step: taps.places === 1 ? { ...step, place: step.column } : step,
    },
    depthwise,
    rowSegments: segmentsOf(rows),
    columnSegments,
    blockPixels,
    acrossImages,
    imageBlocks,
    images: Math.floor(batch / imageBlocks),
    tall: batch % imageBlocks,
    pixelBytes: 4 * taps.groups * taps.outputs,
  };
}

/** Writes a share: the rows of blocks of images from `begin` to `end`. */
function writeShare(
  site: KernelSite,
  layout: Layout,
  { f, share }: { readonly f: FunctionBody; readonly share: Share },
): void {
  const { rows, columns, source, images, tall, pixelBytes } = layout;
  const row: Row = {
    place: f.local("i32"),
    source: f.local("i32"),
    tap: f.local("i32"),
    taps: f.local("i32"),
  };
  const [unit, block, image] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const pixels = rows.outputs * columns.outputs;
  f.get(share.begin).get(share.end).op("i32.lt_u").if(() => {
    writePanels(f, site.module, { taps: layout.taps, target: share.scratch });
    f.get(share.begin).set(unit);
    f.loop((next) => {
      f.get(unit).i32(rows.outputs).op("i32.div_u").set(block);
      writeRow(f, layout, { unit, row });
      const computeAll = (count: number) => {
        f.get(image).i32(source.image).op("i32.mul").get(row.source).op("i32.add");
        f.i32(source.base).op("i32.add").get(share.scratch);
        f.get(image).i32(pixels * pixelBytes).op("i32.mul");
        f.get(row.place).i32(columns.outputs * pixelBytes).op("i32.mul").op("i32.add");
        f.i32(site.output.base).op("i32.add");
        f.get(row.tap).get(row.taps).call(rowFunction(site, layout, count));
        writeFinish(site, f, { image, count, row: row.place, layout });
      };
      const blocks = (count: number, before: number) => {
        f.get(block).i32(count).op("i32.mul").i32(before).op("i32.add").set(image);
        computeAll(count);
      };
      // the images before a lower block are the tall blocks' one more
      if (tall === 0) {
        blocks(images, 0);
      } else {
        f.get(block).i32(tall).op("i32.lt_u").if(() => blocks(images + 1, 0));
        f.get(block).i32(tall - 1).op("i32.gt_u").if(() => blocks(images, tall));
      }
      f.advance(unit, 1).get(unit).get(share.end).op("i32.lt_u").branchIf(next);
    });
  });
}

/** A row of the output: its place, and in bytes its source; its first row of taps, and their number. */
interface Row {
  readonly place: Local;
  readonly source: Local;
  readonly tap: Local;
  readonly taps: Local;
}

/** Finds the row of a unit: rows are counted through the segments. */
function writeRow(
  f: FunctionBody,
  { rows, rowSegments, source }: Layout,
  { unit, row }: { readonly unit: Local; readonly row: Row },
): void {
  const number = f.local("i32");
  f.get(unit).i32(rows.outputs).op("i32.rem_u").set(number);
  let start = 0;
  for (const segment of rowSegments) {
    const choose = () => {
      f.get(number).i32(rows.divisor).op("i32.mul");
      f.i32(segment.first - start * rows.divisor).op("i32.add").set(row.place);
      f.get(number).i32(rows.stride * source.row).op("i32.mul");
      f.i32((segment.source - start * rows.stride) * source.row).op("i32.add").set(row.source);
      f.i32(segment.tap).set(row.tap).i32(segment.taps).set(row.taps);
    };
    if (start === 0) choose();
    else f.get(number).i32(start - 1).op("i32.gt_u").if(choose);
    start += segment.count;
  }
}

/** Parameters of the function for one row of a block of images; `tap` is its first row of taps. */
const rowLocals = { source: 0, panel: 1, output: 2, tap: 3, taps: 4 };

/** The function that computes one row of one or more images. */
function rowFunction(site: KernelSite, layout: Layout, images: number): FunctionBody {
  const { depthwise, source, taps } = layout;
  const { groups, places, outputs } = taps;
  const tapPlaces = taps.rows * taps.columns * places;
  return site.module.function(5, (f) => {
    const lines = linesOf(layout, images);
    const panel = (width: number) => {
      const placeBytes = 16 * Math.ceil(width / 4);
      for (const { line, segment, count, sourceOffset, outputOffset } of lines) {
        f.get(rowLocals.source).i32(sourceOffset).op("i32.add");
        f.get(rowLocals.tap).i32(taps.columns * places * placeBytes).op("i32.mul");
        f.get(rowLocals.panel).op("i32.add");
        f.i32(segment.tap * places * placeBytes).op("i32.add");
        f.get(rowLocals.output).i32(outputOffset).op("i32.add");
        f.i32(count).get(rowLocals.taps).i32(segment.taps);
        f.call(lineFunction(site.module, site.arithmetic, { ...line, columns: width }));
      }
      f.advance(rowLocals.panel, tapPlaces * placeBytes).advance(rowLocals.output, 4 * width);
      if (depthwise) f.advance(rowLocals.source, 4 * width);
    };
    f.repeat(groups, () => {
      f.repeat(outputs >> 3, () => panel(8));
      if (outputs % 8 > 0) panel(outputs % 8);
      if (!depthwise) f.advance(rowLocals.source, places * source.channel);
    });
  });
}

/** Blocks of one height whose pixels meet the same taps. */
interface PlacedLine {
  readonly line: Omit<Line, "columns">;
  readonly segment: Segment;
  readonly count: number;
  /** Bytes from where the row begins. */
  readonly sourceOffset: number;
  readonly outputOffset: number;
}

/** The lines that make up a row. */
function linesOf(layout: Layout, images: number): PlacedLine[] {
  const { rows, columns, source, taps, depthwise, rowSegments, columnSegments } = layout;
  const { acrossImages, blockPixels, pixelBytes } = layout;
  const [rowSteps, columnSteps] = [tapSteps(rows), tapSteps(columns)];
  const { places } = taps;
  const nextTap = columnSteps.source * source.column;
  const joins = taps.columns === 1 || columnSteps.tap === 1 &&
      (places === 1 || nextTap === places * source.channel);
  const taken = {
    tapRows: isWhole(rows, rowSegments) ? taps.rows : null,
    tapColumns: isWhole(columns, columnSegments) ? taps.columns : null,
    tapRow: { source: rowSteps.source * source.row, places: rowSteps.tap * taps.columns * places },
    tapColumn: joins ? null : { source: nextTap, places: columnSteps.tap * places },
    places,
    place: places === 1 ? nextTap : source.channel,
    depthwise,
  };
  const sourceStep = columns.stride * source.column;
  const outputStep = columns.divisor * pixelBytes;
  return columnSegments.flatMap((segment): PlacedLine[] => {
    const sourceOffset = segment.source * source.column;
    const outputOffset = segment.first * pixelBytes;
    if (acrossImages) {
      const outputImage = rows.outputs * columns.outputs * pixelBytes;
      const line = {
        ...taken,
        pixels: images,
        source: { pixel: source.image, block: sourceStep },
        output: { pixel: outputImage, block: outputStep },
      };
      return [{ line, segment, count: segment.count, sourceOffset, outputOffset }];
    }
    const blocks = Math.ceil(segment.count / blockPixels);
    const [pixels, tall] = [Math.floor(segment.count / blocks), segment.count % blocks];
    const line = (pixels: number) => ({
      ...taken,
      pixels,
      source: { pixel: sourceStep, block: pixels * sourceStep },
      output: { pixel: outputStep, block: pixels * outputStep },
    });
    const before = tall * (pixels + 1);
    return [
      { line: line(pixels + 1), segment, count: tall, sourceOffset, outputOffset },
      {
        line: line(pixels),
        segment,
        count: blocks - tall,
        sourceOffset: sourceOffset + before * sourceStep,
        outputOffset: outputOffset + before * outputStep,
      },
    ].filter(({ count }) => count > 0);
  });
}

function writeFinish(
  site: KernelSite,
  f: FunctionBody,
  { image, count, row, layout }: {
    readonly image: Local;
    readonly count: number;
    readonly row: Local;
    readonly layout: Layout;
  },
): void {
  const { rows, columns } = layout;
  f.scope(() => {
    const [first, end] = [f.local("i32"), f.local("i32")];
    f.get(image).i32(rows.outputs).op("i32.mul").get(row).op("i32.add");
    f.i32(columns.outputs).op("i32.mul").set(first);
    f.repeat(count, () => {
      f.get(first).i32(columns.outputs).op("i32.add").set(end);
      site.finish(f, { first, end });
      f.advance(first, rows.outputs * columns.outputs);
    });
  });
}
