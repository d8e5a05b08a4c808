/**
 * Walks over the units of a sliding kernel: rows of the output, of blocks of images.
 *
 * @module
 */
import type { FunctionBody, Local } from "../function_body.ts";
import type { Layout } from "./conv2d_sliding_layout.ts";
import type { KernelSite } from "./kernel.ts";

/** A row of the output: its place, and in bytes its source; its first row of taps, and their number. */
export interface Row {
  readonly place: Local;
  readonly source: Local;
  readonly tap: Local;
  readonly taps: Local;
}

/** What a unit is: the first of so many images, and their row. */
export interface Unit {
  readonly image: Local;
  readonly images: number;
  readonly row: Row;
}

/** Writes a loop over the units from `begin` to `end`, of which there is one at least. */
export function writeUnits(
  f: FunctionBody,
  layout: Layout,
  { begin, end }: { readonly begin: Local; readonly end: Local },
  write: (unit: Unit) => void,
): void {
  const { rows, images, tall } = layout;
  f.scope(() => {
    const [unit, block, number, image] = [0, 1, 2, 3].map(() => f.local("i32"));
    const [place, source, tap, taps] = [0, 1, 2, 3].map(() => f.local("i32"));
    const row = { place: place!, source: source!, tap: tap!, taps: taps! };
    f.get(begin).tee(unit!).i32(rows.outputs).op("i32.div_u").set(block!);
    f.get(unit!).i32(rows.outputs).op("i32.rem_u").set(number!);
    f.loop((next) => {
      writeRow(f, layout, { number: number!, row });
      const blocks = (count: number, before: number) => {
        f.get(block!).i32(count).op("i32.mul").i32(before).op("i32.add").set(image!);
        f.scope(() => write({ image: image!, images: count, row }));
      };
      // the images before a lower block are the tall blocks' one more
      if (tall === 0) {
        blocks(images, 0);
      } else {
        f.get(block!).i32(tall).op("i32.lt_u");
        f.if(() => blocks(images + 1, 0), () => blocks(images, tall));
      }
      f.advance(number!, 1).get(number!).i32(rows.outputs).op("i32.eq").if(() => {
        f.i32(0).set(number!);
        f.advance(block!, 1);
      });
      f.advance(unit!, 1).get(unit!).get(end).op("i32.lt_u").branchIf(next);
    });
  });
}

/** Finds a row by its number: rows are counted through the segments. */
function writeRow(
  f: FunctionBody,
  { rows, rowSegments, source }: Layout,
  { number, row }: { readonly number: Local; readonly row: Row },
): void {
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

/** Puts the address at which a unit's first source begins on the stack. */
export function writeSource(f: FunctionBody, { source }: Layout, { image, row }: Unit): void {
  f.get(image).i32(source.image).op("i32.mul").get(row.source).op("i32.add");
  f.i32(source.base).op("i32.add");
}

/** Puts the address at which a unit's output begins on the stack. */
export function writeOutput(
  f: FunctionBody,
  { rows, columns, pixelBytes }: Layout,
  { image, row, base }: Unit & { readonly base: number },
): void {
  const rowBytes = columns.outputs * pixelBytes;
  f.get(image).i32(rows.outputs * rowBytes).op("i32.mul");
  f.get(row.place).i32(rowBytes).op("i32.mul").op("i32.add").i32(base).op("i32.add");
}

/** Writes what is to be done with the finished rows of a unit. */
export function writeFinish(
  site: KernelSite,
  f: FunctionBody,
  { rows, columns }: Layout,
  { image, images, row }: Unit,
): void {
  f.scope(() => {
    const [first, end] = [f.local("i32"), f.local("i32")];
    f.get(image).i32(rows.outputs).op("i32.mul").get(row.place).op("i32.add");
    f.i32(columns.outputs).op("i32.mul").set(first);
    f.repeat(images, () => {
      f.get(first).i32(columns.outputs).op("i32.add").set(end);
      site.finish(f, { first, end });
      f.advance(first, rows.outputs * columns.outputs);
    });
  });
}
