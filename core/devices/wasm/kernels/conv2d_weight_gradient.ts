/**
 * Gradient of a convolution by its weight.
 *
 * @module
 */
import { sizeOf, type TensorSpec } from "../../../tensor/mod.ts";
import {
  type Conv2dSizes,
  conv2dSizes,
  type Conv2dWeightGradientParams,
} from "../../../ops/mod.ts";
import type { FunctionBody, Local } from "../assembler.ts";
import type { Program, Share } from "../program.ts";
import { correlationFunction } from "./conv2d_correlation.ts";
import { type ImageSteps, imageSteps } from "./conv2d_sliding.ts";
import { type Strip, stripFunction, stripRowBytes } from "./conv2d_strip.ts";
import type { KernelSite, MakeProgram } from "./kernel.ts";

/** Rows of the weight in the largest block. */
const blockRows = 5;

/** Bytes of images and cotangent that are summed over before the next ones: part of a first-level cache. */
const chunkBytes = 32 * 1024;

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
      write: (f, share) => writeShare(site, layout, { f, share }),
    } satisfies Program;
  };
}

/** Images or cotangent: where and how they are read. */
interface Side {
  readonly steps: ImageSteps;
  /** How they are copied first, and the bytes of scratch memory for it; `null` if they are not. */
  readonly copy: { readonly strip: Strip; readonly bytes: number } | null;
}

/** Sizes, distances in bytes, and how the loops are cut. */
interface Layout extends Conv2dSizes {
  readonly params: Conv2dWeightGradientParams;
  /** Rows of a strip that one row of the cotangent meets. */
  readonly extent: number;
  readonly x: Side;
  readonly cotangent: Side;
  readonly depthwise: boolean;
  /** Number of runs of rows of the weight whose sources are equally far apart. */
  readonly taps: number;
  /** Rows of a run, and the distance of their sources. */
  readonly run: number;
  readonly rowStep: number;
  /** Number of blocks of a run: `tall` of them have `rows + 1`, the others `rows`. */
  readonly blocks: number;
  readonly rows: number;
  readonly tall: number;
  /** What is summed over before the next: so many rows of so many images. */
  readonly chunkImages: number;
  readonly chunkRows: number;
  readonly scratchBytes: number;
}

function layoutOf(site: KernelSite, params: Conv2dWeightGradientParams): Layout {
  const [x, cotangent] = site.operands;
  const sizes = conv2dSizes(x!.shape, site.output.shape, params);
  const { strides, padding, dilation } = params;
  const { batch, height, width, channels, kernelHeight, kernelWidth } = sizes;
  const { filters, outHeight, outWidth, groupChannels, groupFilters } = sizes;
  const extent = (kernelHeight - 1) * dilation[0] + 1;
  const stripColumns = (outWidth - 1) * strides[1] + (kernelWidth - 1) * dilation[1] + 1;
  const before = Math.min(padding[1][0], stripColumns);
  const columns = Math.max(0, Math.min(width, stripColumns - before));
  const stripRows = (rows: number) => (rows - 1) * strides[0] + extent;
  const strip = {
    height,
    columns,
    before,
    behind: stripColumns - before - columns,
    channels,
    steps: imageSteps(x!),
  };
  const cotangentStrip = {
    height: outHeight,
    columns: outWidth,
    before: 0,
    behind: 0,
    channels: filters,
    steps: imageSteps(cotangent!),
  };
  const isPadded = before > 0 || strip.behind > 0 || padding[0][0] > 0 ||
    stripRows(outHeight) > height;
  const imageBytes = stripRows(outHeight) * stripRowBytes(strip) +
    outHeight * stripRowBytes(cotangentStrip);
  const rowBytes = strides[0] * stripRowBytes(strip) + stripRowBytes(cotangentStrip);
  const fitting = (bytes: number, most: number) =>
    Math.max(1, Math.min(most, Math.floor(chunkBytes / Math.max(1, bytes))));
  const chunkImages = fitting(imageBytes, batch);
  const chunkRows = imageBytes <= chunkBytes ? outHeight : fitting(rowBytes, outHeight);
  const sideOf = (strip: Strip, rows: number, copies: boolean): Side => {
    const row = stripRowBytes(strip);
    if (!copies) return { steps: strip.steps, copy: null };
    return {
      steps: { base: 0, image: rows * row, row, column: 4 * strip.channels, channel: 4 },
      // vectors reach behind the last row
      copy: { strip, bytes: 16 * Math.ceil(chunkImages * rows * row / 16 + 1) },
    };
  };
  const liesBeside = ({ channels, steps }: Strip) =>
    (channels === 1 ? steps.column : steps.channel) === 4;
  const xSide = sideOf(strip, stripRows(chunkRows), isPadded || !liesBeside(strip));
  const cotangentSide = sideOf(
    cotangentStrip,
    chunkRows,
    filters > 1 && !liesBeside(cotangentStrip),
  );
  const depthwise = params.groups > 1 && groupChannels === 1 && groupFilters === 1;
  const nextTap = dilation[1] * xSide.steps.column;
  const joins = groupChannels === 1 || nextTap === groupChannels * xSide.steps.channel;
  const run = joins ? kernelWidth * groupChannels : groupChannels;
  const blocks = Math.ceil(run / blockRows);
  return {
    ...sizes,
    params,
    extent,
    x: xSide,
    cotangent: cotangentSide,
    depthwise,
    taps: joins ? kernelHeight : kernelHeight * kernelWidth,
    run,
    rowStep: groupChannels === 1 ? nextTap : xSide.steps.channel,
    blocks,
    rows: Math.floor(run / blocks),
    tall: run % blocks,
    chunkImages,
    chunkRows,
    scratchBytes: (xSide.copy?.bytes ?? 0) + (cotangentSide.copy?.bytes ?? 0),
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
  const unitOf = unitFunction(site, layout);
  const [x0, y0] = [params.strides[0], params.padding[0][0]];
  f.get(share.begin).get(share.end).op("i32.lt_u").if(() => {
    writeChunks(f, { of: batch, step: chunkImages, at: image!, count: images! }, () => {
      writeChunks(f, { of: outHeight, step: chunkRows, at: row!, count: rows! }, () => {
        const place = { site, chunk, scratch: share.scratch };
        writeSide(f, x, {
          ...place,
          offset: 0,
          address: left,
          firstRow: { times: x0, plus: -y0 },
          extent: layout.extent,
        });
        writeSide(f, cotangent, {
          ...place,
          offset: x.copy?.bytes ?? 0,
          address: right,
          firstRow: { times: 1, plus: 0 },
          extent: 1,
        });
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

/** Writes the number of the first row of a unit. */
function writeFirstRow(
  f: FunctionBody,
  { run, blocks, rows, tall }: Layout,
  unit: Local,
  row: Local,
): void {
  const block = f.local("i32");
  f.get(unit).i32(blocks).op("i32.rem_u").set(block);
  f.get(unit).i32(blocks).op("i32.div_u").i32(run).op("i32.mul");
  f.get(block).i32(rows).op("i32.mul").op("i32.add");
  // the rows before it are the tall blocks' one more
  f.get(block).i32(tall).get(block).i32(tall).op("i32.lt_u").op("select");
  f.op("i32.add").set(row);
}

/** Parameters of the function for one unit and chunk. */
const unitLocals = { unit: 0, x: 1, cotangent: 2, images: 3, rows: 4, accumulates: 5 };

/** The function that adds a chunk's products to a unit's rows. */
function unitFunction(site: KernelSite, layout: Layout): FunctionBody {
  const { params, x, cotangent, depthwise, filters, outWidth, kernelWidth } = layout;
  const { taps, run, rowStep, blocks, rows, tall, kernelHeight } = layout;
  const { strides, dilation } = params;
  const groups = depthwise ? 1 : params.groups;
  const outputs = depthwise ? filters : layout.groupFilters;
  const sources = depthwise ? 0 : layout.groupChannels * x.steps.channel;
  return site.module.function(6, (f) => {
    const [row, tap, left, right, output] = [0, 1, 2, 3, 4].map(() => f.local("i32"));
    writeFirstRow(f, layout, unitLocals.unit, row!);
    f.get(unitLocals.unit).i32(blocks).op("i32.div_u").set(tap!);
    f.get(row!).i32(4 * filters).op("i32.mul").i32(site.output.base).op("i32.add").set(output!);
    f.get(unitLocals.cotangent).set(right!);
    // its first row's source: that of the tap, and that of the row in the run
    f.get(row!).get(tap!).i32(run).op("i32.mul").op("i32.sub").i32(rowStep).op("i32.mul");
    const tapColumns = taps === kernelHeight ? 1 : kernelWidth;
    f.get(tap!).i32(tapColumns).op("i32.div_u").i32(dilation[0] * x.steps.row).op("i32.mul");
    f.op("i32.add");
    f.get(tap!).i32(tapColumns).op("i32.rem_u").i32(dilation[1] * x.steps.column).op("i32.mul");
    f.op("i32.add").get(unitLocals.x).op("i32.add").set(left!);
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
      });
      f.get(left!).get(right!).get(output!).get(unitLocals.images).get(unitLocals.rows);
      f.get(unitLocals.accumulates).call(body);
      f.advance(right!, 4 * columns).advance(output!, 4 * columns);
      if (depthwise) f.advance(left!, 4 * columns);
    };
    const panels = (height: number) =>
      f.repeat(groups, () => {
        f.repeat(outputs >> 3, () => panel(height, 8));
        if (outputs % 8 > 0) panel(height, outputs % 8);
        f.advance(left!, sources);
      });
    if (tall === 0) return panels(rows);
    f.get(unitLocals.unit).i32(blocks).op("i32.rem_u").i32(tall).op("i32.lt_u").set(tap!);
    f.get(tap!).if(() => panels(rows + 1));
    f.get(tap!).op("i32.eqz").if(() => panels(rows));
  });
}
