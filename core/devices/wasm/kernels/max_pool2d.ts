/**
 * The largest element of every window, in float32: any window, strides and padding.
 *
 * Algorithm: lanes are channels. The cells of a window that are in the image are compared in one
 * instruction each, which loses a NaN; whether there was one is gathered beside, in two more (the
 * maximum that keeps it takes seven on x64). Windows at a border have code of their own, with the cells
 * they have, so that none is made of padding. Threads share rows of windows.
 *
 * (On an EPYC of 2021, microseconds, and those of a chain of maxima over strided views: 2x2 on
 * [64, 24, 24, 8] 42, 65; 3x3 in steps of 2 with a border on [8, 32, 32, 32] 59, 551; 2x2 on
 * [8, 32, 32, 1] 4.5, 4.8.)
 *
 * Memory traffic: images once, and again from a first-level cache where windows overlap; output once.
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
  loadChannels,
  type Pooling,
  poolingOf,
  storeChannels,
  writeCells,
  writeChannels,
} from "./pool2d.ts";

/** The kernel of `maxPool2d`: it always applies. */
export function maxPool2dKernel(_: readonly TensorSpec[], params: Pool2dParams): MakeProgram {
  return (site) => {
    const [images] = site.operands;
    const pooling = poolingOf({ images: images!.shape, pooled: site.output.shape }, params);
    const source = imageSteps(images!);
    return {
      units: pooling.channels === 0 ? 0 : pooling.batch * pooling.outHeight,
      scratchBytes: 0,
      write: (f, share) => writeShare(site, { pooling, source }, { f, share }),
    } satisfies Program;
  };
}

/** What is pooled, and how it lies. */
interface Layout {
  readonly pooling: Pooling;
  readonly source: ImageSteps;
}

/** Writes a share: the rows of windows from `begin` to `end`, counted through the images. */
function writeShare(
  site: KernelSite,
  layout: Layout,
  { f, share }: { readonly f: FunctionBody; readonly share: Share },
): void {
  const { pooling: { outHeight, outWidth, channels, rows, columns, strides }, source } = layout;
  const [unit, row, from, to] = [0, 1, 2, 3].map(() => f.local("i32"));
  const [first, end] = [f.local("i32"), f.local("i32")];
  f.get(share.begin).tee(unit!).get(share.end).op("i32.lt_u").if(() =>
    f.loop((next) => {
      f.get(unit!).i32(outWidth).op("i32.mul").tee(first).i32(outWidth).op("i32.add").set(end);
      f.get(first).i32(4 * channels).op("i32.mul").i32(site.output.base).op("i32.add").set(to!);
      for (const rowSegment of rows) {
        // the number of the row in the segment; what is before it is large
        f.get(unit!).i32(outHeight).op("i32.rem_u").i32(rowSegment.first).op("i32.sub").tee(row!);
        f.i32(rowSegment.count).op("i32.lt_u").if(() => {
          f.get(unit!).i32(outHeight).op("i32.div_u").i32(source.image).op("i32.mul");
          f.get(row!).i32(strides[0] * source.row).op("i32.mul").op("i32.add");
          f.i32(source.base + rowSegment.source * source.row).op("i32.add").set(from!);
          for (const segment of columns) {
            f.get(from!).i32(segment.source * source.column).op("i32.add");
            f.get(to!).i32(segment.first * 4 * channels).op("i32.add");
            f.i32(segment.count).call(lineFunction(site, layout, cellsOf(rowSegment, segment)));
          }
        });
      }
      site.finish(f, { first, end });
      f.advance(unit!, 1).get(unit!).get(share.end).op("i32.lt_u").branchIf(next);
    })
  );
}

/** The function `(source, target, count)` that computes neighbouring windows with the same cells. */
function lineFunction(
  { module }: KernelSite,
  { pooling: { channels, strides }, source: { row, column, channel } }: Layout,
  { rows, columns }: Cells,
): FunctionBody {
  const line = { channels, stride: strides[1], row, column, channel, rows, columns };
  return module.shared(`max pool ${JSON.stringify(line)}`, () =>
    module.function(3, (f) => {
      const v = new Lanes(f, "strict");
      const source = { local: 0, row, column, channel };
      const target = { local: 1, row: 0, column: 0, channel: 4 };
      f.repeat({ local: 2 }, () => {
        writeChannels(f, channels, [source, target], (lanes, vector) => {
          const [largest, nan] = [f.local("v128"), f.local("v128")];
          f.get(v.f32(-Infinity)).set(largest);
          f.get(v.word(0)).set(nan);
          writeCells(f, { rows, columns }, [source], ([offset]) => {
            const place = { lanes, offset: offset! + 4 * vector * channel };
            const cell = loadChannels(v, source, place);
            f.get(v.op("f32x4.pmax", largest, cell)).set(largest);
            f.get(v.op("v128.or", nan, v.op("f32x4.ne", cell, cell))).set(nan);
          });
          // all bits set are a NaN
          const result: Local = v.op("v128.or", largest, nan);
          storeChannels(f, result, { pointer: target, lanes, offset: 16 * vector });
        });
        f.advance(0, strides[1] * column).advance(1, 4 * channels);
      });
    }));
}
