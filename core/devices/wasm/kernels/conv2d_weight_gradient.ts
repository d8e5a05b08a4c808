/**
 * Gradient of a convolution by its weight in float32: a matrix multiplication whose rows are taps and
 * channels, whose columns are filters and whose inner axis is all pixels of all images.
 *
 * Algorithm: blocks of up to 5 rows of the weight times panels of 8 filters, whose 10 sums stay in
 * registers over a chunk of the images. The rows of a block are neighbours in the images (channels, and
 * for kernels without gaps the channels of the next tap), so that four of them are one load. The filters
 * of a pixel are neighbours in the cotangent: neither side is packed. Images are summed over in chunks
 * that stay in a first-level cache with their cotangent, several images or a few rows of one; between
 * chunks the sums rest in the output. (On a Xeon of 2023, 45 GFLOP/s at most, 5x5 on [64, 28, 28, 1]
 * with 8 filters: blocks of 5 rows 40, of 4 26; chunks of 32 to 256 KiB alike.)
 *
 * In vectors of 256 bits blocks are of 5 rows times 16 filters (`conv2d_weight_wide.ts`). Their code is
 * long, and so a part of the pixels, a few rows of an image, is summed from zero and added to the
 * output. Where such vectors could pay, those of 128 bits do the same, and give the same bits. (On an
 * AMD EPYC, GFLOP/s on one thread with 128 bits without parts, with parts, and with 256: 5x5 on
 * [64, 12, 12, 8] with 16 filters 45, 44 and 81.)
 *
 * Images with padding, or whose channels are no neighbours, are copied chunk by chunk into scratch
 * memory, with zeros around them. That is little beside the products, of which every number makes as
 * many as there are taps and filters.
 *
 * A block belongs to one share, and chunks follow each other in one order: the sums do not depend on
 * the number of shares.
 *
 * Numerics: zeros of the padding are multiplied, and make NaN of an infinite cotangent.
 *
 * Memory traffic: images and cotangent once for each share from memory, and once for each block and
 * panel from a cache; output twice for each chunk or part.
 *
 * Source: as `conv2d_sliding.ts`.
 *
 * @module
 */
import { sizeOf, type TensorSpec } from "../../../tensor/mod.ts";
import type { Conv2dWeightGradientParams } from "../../../ops/mod.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import type { Program, Share } from "../program.ts";
import { correlationFunction } from "./conv2d_correlation.ts";
import { stripFunction } from "./conv2d_strip.ts";
import { type Layout, layoutOf, type Side } from "./conv2d_weight_layout.ts";
import { writeFirstRow, writeUnit } from "./conv2d_weight_unit.ts";
import { writeWide } from "./conv2d_weight_wide.ts";
import type { KernelSite, MakeProgram } from "./kernel.ts";

/** The kernel of `conv2dWeightGradient`: f32 only. */
export function conv2dWeightGradientKernel(
  inputs: readonly TensorSpec[],
  params: Conv2dWeightGradientParams,
): MakeProgram | null {
  if (inputs.some(({ dtype }) => dtype !== "f32")) return null;
  return (site) => {
    const layout = layoutOf(site, params);
    const { taps, blocks } = layout;
    return {
      units: sizeOf(site.output.shape) === 0 ? 0 : taps * blocks,
      scratchBytes: layout.scratchBytes,
      hasWide: layout.hasWide,
      write: (f, share) => writeShare(site, layout, { f, share }),
    } satisfies Program;
  };
}

/** Writes a share: the blocks of rows from `begin` to `end`. */
function writeShare(
  site: KernelSite,
  layout: Layout,
  { f, share }: { readonly f: FunctionBody; readonly share: Share },
): void {
  const { batch, outHeight, chunkImages, chunkRows, params, x, cotangent } = layout;
  const [image, images, row, rows] = [0, 1, 2, 3].map(() => f.local("i32"));
  const chunk = { image: image!, images: images!, row: row!, rows: rows! };
  const [left, right, unit] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const { wideFilters, groupFilters, copyOffset } = layout;
  const unitOf = wideFilters === groupFilters ? null : unitFunction(site, layout);
  f.get(share.begin).get(share.end).op("i32.lt_u").if(() => {
    writeChunks(f, { of: batch, step: chunkImages, at: image!, count: images! }, () => {
      writeChunks(f, { of: outHeight, step: chunkRows, at: row!, count: rows! }, () => {
        const place = { site, chunk, scratch: share.scratch };
        writeSide(f, x, {
          ...place,
          offset: copyOffset,
          address: left,
          firstRow: { times: params.strides[0], plus: -params.padding[0][0] },
          extent: layout.extent,
        });
        writeSide(f, cotangent, {
          ...place,
          offset: copyOffset + (x.copy?.bytes ?? 0),
          address: right,
          firstRow: { times: 1, plus: 0 },
          extent: 1,
        });
        if (wideFilters > 0) {
          const start = { left, right, image: image!, row: row! };
          writeWide(site, layout, { f, share, start, images: images!, rows: rows! });
        }
        if (unitOf === null) return;
        f.get(share.begin).set(unit);
        f.loop((next) => {
          f.get(unit).get(left).get(right).get(images!).get(rows!);
          // the first chunk's sums are not added to what is there
          f.get(image!).get(row!).op("i32.add").call(unitOf);
          f.advance(unit, 1).get(unit).get(share.end).op("i32.lt_u").branchIf(next);
        });
      });
    });
    const [first, end] = [f.local("i32"), f.local("i32")];
    writeFirstRow(f, layout, share.begin, first);
    writeFirstRow(f, layout, share.end, end);
    site.finish(f, { first, end });
  });
}

/** Writes a loop over parts of a range, which runs once for an empty range. */
function writeChunks(
  f: FunctionBody,
  { of, step, at, count }: {
    readonly of: number;
    readonly step: number;
    readonly at: Local;
    readonly count: Local;
  },
  body: () => void,
): void {
  f.i32(0).set(at);
  f.loop((next) => {
    f.i32(of).get(at).op("i32.sub").tee(count).i32(step);
    f.get(count).i32(step).op("i32.lt_u").op("select").set(count);
    body();
    f.advance(at, step).get(at).i32(of).op("i32.lt_u").branchIf(next);
  });
}

/** Writes the address at which a side of a chunk begins, and its copy if there is to be one. */
function writeSide(
  f: FunctionBody,
  { steps, copy }: Side,
  { site, chunk, scratch, offset, address, firstRow, extent }: {
    readonly site: KernelSite;
    readonly chunk: {
      readonly image: Local;
      readonly images: Local;
      readonly row: Local;
      readonly rows: Local;
    };
    readonly scratch: Local;
    /** Bytes from the beginning of scratch memory to the copy. */
    readonly offset: number;
    readonly address: Local;
    /** The side's row for the chunk's first row. */
    readonly firstRow: { readonly times: number; readonly plus: number };
    /** Rows of the side for one row of the chunk. */
    readonly extent: number;
  },
): void {
  const { image, images, row, rows } = chunk;
  if (copy === null) {
    f.get(image).i32(steps.image).op("i32.mul").i32(steps.base).op("i32.add");
    f.get(row).i32(firstRow.times * steps.row).op("i32.mul").op("i32.add").set(address);
    return;
  }
  f.scope(() => {
    const [source, target, count] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const from = copy.strip.steps;
    f.get(scratch).i32(offset).op("i32.add").tee(address).set(target);
    f.get(image).i32(from.image).op("i32.mul").i32(from.base).op("i32.add").set(source);
    f.get(images).set(count);
    f.repeat({ local: count }, () => {
      f.get(source).get(target);
      f.get(row).i32(firstRow.times).op("i32.mul").i32(firstRow.plus).op("i32.add");
      f.get(rows).i32(-1).op("i32.add").i32(firstRow.times).op("i32.mul").i32(extent);
      f.op("i32.add").call(stripFunction(site.module, copy.strip));
      f.advance(source, from.image).advance(target, steps.image);
    });
  });
}

/** Parameters of the function for one unit and chunk. */
const unitLocals = { unit: 0, x: 1, cotangent: 2, images: 3, rows: 4, accumulates: 5 };

/** The function that adds a chunk's products to a unit's rows. */
function unitFunction(site: KernelSite, layout: Layout): FunctionBody {
  const { params: { strides, ...params }, x, cotangent, depthwise, filters, outWidth } = layout;
  const { rowStep, blocks, rows, tall, partRows, wideFilters } = layout;
  const groups = depthwise ? 1 : params.groups;
  const outputs = depthwise ? filters : layout.groupFilters - wideFilters;
  const sources = depthwise ? 0 : layout.groupChannels * x.steps.channel;
  return site.module.function(6, (f) => {
    const [left, right, output, isTall] = [0, 1, 2, 3].map(() => f.local("i32"));
    const { unit } = unitLocals;
    writeUnit(f, layout, {
      unit,
      x: unitLocals.x,
      left: left!,
      output: output!,
      base: site.output.base,
    });
    f.get(unitLocals.cotangent).set(right!);
    const panel = (height: number, columns: number) => {
      const body = correlationFunction(site.module, site.arithmetic, {
        rows: height,
        columns,
        depthwise,
        width: outWidth,
        left: {
          image: x.steps.image,
          row: strides[0] * x.steps.row,
          place: strides[1] * x.steps.column,
          step: rowStep,
        },
        right: {
          image: cotangent.steps.image,
          row: cotangent.steps.row,
          place: cotangent.steps.column,
        },
        outputRow: 4 * filters,
        partRows,
      });
      f.get(left!).get(right!).get(output!).get(unitLocals.images).get(unitLocals.rows);
      f.get(unitLocals.accumulates).call(body);
      f.advance(right!, 4 * columns).advance(output!, 4 * columns);
      if (depthwise) f.advance(left!, 4 * columns);
    };
    const panels = (height: number) =>
      f.repeat(groups, () => {
        f.advance(right!, 4 * wideFilters).advance(output!, 4 * wideFilters);
        f.repeat(outputs >> 3, () => panel(height, 8));
        if (outputs % 8 > 0) panel(height, outputs % 8);
        f.advance(left!, sources);
      });
    if (tall === 0) return panels(rows);
    f.get(unitLocals.unit).i32(blocks).op("i32.rem_u").i32(tall).op("i32.lt_u").set(isTall!);
    f.get(isTall!).if(() => panels(rows + 1));
    f.get(isTall!).op("i32.eqz").if(() => panels(rows));
  });
}
