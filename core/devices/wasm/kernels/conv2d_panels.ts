/**
 * Packing of a convolution's weight into panels of 8 columns, or of one wide panel, in the order in
 * which the innermost loops read it: the rows of taps, in each the taps, and in each the places to sum
 * over.
 *
 * @module
 */
import type { ModuleAssembler } from "../assembler.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import { packColumnsFunction } from "./matmul_pack.ts";

/** The weight to be packed; distances are in bytes. */
export interface Taps {
  readonly base: number;
  readonly groups: number;
  readonly rows: number;
  readonly columns: number;
  /** Number of places to sum over for each tap. */
  readonly places: number;
  /** Number of outputs of a group. */
  readonly outputs: number;
  /** Distances: from a group to the next, from a row of taps, a tap, a place and an output to the next. */
  readonly step: {
    readonly group: number;
    readonly row: number;
    readonly column: number;
    readonly place: number;
    readonly output: number;
  };
}

/** Bytes of the panels of one group. */
export function panelsBytes({ rows, columns, places, outputs }: Taps): number {
  return rows * columns * places * 16 * Math.ceil(outputs / 4);
}

/** Writes the packing of all groups into memory that begins at an address. */
export function writePanels(
  f: FunctionBody,
  module: ModuleAssembler,
  { taps, target }: { readonly taps: Taps; readonly target: Local },
): void {
  const { base, groups, outputs, step } = taps;
  const [source, to] = [f.local("i32"), f.local("i32")];
  f.i32(base).set(source).get(target).set(to);
  const panel = (columns: number) => {
    writePanel(f, module, { taps, columns, width: 8, source, target: to });
    f.advance(source, columns * step.output);
  };
  f.repeat(groups, () => {
    f.repeat(outputs >> 3, () => panel(8));
    if (outputs % 8 > 0) panel(outputs % 8);
    f.advance(source, step.group - outputs * step.output);
  });
}

/** Writes the packing of one panel, which begins at `source`, and moves the target behind it. */
export function writePanel(
  f: FunctionBody,
  module: ModuleAssembler,
  { taps: { rows, columns: tapColumns, places, step }, columns, width, source, target }: {
    readonly taps: Pick<Taps, "rows" | "columns" | "places" | "step">;
    readonly columns: number;
    /** Columns of a whole panel. */
    readonly width: number;
    readonly source: Local;
    readonly target: Local;
  },
): void {
  // taps and rows of taps that continue the places before them are packed with them
  const joinsTaps = tapColumns === 1 || step.column === places * step.place;
  const joinsRows = joinsTaps && (rows === 1 || step.row === tapColumns * places * step.place);
  const length = places * (joinsTaps ? tapColumns : 1) * (joinsRows ? rows : 1);
  const pack = packColumnsFunction(module, {
    width,
    padsLast: false,
    columns,
    length,
    inner: step.place,
    column: step.output,
  });
  const vectors = Math.ceil(columns / 4);
  f.scope(() => {
    const [row, tap] = [f.local("i32"), f.local("i32")];
    f.get(source).set(row);
    f.repeat(joinsRows ? 1 : rows, () => {
      f.get(row).set(tap);
      f.repeat(joinsTaps ? 1 : tapColumns, () => {
        f.get(tap).get(target).call(pack);
        f.advance(tap, step.column).advance(target, length * 16 * vectors);
      });
      f.advance(row, step.row);
    });
  });
}
