/**
 * The innermost part of a convolution: blocks of pixels times one panel of outputs, the sums of a block
 * in registers over all taps and channels, the pixels' sources read where they lie.
 *
 * @module
 */
import type { ModuleAssembler } from "../assembler.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import { type Arithmetic, Lanes } from "../lanes.ts";
import { addProducts, storeColumns } from "./matmul_block.ts";

/** Distances in bytes along a line of blocks. */
export interface LineStep {
  /** From one pixel of a block to the next. */
  readonly pixel: number;
  /** From one block to the next. */
  readonly block: number;
}

/** Distances from one tap to the next: bytes in the source, places in the panel. */
export interface TapStep {
  readonly source: number;
  readonly places: number;
}

/** What the code for a line of blocks is made from. */
export interface Line {
  /** Pixels of a block: all of them meet the same taps. */
  readonly pixels: number;
  /** Outputs of a pixel that the panel has, up to 8. */
  readonly columns: number;
  readonly source: LineStep;
  readonly output: LineStep;
  /** Rows of taps, if it is known. */
  readonly tapRows: number | null;
  /** Columns of taps, if it is known. */
  readonly tapColumns: number | null;
  readonly tapRow: TapStep;
  /** `null` where the places of a tap follow those of the one before it, in source and panel. */
  readonly tapColumn: TapStep | null;
  /** Places of a tap: channels to sum over. */
  readonly places: number;
  /** Bytes from one place to the next in the source. */
  readonly place: number;
  /** Whether each output has a channel of its own: sources are vectors beside those of the panel. */
  readonly depthwise: boolean;
  /** Whether the sums may have to be added to what is there. */
  readonly isPart: boolean;
}

/**
 * Parameters of the function: where the first block's sources, the panel and the first block's output
 * begin; the number of blocks; the rows and columns of taps that they meet; and whether sums are added
 * to what is there.
 */
const parameters = {
  source: 0,
  panel: 1,
  output: 2,
  count: 3,
  tapRows: 4,
  tapColumns: 5,
  accumulates: 6,
};

/** Places up to which the taps of a block are written out one by one. */
const unrolledPlaces = 40;

/**
 * The function `(source, panel, output, count, tapRows, tapColumns, accumulates)` that computes a line
 * of blocks.
 */
export function lineFunction(
  module: ModuleAssembler,
  arithmetic: Arithmetic,
  line: Line,
): FunctionBody {
  return module.shared(
    `line ${arithmetic} ${JSON.stringify(line)}`,
    () =>
      module.function(7, (f) => {
        const v = new Lanes(f, arithmetic);
        const run = runOf(f, line);
        f.repeat({ local: parameters.count }, () => {
          f.scope(() => writeBlock(v, line, run));
          f.advance(parameters.source, line.source.block);
          f.advance(parameters.output, line.output.block);
        });
      }),
  );
}

/** Places that follow each other: groups of four, and single ones. */
interface Run {
  readonly groups: number | Local;
  readonly rest: number | Local;
  /** Whether both are numbers, or else locals. */
  readonly isKnown: boolean;
}

/** The places of a tap, or of all taps of a row where they follow each other. */
function runOf(f: FunctionBody, { tapColumn, tapColumns, places }: Line): Run {
  if (tapColumn !== null || tapColumns !== null) {
    const length = tapColumn === null ? places * tapColumns! : places;
    return { groups: length >> 2, rest: length & 3, isKnown: true };
  }
  const [groups, rest] = [f.local("i32"), f.local("i32")];
  f.get(parameters.tapColumns).i32(places).op("i32.mul").i32(4).op("i32.div_u").set(groups);
  f.get(parameters.tapColumns).i32(places).op("i32.mul").i32(4).op("i32.rem_u").set(rest);
  return { groups, rest, isKnown: false };
}

/** A place in source and panel: a pointer and bytes beyond it. */
interface Cursor {
  readonly source: Local;
  readonly panel: Local;
}

function writeBlock(v: Lanes, line: Line, run: Run): void {
  const { f } = v;
  const { pixels, columns, tapRow, tapColumn, output } = line;
  const vectors = Math.ceil(columns / 4);
  const sums = Array.from({ length: pixels * vectors }, () => f.local("v128"));
  for (const sum of sums) f.words(0, 0, 0, 0).set(sum);
  const places: Places = (cursor, at) => writePlaces(v, line, { sums, cursor, ...at });
  const top = { source: parameters.source, panel: parameters.panel };
  const length = run.isKnown ? 4 * run.groups + run.rest : Infinity;
  if (line.tapRows !== null && tapColumn === null && line.tapRows * length <= unrolledPlaces) {
    for (let row = 0; row < line.tapRows; row++) {
      for (let first = 0; first < length; first += 4) {
        places(top, {
          count: Math.min(4, length - first),
          source: row * tapRow.source + first * line.place,
          place: row * tapRow.places + first,
        });
      }
    }
  } else {
    const bytes = 16 * vectors;
    writeTaps(f, top, {
      count: line.tapRows ?? { local: parameters.tapRows },
      step: tapRow,
      bytes,
    }, (row) => {
      if (tapColumn === null) return writeRun(f, row, { run, bytes, line }, places);
      writeTaps(f, row, {
        count: line.tapColumns ?? { local: parameters.tapColumns },
        step: tapColumn,
        bytes,
      }, (tap) => writeRun(f, tap, { run, bytes, line }, places));
    });
  }
  const offsetOf = (i: number) => Math.floor(i / vectors) * output.pixel + 16 * (i % vectors);
  if (line.isPart) {
    f.get(parameters.accumulates).if(() =>
      sums.forEach((sum, i) => {
        f.get(parameters.output).memory("v128.load", offsetOf(i));
        f.get(sum).op("f32x4.add").set(sum);
      })
    );
  }
  sums.forEach((sum, i) => {
    storeColumns(f, sum, {
      output: parameters.output,
      offset: offsetOf(i),
      columns: columns - 4 * (i % vectors),
    });
  });
}

/** Writes a loop over taps, each of which begins with cursors that may be moved. */
function writeTaps(
  f: FunctionBody,
  from: Cursor,
  { count, step, bytes }: {
    readonly count: number | { readonly local: Local };
    readonly step: TapStep;
    readonly bytes: number;
  },
  body: (cursor: Cursor) => void,
): void {
  const [source, panel] = [f.local("i32"), f.local("i32")];
  f.get(from.source).set(source).get(from.panel).set(panel);
  const inner = { source: f.local("i32"), panel: f.local("i32") };
  let times = count;
  if (typeof count !== "number") {
    times = { local: f.local("i32") };
    f.get(count.local).set(times.local);
  }
  f.repeat(times, () => {
    f.get(source).set(inner.source).get(panel).set(inner.panel);
    body(inner);
    f.advance(source, step.source).advance(panel, step.places * bytes);
  });
}

/** Some places to be added: how far they are beyond the cursor, in bytes and in places of the panel. */
type Places = (
  cursor: Cursor,
  at: { readonly count: number; readonly source: number; readonly place: number },
) => void;

/** Writes the places of a run, and moves the cursor over those that are in loops. */
function writeRun(
  f: FunctionBody,
  cursor: Cursor,
  { run, bytes, line }: { readonly run: Run; readonly bytes: number; readonly line: Line },
  places: Places,
): void {
  const loop = (times: number | { readonly local: Local }, count: number) =>
    f.repeat(times, () => {
      f.scope(() => places(cursor, { count, source: 0, place: 0 }));
      f.advance(cursor.source, count * line.place).advance(cursor.panel, count * bytes);
    });
  if (run.isKnown) {
    loop(run.groups, 4);
    if (run.rest > 0) f.scope(() => places(cursor, { count: run.rest, source: 0, place: 0 }));
    return;
  }
  const copied = (from: Local) => {
    const local = f.local("i32");
    f.get(from).set(local);
    return { local };
  };
  loop(copied(run.groups), 4);
  if (line.places % 4 !== 0) loop(copied(run.rest), 1);
}

/** Adds the products of up to four places. */
function writePlaces(
  v: Lanes,
  { pixels, columns, source: { pixel }, place: distance, depthwise }: Line,
  { sums, cursor, count, source, place }: {
    readonly sums: readonly Local[];
    readonly cursor: Cursor;
    readonly count: number;
    readonly source: number;
    readonly place: number;
  },
): void {
  const vectors = Math.ceil(columns / 4);
  const isRead = count === 4 && distance === 4 && !depthwise;
  v.f.scope(() => {
    const fours = isRead
      ? Array.from(
        { length: pixels },
        (_, i) => v.load("v128.load", cursor.source, source + i * pixel),
      )
      : [];
    for (let i = 0; i < count; i++) {
      v.f.scope(() => {
        const panel = Array.from(
          { length: vectors },
          (_, vector) => v.load("v128.load", cursor.panel, 16 * ((place + i) * vectors + vector)),
        );
        const offset = (row: number) => source + row * pixel + i * distance;
        if (depthwise) {
          panel.forEach((column, vector) =>
            addProducts(v, sums.filter((_, sum) => sum % vectors === vector), {
              rows: pixels,
              columns: [column],
              readRow: (row) => v.load("v128.load", cursor.source, offset(row) + 16 * vector),
            })
          );
          return;
        }
        addProducts(v, sums, {
          rows: pixels,
          columns: panel,
          readRow: isRead
            ? (row) => v.spread(fours[row]!, i)
            : (row) => v.load("v128.load32_splat", cursor.source, offset(row)),
        });
      });
    }
  });
}
