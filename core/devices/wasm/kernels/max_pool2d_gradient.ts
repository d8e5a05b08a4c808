/**
 * Every window's cotangent at the first of its cells that is its maximum, in float32: any window,
 * strides and padding.
 *
 * Algorithm: lanes are channels. The largest cell of a window is found anew, in one comparison for each
 * cell; then its cells are walked again, and the first that is not below takes the cotangent, of which
 * nothing is left for the others. Where windows do not overlap, each cell is stored once; else the cells
 * of images filled with zeros are added to, in the order of the windows. Zeros come first also where
 * there are pixels in no window. Threads share rows of windows, or images where those overlap.
 *
 * (On an EPYC of 2021, microseconds, and those of the op's decomposition: 2x2 on [64, 24, 24, 8] 72,
 * 140; 3x3 in steps of 2 with a border on [8, 32, 32, 32] 147, 940; 2x2 on [8, 32, 32, 1] 7.7, 11.4.)
 *
 * Memory traffic: images, cotangent and output once; where windows overlap images and output again
 * from a cache.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import type { Pool2dParams } from "../../../ops/mod.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import { Lanes } from "../lanes.ts";
import type { Program, Share } from "../program.ts";
import { type ImageSteps, imageSteps } from "./conv2d_sliding_layout.ts";
import type { KernelSite, MakeProgram } from "./kernel.ts";
import {
  type Cells,
  cellsOf,
  isUnrolled,
  loadChannels,
  type Pooling,
  poolingOf,
  storeChannels,
  writeCells,
  writeChannels,
} from "./pool2d.ts";

/** The kernel of `maxPool2dGradient`: it always applies. */
export function maxPool2dGradientKernel(
  _: readonly TensorSpec[],
  params: Pool2dParams,
): MakeProgram {
  return (site) => {
    const layout = layoutOf(site, params);
    const { pooling: { batch, outHeight, channels }, unitRows } = layout;
    return {
      units: channels === 0 ? 0 : batch * outHeight / unitRows,
      scratchBytes: 0,
      write: (f, share) => writeShare(site, layout, { f, share }),
    } satisfies Program;
  };
}

/** A pooling's images and cotangent, and how its windows meet. */
interface Layout {
  readonly pooling: Pooling;
  /** Rows of padding above an image. */
  readonly lead: number;
  readonly x: ImageSteps;
  readonly cotangent: ImageSteps;
  /** Rows of windows in a unit: one, or those of an image where they overlap. */
  readonly unitRows: number;
  /** Whether cells are added to, and not just stored. */
  readonly adds: boolean;
  /** Whether there is something to be filled with zeros. */
  readonly fills: boolean;
}

function layoutOf(site: KernelSite, params: Pool2dParams): Layout {
  const [x, cotangent] = site.operands;
  const { window, strides, padding } = params;
  const pooling = poolingOf({ images: x!.shape, pooled: cotangent!.shape }, params);
  const { height, width, outHeight, outWidth } = pooling;
  const overlaps = (axis: 0 | 1) => window[axis] > strides[axis];
  const covers = (axis: 0 | 1, outputs: number, sources: number) =>
    window[axis] === strides[axis] && outputs * strides[axis] - padding[axis][0] >= sources;
  const adds = overlaps(0) || overlaps(1) || !isUnrolled({ rows: window[0], columns: window[1] });
  return {
    pooling,
    lead: padding[0][0],
    x: imageSteps(x!),
    cotangent: imageSteps(cotangent!),
    unitRows: overlaps(0) ? outHeight : 1,
    adds,
    fills: adds || !covers(0, outHeight, height) || !covers(1, outWidth, width),
  };
}

/** Writes a share: the units from `begin` to `end`, counted through the images. */
function writeShare(
  site: KernelSite,
  layout: Layout,
  { f, share }: { readonly f: FunctionBody; readonly share: Share },
): void {
  const { pooling: { outHeight, channels }, unitRows, fills } = layout;
  const [unit, image, row, last] = [0, 1, 2, 3].map(() => f.local("i32"));
  const [first, end] = [f.local("i32"), f.local("i32")];
  f.get(share.begin).tee(unit!).get(share.end).op("i32.lt_u").if(() =>
    f.loop((next) => {
      f.get(unit!).i32(unitRows).op("i32.mul").tee(row!).i32(outHeight).op("i32.div_u");
      f.set(image!).get(row!).i32(outHeight).op("i32.rem_u").tee(row!);
      f.i32(unitRows).op("i32.add").set(last!);
      writeFirstPixel(f, layout, { image: image!, row: row! });
      f.set(first);
      writeFirstPixel(f, layout, { image: image!, row: last! });
      f.set(end);
      if (fills) {
        f.get(first).i32(4 * channels).op("i32.mul").i32(site.output.base).op("i32.add").i32(0);
        f.get(end).get(first).op("i32.sub").i32(4 * channels).op("i32.mul").bulk("memory.fill");
      }
      f.loop((nextRow) => {
        writeWindows(site, layout, { f, image: image!, row: row! });
        f.advance(row!, 1).get(row!).get(last!).op("i32.lt_u").branchIf(nextRow);
      });
      site.finish(f, { first, end });
      f.advance(unit!, 1).get(unit!).get(share.end).op("i32.lt_u").branchIf(next);
    })
  );
}

/** Puts on the stack the number of the first pixel that belongs to a row of windows, counted through the images. */
function writeFirstPixel(
  f: FunctionBody,
  { pooling: { height, width, outHeight, strides }, lead }: Layout,
  { image, row }: { readonly image: Local; readonly row: Local },
): void {
  f.get(image).i32(height).op("i32.mul");
  // the first windows' rows begin with the image, the last ones' end with it
  f.i32(height).get(row).i32(strides[0]).op("i32.mul").i32(-lead).op("i32.add");
  f.get(row).i32(outHeight).op("i32.eq").op("select");
  f.i32(0).get(row).op("select");
  f.op("i32.add").i32(width).op("i32.mul");
}

/** Writes the windows of a row. */
function writeWindows(
  site: KernelSite,
  layout: Layout,
  { f, image, row }: { readonly f: FunctionBody; readonly image: Local; readonly row: Local },
): void {
  const { pooling: { channels, rows, columns, strides }, x, cotangent } = layout;
  const output = outputSteps(layout.pooling);
  const [within, from, share, to] = [0, 1, 2, 3].map(() => f.local("i32"));
  const place = (steps: Pick<ImageSteps, "image" | "row">, start: number, number: Local) => {
    f.get(image).i32(steps.image).op("i32.mul");
    f.get(number).i32(steps.row).op("i32.mul").op("i32.add").i32(start).op("i32.add");
  };
  f.scope(() => {
    place(cotangent, cotangent.base, row);
    f.set(share!);
    for (const rowSegment of rows) {
      f.get(row).i32(rowSegment.first).op("i32.sub").tee(within!);
      f.i32(rowSegment.count).op("i32.lt_u").if(() => {
        f.get(within!).i32(strides[0]).op("i32.mul").i32(rowSegment.source).op("i32.add");
        f.set(within!);
        place(x, x.base, within!);
        f.set(from!);
        place(output, site.output.base, within!);
        f.set(to!);
        for (const segment of columns) {
          f.get(from!).i32(segment.source * x.column).op("i32.add");
          f.get(share!).i32(segment.first * cotangent.column).op("i32.add");
          f.get(to!).i32(segment.source * 4 * channels).op("i32.add");
          f.i32(segment.count).call(lineFunction(site, layout, cellsOf(rowSegment, segment)));
        }
      });
    }
  });
}

/** How the output lies: row-major without gaps. */
function outputSteps({ height, width, channels }: Pooling): Omit<ImageSteps, "base"> {
  const column = 4 * channels;
  return { image: height * width * column, row: width * column, column, channel: 4 };
}

/** The function `(x, cotangent, output, count)` that does neighbouring windows with the same cells. */
function lineFunction(
  { module }: KernelSite,
  { pooling, x: images, cotangent, adds }: Layout,
  cells: Cells,
): FunctionBody {
  const { channels, strides } = pooling;
  const output = outputSteps(pooling);
  const x = { local: 0, row: images.row, column: images.column, channel: images.channel };
  const share = { local: 1, row: 0, column: 0, channel: cotangent.channel };
  const target = { local: 2, row: output.row, column: output.column, channel: 4 };
  const line = {
    channels,
    stride: strides[1],
    x,
    share,
    step: cotangent.column,
    target,
    cells,
    adds,
  };
  return module.shared(
    `max pool gradient ${JSON.stringify(line)}`,
    () =>
      module.function(4, (f) => {
        const v = new Lanes(f, "strict");
        f.repeat({ local: 3 }, () => {
          writeChannels(f, channels, [x, share, target], (lanes, vector) => {
            const load = (offset: number) =>
              loadChannels(v, x, { lanes, offset: offset + 4 * vector * x.channel });
            const largest = f.local("v128");
            f.get(cells.hasFirst ? load(0) : v.f32(-Infinity)).set(largest);
            writeCells(f, cells, [x], ([offset]) => {
              f.get(v.op("f32x4.pmax", largest, load(offset!))).set(largest);
            });
            const left = f.local("v128");
            f.get(loadChannels(v, share, { lanes, offset: 4 * vector * share.channel })).set(left);
            // the padding is the first of windows with nothing above it
            if (!cells.hasFirst) {
              f.get(v.op("v128.and", left, v.op("f32x4.lt", v.f32(-Infinity), largest))).set(left);
            }
            const give = (isFirst: boolean, [from, to]: readonly number[]) => {
              const cell = load(from!);
              // a NaN is above all only as the first, since no cell behind it is larger
              const chosen = isFirst
                ? v.op("v128.not", v.op("f32x4.lt", cell, largest))
                : v.op("f32x4.le", largest, cell);
              const offset = to! + 16 * vector;
              const part = v.op("v128.and", left, chosen);
              const value = adds
                ? v.op("f32x4.add", loadChannels(v, target, { lanes, offset }), part)
                : part;
              storeChannels(f, value, { pointer: target, lanes, offset });
              f.get(v.op("v128.andnot", left, chosen)).set(left);
            };
            let isFirst = cells.hasFirst;
            if (isFirst && !isUnrolled(cells)) {
              give(true, [0, 0]);
              isFirst = false;
            }
            writeCells(f, cells, [x, target], (offsets) => {
              give(isFirst, offsets);
              isFirst = false;
            });
          });
          f.advance(0, strides[1] * x.column).advance(1, cotangent.column);
          f.advance(2, strides[1] * target.column);
        });
      }),
  );
}
