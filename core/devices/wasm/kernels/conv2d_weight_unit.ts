/**
 * Where a unit of the gradient of a convolution by its weight begins: a block of the weight's rows, of
 * one tap or of a row of taps.
 *
 * @module
 */
import type { FunctionBody, Local } from "../function_body.ts";
import type { Layout } from "./conv2d_weight_layout.ts";

/** Writes the number of the first row of a unit. */
export function writeFirstRow(
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

/** Writes the addresses of a unit's first sources, in a chunk that begins at `x`, and of its first row. */
export function writeUnit(
  f: FunctionBody,
  layout: Layout,
  { unit, x, left, output, base }: {
    readonly unit: Local;
    readonly x: Local;
    readonly left: Local;
    readonly output: Local;
    /** Address of the gradient. */
    readonly base: number;
  },
): void {
  const { taps, run, rowStep, blocks, kernelHeight, kernelWidth, filters } = layout;
  const { row: rowBytes, column } = layout.x.steps;
  const { dilation } = layout.params;
  f.scope(() => {
    const [row, tap] = [f.local("i32"), f.local("i32")];
    writeFirstRow(f, layout, unit, row);
    f.get(unit).i32(blocks).op("i32.div_u").set(tap);
    f.get(row).i32(4 * filters).op("i32.mul").i32(base).op("i32.add").set(output);
    // its first row's source: that of the tap, and that of the row in the run
    f.get(row).get(tap).i32(run).op("i32.mul").op("i32.sub").i32(rowStep).op("i32.mul");
    const tapColumns = taps === kernelHeight ? 1 : kernelWidth;
    f.get(tap).i32(tapColumns).op("i32.div_u").i32(dilation[0] * rowBytes).op("i32.mul");
    f.op("i32.add");
    f.get(tap).i32(tapColumns).op("i32.rem_u").i32(dilation[1] * column).op("i32.mul");
    f.op("i32.add").get(x).op("i32.add").set(left);
  });
}
