/**
 * Packing of the two sides of a matrix multiplication, so that its innermost loop reads both in order.
 *
 * The right side becomes panels of 8 columns: the panel's columns of one place of the inner axis, then
 * those of the next. The last panel is 4 or 8 columns wide.
 *
 * The left side becomes blocks of up to 5 rows, each of groups of four places of the inner axis: for
 * each place the vector of the first four rows, and then, if there is a fifth row, its four places.
 *
 * Rows and columns that a vector has too many are copies, and places what lies there.
 *
 * @module
 */
import type { FunctionBody, Local, ModuleAssembler } from "../assembler.ts";
import { Lanes } from "../lanes.ts";

/** The right side to be packed; distances are in bytes. */
export interface Columns {
  readonly columns: number;
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
  const { columns, length, inner, column } = side;
  return module.shared(
    `columns ${[columns, length, inner, column].join()}`,
    () =>
      module.function(2, (f) => {
        const v = new Lanes(f, "strict");
        // two panels at once read whole cache lines of a right side whose columns are neighbours
        const together = column === 4 ? 2 : 1;
        const panels = (count: number) => {
          writePanels(v, side, { count, columns: 8 });
          f.advance(0, count * 8 * column - length * inner).advance(1, (count - 1) * length * 32);
        };
        const whole = Math.floor(columns / 8);
        f.repeat(Math.floor(whole / together), () => panels(together));
        if (whole % together > 0) panels(1);
        if (columns % 8 > 0) writePanels(v, side, { count: 1, columns: columns % 8 });
      }),
  );
}

/** Writes panels, and moves the target behind the first and the source `length` on. */
function writePanels(
  v: Lanes,
  { length, inner, column }: Columns,
  { count, columns }: { readonly count: number; readonly columns: number },
): void {
  const { f } = v;
  const vectors = Math.ceil(columns / 4);
  const offsets = (vector: number) =>
    [0, 1, 2, 3].map((lane) => Math.min(4 * vector + lane, columns - 1) * column);
  const copy = (place: number) => {
    for (let i = 0; i < count * vectors; i++) {
      const [panel, vector] = [Math.floor(i / vectors), i % vectors];
      const from = v.load("v128.load", 0, place * inner + 16 * i);
      store(v, from, panel * length * 32 + 16 * (place * vectors + vector));
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
