/**
 * The outputs of a sliding kernel that are computed in vectors of 256 bits: lanes are outputs, and the
 * sources of pixels are spread over them. A part of the taps is packed into the thread's memory, and
 * meets all pixels of some units before the next, those that meet the same taps one behind the other:
 * code of two parts or two blocks in turn would not fit the processor's cache of decoded instructions
 * (3x3 on [32, 16, 16, 16] with 32 filters, 5 and 4 pixels in turn 59 GFLOP/s, else 79).
 * `matmul_wide_block.ts` is the code of a block.
 *
 * @module
 */
import type { FunctionBody, Local } from "../function_body.ts";
import { tapSteps } from "./conv2d_axis.ts";
import type { TapPart } from "./conv2d_cut.ts";
import { writePanel } from "./conv2d_panels.ts";
import { type Layout, linesOf, type PlacedLine, type WideLayout } from "./conv2d_sliding_layout.ts";
import { type Unit, writeOutput, writeSource, writeUnits } from "./conv2d_unit.ts";
import type { KernelSite } from "./kernel.ts";
import { wideBlocksFunction, widePanelOffset } from "./matmul_wide_block.ts";

/** A layout with wide panels. */
type LayoutWithWide = Layout & { readonly wide: WideLayout };

/** Writes what wide panels compute of the units from `begin` to `end`. */
export function writeWide(
  site: KernelSite,
  layout: LayoutWithWide,
  { f, begin, end, scratch }: {
    readonly f: FunctionBody;
    readonly begin: Local;
    readonly end: Local;
    readonly scratch: Local;
  },
): void {
  const { taps, source, wide: { lanes, outputs } } = layout;
  const cut = layout.cut!;
  const parts = (rows: number) =>
    cut.parts.map((part) => ({ part, rows, compute: partFunction(site, layout, { part, rows }) }));
  const rest = taps.rows % cut.rows;
  const [whole, last] = [parts(cut.rows), rest > 0 ? parts(rest) : []];
  f.scope(() => {
    const [shift, target, weight, from, tap, panel] = [0, 1, 2, 3, 4, 5].map(() => f.local("i32"));
    const write = ({ part, rows, compute }: typeof whole[number]) => {
      f.get(weight!).i32(part.column * taps.step.column + part.place * taps.step.place);
      f.op("i32.add").set(from!);
      f.get(scratch).i32(widePanelOffset).op("i32.add").set(panel!);
      const { columns, places } = part;
      const packed = { rows, columns, places, step: taps.step };
      writePanel(f, site.module, {
        taps: packed,
        columns: lanes,
        width: lanes,
        source: from!,
        target: panel!,
      });
      f.get(begin).get(end).get(tap!).get(shift!).get(target!).get(scratch).call(compute);
    };
    const onePanel = () => {
      f.i32(0).set(tap!);
      const together = (parts: typeof whole, rows: number) => {
        for (const part of parts) f.scope(() => write(part));
        f.advance(tap!, rows).advance(weight!, rows * taps.step.row);
      };
      f.repeat(Math.floor(taps.rows / cut.rows), () => together(whole, cut.rows));
      if (rest > 0) together(last, rest);
      f.advance(weight!, lanes * taps.step.output - taps.rows * taps.step.row);
      f.advance(target!, 4 * lanes);
    };
    f.i32(0).set(shift!).i32(site.output.base).set(target!).i32(taps.base).set(weight!);
    f.repeat(taps.groups, () => {
      f.repeat(outputs / lanes, onePanel);
      f.advance(weight!, taps.step.group - outputs * taps.step.output);
      f.advance(target!, 4 * (taps.outputs - outputs));
      f.advance(shift!, taps.places * source.channel);
    });
  });
}

/** Some rows of a part of the taps. */
interface Rows {
  readonly part: TapPart;
  readonly rows: number;
}

/**
 * Parameters of the function for a part: units, the number of its first row of taps, and what is added
 * to the addresses of sources and output.
 */
const parameters = { begin: 0, end: 1, tap: 2, source: 3, output: 4, scratch: 5 };

/** The function that adds the products of a part of the taps to all pixels of some units. */
function partFunction(site: KernelSite, layout: LayoutWithWide, rows: Rows): FunctionBody {
  const { tall, images } = layout;
  const linesOfHeight = new Map(
    (tall > 0 ? [images + 1, images] : [images])
      .map((height) => [height, linesOf(layout, height, rows.part)]),
  );
  return site.module.function(6, (f) => {
    // the code of one line runs for all units before that of the next
    linesOfHeight.get(images)!.forEach((_, i) =>
      writeUnits(f, layout, parameters, (unit) => {
        writeUnit(site, layout, { f, unit, rows, line: linesOfHeight.get(unit.images)![i]! });
      })
    );
  });
}

/** Writes a line of a unit, if its row meets the first row of the part. */
function writeUnit(
  site: KernelSite,
  layout: LayoutWithWide,
  { f, unit, rows, line }: {
    readonly f: FunctionBody;
    readonly unit: Unit;
    readonly rows: Rows;
    readonly line: PlacedLine;
  },
): void {
  const { hasWholeRows } = layout;
  const step = tapSteps(layout.rows);
  const [number, from, target] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const compute = () => {
    writeSource(f, layout, unit);
    f.get(number).i32(step.source * layout.source.row).op("i32.mul").op("i32.add");
    f.get(parameters.source).op("i32.add").set(from);
    writeOutput(f, layout, { ...unit, base: 0 });
    f.get(parameters.output).op("i32.add").set(target);
    const { shape, met, count, sourceOffset, outputOffset } = line;
    f.get(from).i32(sourceOffset).op("i32.add").get(target).i32(outputOffset).op("i32.add");
    f.i32(count);
    if (met.isFirst) f.get(number);
    else f.i32(1);
    f.get(parameters.scratch).call(wideBlocksFunction(site.wide!, {
      arithmetic: site.arithmetic,
      lanes: layout.wide.lanes,
      rows: shape.pixels,
      spread: { row: shape.source.pixel, ...placesOf(layout, rows, met) },
      outputRow: shape.output.pixel,
      block: { spread: shape.source.block, output: shape.output.block },
    }));
  };
  // of the rows of taps that a row of the output meets, it is this one
  f.get(parameters.tap).get(unit.row.tap).op("i32.sub").set(number);
  if (hasWholeRows) return compute();
  const meets = (then: () => void) => f.get(number).get(unit.row.taps).op("i32.lt_u").if(then);
  if (step.tap === 1) {
    meets(compute);
    return;
  }
  f.get(number).i32(step.tap).op("i32.rem_u").op("i32.eqz").if(() => {
    f.get(number).i32(step.tap).op("i32.div_u").set(number);
    meets(compute);
  });
}

/** Where the elements of a pixel lie, and which places of the panel they meet. */
function placesOf(
  { rows, columns, source }: Layout,
  { part, rows: tapRows }: Rows,
  met: PlacedLine["met"],
): { readonly places: number[]; readonly panelPlaces: number[] } {
  const [rowStep, columnStep] = [tapSteps(rows), tapSteps(columns)];
  const places: number[] = [];
  const panelPlaces: number[] = [];
  for (let row = 0; row < tapRows; row++) {
    for (let i = 0; i < met.count; i++) {
      const column = met.tap + i * columnStep.tap - part.column;
      for (let place = 0; place < part.places; place++) {
        places.push(
          row * rowStep.source * source.row + i * columnStep.source * source.column +
            place * source.channel,
        );
        panelPlaces.push((row * part.columns + column) * part.places + place);
      }
    }
  }
  return { places, panelPlaces };
}
