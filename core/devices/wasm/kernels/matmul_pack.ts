/**
 * Packing of the two sides of a matrix multiplication, so that its innermost loop reads both in order.
 *
 * The right side becomes panels of 8 or 16 columns: the panel's columns of one place of the inner axis,
 * then those of the next.
 *
 * The left side becomes blocks of up to 5 rows, each of groups of four places of the inner axis: for
 * each place the vector of the first four rows, and then, if there is a fifth row, its four places.
 *
 * Rows and columns that a vector has too many are copies, and places what lies there.
 *
 * @module
 */
import type { ModuleAssembler } from "../assembler.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import { Lanes } from "../lanes.ts";

/** Rows of the largest block. */
export const blockRows = 5;

/** The right side to be packed; distances are in bytes. */
export interface Columns {
  readonly columns: number;
  /** Columns of a panel. */
  readonly width: number;
  /** Whether a last panel of fewer columns is as wide as the others. */
  readonly padsLast: boolean;
  /** Length of the inner axis. */
  readonly length: number;
  readonly inner: number;
  readonly column: number;
}

/** Blocks of the left side to be packed; distances are in bytes. */
export interface Rows {
  /** Rows of each block. */
  readonly rows: number;
  /** Places of the inner axis beyond the last group of four. */
  readonly rest: number;
  readonly inner: number;
  readonly row: number;
}

/** Bytes of a group of four places of a packed block. */
export function groupBytes(rows: number): number {
  return rows > 4 ? 80 : 64;
}

/** Bytes of a packed block. */
export function blockBytes(rows: number, length: number): number {
  return Math.ceil(length / 4) * groupBytes(rows);
}

/** The function `(source, target)` that packs the right side. */
export function packColumnsFunction(module: ModuleAssembler, side: Columns): FunctionBody {
  const { columns, width, padsLast, length, inner, column } = side;
  return module.shared(
    `columns ${[columns, width, padsLast, length, inner, column].join()}`,
    () =>
      module.function(2, (f) => {
        const v = new Lanes(f, "strict");
        // 16 columns at once are whole cache lines of a right side whose columns are neighbours
        const together = column === 4 ? 16 / width : 1;
        const panels = (count: number) => {
          writePanels(v, side, { count, columns: width });
          f.advance(0, count * width * column - length * inner);
          f.advance(1, (count - 1) * length * width * 4);
        };
        const whole = Math.floor(columns / width);
        f.repeat(Math.floor(whole / together), () => panels(together));
        if (whole % together > 0) panels(1);
        if (columns % width > 0) writePanels(v, side, { count: 1, columns: columns % width });
      }),
  );
}

/** Writes panels, and moves the target behind the first and the source `length` on. */
function writePanels(
  v: Lanes,
  { width, padsLast, length, inner, column }: Columns,
  { count, columns }: { readonly count: number; readonly columns: number },
): void {
  const { f } = v;
  const vectors = Math.ceil((padsLast ? width : columns) / 4);
  const offsets = (vector: number) =>
    [0, 1, 2, 3].map((lane) => Math.min(4 * vector + lane, columns - 1) * column);
  const copy = (place: number) => {
    for (let i = 0; i < count * vectors; i++) {
      const [panel, vector] = [Math.floor(i / vectors), i % vectors];
      const from = v.load("v128.load", 0, place * inner + 16 * i);
      store(v, from, panel * length * width * 4 + 16 * (place * vectors + vector));
    }
  };
  const turn = () => {
    for (let vector = 0; vector < vectors; vector++) {
      const rows = offsets(vector).map((offset) => v.load("v128.load", 0, offset));
      v.transpose(rows).forEach((place, i) => store(v, place, 16 * (i * vectors + vector)));
    }
  };
  const single = () => {
    for (let vector = 0; vector < vectors; vector++) {
      store(v, v.gather(0, offsets(vector)), 16 * vector);
    }
  };
  const four = column === 4 ? () => [0, 1, 2, 3].forEach(copy) : inner === 4 ? turn : null;
  const times = (count: number, places: number, write: () => void) =>
    f.repeat(count, () => {
      f.scope(write);
      f.advance(0, places * inner).advance(1, places * 16 * vectors);
    });
  if (four !== null) times(length >> 2, 4, four);
  times(four === null ? length : length & 3, 1, column === 4 ? () => copy(0) : single);
}

/** The function `(source, target, count, groups)` that packs blocks of the left side. */
export function packRowsFunction(module: ModuleAssembler, side: Rows): FunctionBody {
  const { rows, rest, inner, row } = side;
  return module.shared(`rows ${[rows, rest, inner, row].join()}`, () =>
    module.function(4, (f) => {
      const v = new Lanes(f, "strict");
      const [place, groups] = [f.local("i32"), f.local("i32")];
      const group = (places: number) => {
        f.scope(() => writeGroup(v, side, { source: place, places }));
        f.advance(place, 4 * inner).advance(1, groupBytes(rows));
      };
      f.repeat({ local: 2 }, () => {
        f.get(0).set(place).get(3).set(groups);
        f.repeat({ local: groups }, () => group(4));
        if (rest > 0) group(rest);
        f.advance(0, rows * row);
      });
    }));
}

/** Writes one group. Where the inner axis has no fourth neighbour, only `places` of it are read. */
function writeGroup(
  v: Lanes,
  { rows, inner, row }: Rows,
  { source, places }: { readonly source: Local; readonly places: number },
): void {
  const four = [0, 1, 2, 3].map((i) => Math.min(i, rows - 1) * row);
  if (inner === 4) {
    const loaded = four.map((offset) => v.load("v128.load", source, offset));
    v.transpose(loaded).forEach((place, i) => store(v, place, 16 * i));
    if (rows === 5) store(v, v.load("v128.load", source, 4 * row), 64);
    return;
  }
  for (let place = 0; place < places; place++) {
    const vector = row === 4
      ? v.load("v128.load", source, place * inner)
      : v.gather(source, four.map((offset) => offset + place * inner));
    store(v, vector, 16 * place);
  }
  if (rows === 5) {
    const last = [0, 1, 2, 3].map((place) => Math.min(place, places - 1) * inner + 4 * row);
    store(v, v.gather(source, last), 64);
  }
}

/** Stores into the target. */
function store(v: Lanes, vector: Local, offset: number): void {
  v.f.get(1).get(vector).memory("v128.store", offset);
}

/** Bytes of a packed row of so many places. */
export function packedRowBytes(length: number): number {
  return 16 * Math.ceil(length / 4);
}

/** The function `(source, target, count)` that packs rows one behind the other, places as neighbours. */
export function packSpreadFunction(
  module: ModuleAssembler,
  { row, inner, length }: Pick<Rows, "row" | "inner"> & { readonly length: number },
): FunctionBody {
  const target = packedRowBytes(length);
  return module.shared(`spread ${[row, inner, length].join()}`, () =>
    module.function(3, (f) => {
      const v = new Lanes(f, "strict");
      const vectors = Math.ceil(length / 4);
      const single = () => {
        for (let i = 0; i < vectors; i++) {
          f.scope(() => {
            const places = [0, 1, 2, 3].map((lane) => Math.min(4 * i + lane, length - 1) * inner);
            const from = inner === 4 ? v.load("v128.load", 0, 16 * i) : v.gather(0, places);
            store(v, from, 16 * i);
          });
        }
        f.advance(0, row).advance(1, target);
      };
      if (row === 4) {
        const fours = f.local("i32");
        f.get(2).i32(4).op("i32.div_u").set(fours);
        f.get(2).i32(4).op("i32.rem_u").set(2);
        f.repeat({ local: fours }, () => {
          for (let i = 0; i < vectors; i++) {
            f.scope(() => {
              const four = [0, 1, 2, 3].map((lane) =>
                v.load("v128.load", 0, Math.min(4 * i + lane, length - 1) * inner)
              );
              v.transpose(four).forEach((places, lane) => store(v, places, lane * target + 16 * i));
            });
          }
          f.advance(0, 16).advance(1, 4 * target);
        });
      }
      f.repeat({ local: 2 }, single);
    }));
}
