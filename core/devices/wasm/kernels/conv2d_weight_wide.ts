/**
 * The part of the gradient of a convolution by its weight that is computed in vectors of 256 bits:
 * panels of 16 filters of the cotangent, a few rows of an image long, meet all blocks of the weight's
 * rows of a share. The images are the side whose elements are spread over lanes.
 * `matmul_wide_block.ts` is the code of a block.
 *
 * @module
 */
import type { FunctionBody, Local } from "../function_body.ts";
import type { Share } from "../program.ts";
import type { Layout } from "./conv2d_weight_layout.ts";
import { writeUnit } from "./conv2d_weight_unit.ts";
import type { KernelSite } from "./kernel.ts";
import { packColumnsFunction } from "./matmul_pack.ts";
import {
  wideBlocksFunction,
  wideLanes,
  widePanelOffset,
  wideRowBytes,
} from "./matmul_wide_block.ts";

/** Writes what a chunk adds to a share's rows. */
export function writeWide(
  site: KernelSite,
  layout: Layout,
  { f, share, start, images, rows }: {
    readonly f: FunctionBody;
    readonly share: Share;
    /** Addresses at which both sides of the chunk begin; its first image and row. */
    readonly start: {
      readonly left: Local;
      readonly right: Local;
      readonly image: Local;
      readonly row: Local;
    };
    /** Numbers of images and of rows in each. */
    readonly images: Local;
    readonly rows: Local;
  },
): void {
  const { x: { steps: x }, cotangent: { steps: cotangent }, params, outHeight } = layout;
  const partRows = layout.partRows!;
  const rest = outHeight % partRows;
  const part = (rows: number) => {
    const write = partFunction(site, layout, rows);
    return () => {
      f.get(left!).get(right!).get(share.begin).get(share.end).get(accumulates!);
      f.get(share.scratch).call(write);
    };
  };
  const [image, row, left, right, count, accumulates] = [0, 1, 2, 3, 4, 5].map(() =>
    f.local("i32")
  );
  const [whole, last] = [part(partRows), rest > 0 ? part(rest) : null];
  f.get(start.image).get(start.row).op("i32.add").set(accumulates!);
  f.i32(0).set(image!);
  f.get(images).set(count!);
  f.repeat({ local: count! }, () => {
    f.get(image!).i32(x.image).op("i32.mul").get(start.left).op("i32.add").set(left!);
    f.get(image!).i32(cotangent.image).op("i32.mul").get(start.right).op("i32.add").set(right!);
    f.i32(0).set(row!);
    f.loop((next) => {
      if (last === null) whole();
      else f.get(rows).get(row!).op("i32.sub").i32(partRows).op("i32.lt_u").if(last, whole);
      f.i32(1).set(accumulates!);
      f.advance(left!, partRows * params.strides[0] * x.row);
      f.advance(right!, partRows * cotangent.row);
      f.advance(row!, partRows).get(row!).get(rows).op("i32.lt_u").branchIf(next);
    });
    f.advance(image!, 1);
  });
}

/** Parameters of the function for a part. */
const parameters = { left: 0, right: 1, begin: 2, end: 3, accumulates: 4, scratch: 5 };

/**
 * The function `(left, right, begin, end, accumulates, scratch)` that adds the products of some rows of
 * an image to the units from `begin` to `end`.
 */
function partFunction(site: KernelSite, layout: Layout, rows: number): FunctionBody {
  const { params: { groups }, groupChannels, groupFilters, wideFilters, x } = layout;
  return site.module.function(6, (f) => {
    const output = f.local("i32");
    f.i32(site.output.base).set(output);
    f.repeat(groups, () => {
      f.repeat(wideFilters / wideLanes, () => {
        writePack(site, layout, { f, rows });
        writeUnits(site, layout, { f, rows, output });
        f.advance(parameters.right, wideRowBytes).advance(output, wideRowBytes);
      });
      const skipped = 4 * (groupFilters - wideFilters);
      f.advance(parameters.right, skipped).advance(output, skipped);
      f.advance(parameters.left, groupChannels * x.steps.channel);
    });
  });
}

/** Writes the packing of 16 filters of the cotangent. */
function writePack(
  { module }: KernelSite,
  { outWidth, cotangent: { steps } }: Layout,
  { f, rows }: { readonly f: FunctionBody; readonly rows: number },
): void {
  const joins = steps.row === outWidth * steps.column;
  const pack = packColumnsFunction(module, {
    columns: wideLanes,
    width: wideLanes,
    padsLast: true,
    length: joins ? rows * outWidth : outWidth,
    inner: steps.column,
    column: 4,
  });
  f.scope(() => {
    const [source, target] = [f.local("i32"), f.local("i32")];
    f.get(parameters.right).set(source);
    f.get(parameters.scratch).i32(widePanelOffset).op("i32.add").set(target);
    f.repeat(joins ? 1 : rows, () => {
      f.get(source).get(target).call(pack);
      f.advance(source, steps.row).advance(target, outWidth * wideRowBytes);
    });
  });
}

/** Writes a loop over the units, those of one run and height together. */
function writeUnits(
  site: KernelSite,
  layout: Layout,
  { f, rows, output }: {
    readonly f: FunctionBody;
    readonly rows: number;
    readonly output: Local;
  },
): void {
  const { outWidth, params: { strides }, x: { steps }, filters, rowStep, blocks, tall } = layout;
  const places = Array.from(
    { length: rows * outWidth },
    (_, place) =>
      Math.floor(place / outWidth) * strides[0] * steps.row +
      place % outWidth * strides[1] * steps.column,
  );
  const { begin, end, scratch } = parameters;
  f.scope(() => {
    const [unit, block, count, left, target] = [0, 1, 2, 3, 4].map(() => f.local("i32"));
    const compute = (height: number, behind: number) => () => {
      f.i32(behind).get(block!).op("i32.sub").tee(count!).get(end).get(unit!).op("i32.sub");
      f.get(count!).get(end).get(unit!).op("i32.sub").op("i32.lt_u").op("select").set(count!);
      f.get(left!).get(target!).get(count!).get(parameters.accumulates).get(scratch);
      f.call(wideBlocksFunction(site.wide!, {
        arithmetic: site.arithmetic,
        rows: height,
        spread: { row: rowStep, places },
        outputRow: 4 * filters,
      }));
    };
    f.get(begin).set(unit!);
    f.loop((next) => {
      writeUnit(f, layout, {
        unit: unit!,
        x: parameters.left,
        left: left!,
        output: target!,
        base: 0,
      });
      f.get(target!).get(output).op("i32.add").set(target!);
      f.get(unit!).i32(blocks).op("i32.rem_u").set(block!);
      if (tall === 0) compute(layout.rows, blocks)();
      else {
        f.get(block!).i32(tall).op("i32.lt_u");
        f.if(compute(layout.rows + 1, tall), compute(layout.rows, blocks));
      }
      f.get(unit!).get(count!).op("i32.add").tee(unit!).get(end).op("i32.lt_u").branchIf(next);
    });
  });
}
