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
 * In vectors of 256 bits blocks are of 5 pixels times 16 outputs, or of 8 times 8 where there are but 8
 * (`conv2d_wide.ts`). Their code is long, and so taps are cut into parts, whose sums start from zero and
 * are added to the output. Where such vectors could pay, those of 128 bits do the same, and give the
 * same bits. (On an AMD EPYC, GFLOP/s on one thread with 128 bits without parts, with parts, and with
 * 256: 5x5 on [64, 12, 12, 8] with 16 filters 44, 42 and 82, its gradient by the images 43, 40 and 50;
 * 5x5 on [64, 28, 28, 1] with 8 filters, a single part, 45 and 63.)
 *
 * Where each group has one channel and one output, the outputs are vectors beside their channels, and a
 * block is limited by its loads.
 *
 * Memory traffic: the weight once for each share, its panels once for each row of a block of images;
 * the rows under a window once for each panel, from a cache; the output once for each part.
 *
 * Source: Chetlur et al., "cuDNN: efficient primitives for deep learning", 2014 (the matrix that is
 * never made); Zhang et al., "High performance zero-memory overhead direct convolutions", ICML 2018.
 *
 * @module
 */
import { sizeOf } from "../../../tensor/mod.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import type { Program, Share } from "../program.ts";
import { isWhole, tapSteps } from "./conv2d_axis.ts";
import { type Line, lineFunction } from "./conv2d_block.ts";
import type { TapPart } from "./conv2d_cut.ts";
import { writePanels } from "./conv2d_panels.ts";
import { type Layout, layoutOf, linesOf, type Sliding } from "./conv2d_sliding_layout.ts";
import { writeFinish, writeOutput, writeSource, writeUnits } from "./conv2d_unit.ts";
import { writeWide } from "./conv2d_wide.ts";
import type { KernelSite } from "./kernel.ts";

/** Bytes of output that are completed before the next: part of a second-level cache. */
const groupBytes = 128 * 1024;

/** Makes the program. */
export function slidingProgram(site: KernelSite, sliding: Sliding): Program {
  const layout = layoutOf(site, sliding);
  return {
    units: sizeOf(site.output.shape) === 0 ? 0 : layout.imageBlocks * sliding.rows.outputs,
    scratchBytes: layout.scratchBytes,
    hasWide: layout.hasWide,
    write: (f, share) => writeShare(site, layout, { f, share }),
  };
}

/** Writes a share: the rows of blocks of images from `begin` to `end`. */
function writeShare(
  site: KernelSite,
  layout: Layout,
  { f, share }: { readonly f: FunctionBody; readonly share: Share },
): void {
  const { wide, narrowTaps } = layout;
  const panels = f.local("i32");
  const narrow = (range: { readonly begin: Local; readonly end: Local }) => {
    const rowFunctions = new Map<number, FunctionBody>();
    writeUnits(f, layout, range, (unit) => {
      if (narrowTaps.outputs > 0) {
        const row = rowFunctions.get(unit.images) ?? rowFunction(site, layout, unit.images);
        rowFunctions.set(unit.images, row);
        writeSource(f, layout, unit);
        f.get(panels);
        writeOutput(f, layout, { ...unit, base: site.output.base });
        f.get(unit.row.tap).get(unit.row.taps).call(row);
      }
      writeFinish(site, f, layout, unit);
    });
  };
  f.get(share.begin).get(share.end).op("i32.lt_u").if(() => {
    f.get(share.scratch).i32(wide?.bytes ?? 0).op("i32.add").set(panels);
    writePanels(f, site.module, { taps: narrowTaps, target: panels });
    if (wide === null) return narrow(share);
    const [begin, end] = [f.local("i32"), f.local("i32")];
    const unitBytes = layout.columns.outputs * layout.pixelBytes *
      (layout.images + (layout.tall > 0 ? 1 : 0));
    const units = Math.max(1, Math.floor(groupBytes / unitBytes));
    f.get(share.begin).set(begin);
    f.loop((next) => {
      f.get(begin).i32(units).op("i32.add").tee(end).get(share.end);
      f.get(end).get(share.end).op("i32.lt_u").op("select").set(end);
      writeWide(site, { ...layout, wide }, { f, begin, end, scratch: share.scratch });
      narrow({ begin, end });
      f.get(end).tee(begin).get(share.end).op("i32.lt_u").branchIf(next);
    });
  });
}

/** Parameters of the function for one row of a block of images; `tap` is its first row of taps. */
const rowLocals = { source: 0, panel: 1, output: 2, tap: 3, taps: 4 };

/** The function that computes one row of one or more images. */
function rowFunction(site: KernelSite, layout: Layout, images: number): FunctionBody {
  const { depthwise, source, wide, narrowTaps: taps } = layout;
  const { groups, places, outputs } = taps;
  return site.module.function(5, (f) => {
    const panel = (width: number) => {
      const placeBytes = 16 * Math.ceil(width / 4);
      f.scope(() => writePanelRow(site, layout, { f, images, width }));
      f.advance(rowLocals.panel, taps.rows * taps.columns * places * placeBytes);
      f.advance(rowLocals.output, 4 * width);
      if (depthwise) f.advance(rowLocals.source, 4 * width);
    };
    f.repeat(groups, () => {
      f.advance(rowLocals.output, 4 * (wide?.outputs ?? 0));
      f.repeat(outputs >> 3, () => panel(8));
      if (outputs % 8 > 0) panel(outputs % 8);
      if (!depthwise) f.advance(rowLocals.source, places * source.channel);
    });
  });
}

/** Writes one row and panel: all taps at once, or part after part. */
function writePanelRow(
  site: KernelSite,
  layout: Layout,
  { f, images, width }: {
    readonly f: FunctionBody;
    readonly images: number;
    readonly width: number;
  },
): void {
  const { rows, source, taps, cut, hasWholeRows } = layout;
  const placeBytes = 16 * Math.ceil(width / 4);
  const rowStep = tapSteps(rows);
  const panelRow = taps.columns * taps.places * placeBytes;
  const [from, panel, row] = [f.local("i32"), f.local("i32"), f.local("i32")];
  f.get(rowLocals.source).set(from);
  f.get(rowLocals.tap).i32(panelRow).op("i32.mul").get(rowLocals.panel).op("i32.add").set(panel);
  const lines = (part: TapPart, tapRows: number | null) => {
    for (const { shape, met, count, ...offsets } of linesOf(layout, images, part)) {
      f.get(from).i32(offsets.sourceOffset).op("i32.add");
      f.get(panel).i32((met.tap * taps.places + part.place) * placeBytes).op("i32.add");
      f.get(rowLocals.output).i32(offsets.outputOffset).op("i32.add");
      f.i32(count).get(rowLocals.taps).i32(met.count);
      if (met.isFirst) f.get(row);
      else f.i32(1);
      const line = { ...lineOf(layout, part, tapRows), ...shape, columns: width };
      f.call(lineFunction(site.module, site.arithmetic, line));
    }
  };
  f.i32(0).set(row);
  if (cut === null) {
    const all = { column: 0, columns: taps.columns, place: 0, places: taps.places };
    return lines(all, hasWholeRows ? taps.rows : null);
  }
  const together = (tapRows: number) => {
    for (const part of cut.parts) lines(part, tapRows);
    f.advance(from, tapRows * rowStep.source * source.row);
    f.advance(panel, tapRows * rowStep.tap * panelRow);
    f.i32(1).set(row);
  };
  if (hasWholeRows) {
    f.repeat(Math.floor(taps.rows / cut.rows), () => together(cut.rows));
    if (taps.rows % cut.rows > 0) together(taps.rows % cut.rows);
  } else {
    const left = f.local("i32");
    f.get(rowLocals.taps).set(left);
    f.repeat({ local: left }, () => together(1));
  }
}

/** What the code for a line must know of the taps. */
function lineOf(
  layout: Layout,
  part: TapPart,
  tapRows: number | null,
): Omit<Line, "columns" | "pixels" | "source" | "output"> {
  const { rows, columns, source, taps, depthwise, columnSegments, cut } = layout;
  const [rowSteps, columnSteps] = [tapSteps(rows), tapSteps(columns)];
  const { places } = taps;
  const nextTap = columnSteps.source * source.column;
  const joins = part.columns === 1 || columnSteps.tap === 1 &&
      (places === 1 || nextTap === places * source.channel);
  return {
    tapRows,
    tapColumns: isWhole(columns, columnSegments) ? part.columns : null,
    tapRow: { source: rowSteps.source * source.row, places: rowSteps.tap * taps.columns * places },
    tapColumn: joins ? null : { source: nextTap, places: columnSteps.tap * places },
    places: part.places,
    place: places === 1 ? nextTap : source.channel,
    depthwise,
    isPart: cut !== null,
  };
}
