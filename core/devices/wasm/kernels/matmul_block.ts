/**
 * The innermost part of matrix multiplication: blocks of rows times panels of columns, the sums of
 * one block and panel in registers over the inner axis.
 *
 * @module
 */
import type { ModuleAssembler } from "../assembler.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import { type Arithmetic, Lanes } from "../lanes.ts";
import { groupBytes } from "./matmul_pack.ts";

/** The left side where it lies: distances in bytes. */
export interface PlainRows {
  readonly row: number;
  readonly inner: number;
}

/** What the code for blocks is made from; distances are in bytes. */
export interface Blocks {
  /** Rows of each block. */
  readonly rows: number;
  readonly columns: number;
  /** Places of the inner axis beyond the last group of four. */
  readonly rest: number;
  /** Vectors of columns in a panel. */
  readonly vectors: number;
  /** `null` for a left side that is packed. */
  readonly lhs: PlainRows | null;
  /** Distance along the inner axis of a right side that is read where it lies; `null` if it is packed. */
  readonly rhsInner: number | null;
  readonly outputRow: number;
}

/**
 * Parameters of the function: where the left side's rows, the panels and the output's rows begin; the
 * numbers of blocks, of groups of four places in a part, and of parts; and whether the first part's sums
 * are added to what is there, as those of the others are.
 */
const parameters = { lhs: 0, panels: 1, output: 2, count: 3, groups: 4, parts: 5, accumulates: 6 };

/**
 * The function `(lhs, panels, output, count, groups, parts, accumulates)` that computes blocks, one
 * panel after the other.
 */
export function blocksFunction(
  module: ModuleAssembler,
  arithmetic: Arithmetic,
  blocks: Blocks,
): FunctionBody {
  return module.shared(
    `blocks ${arithmetic} ${JSON.stringify(blocks)}`,
    () =>
      module.function(7, (f) => {
        const v = new Lanes(f, arithmetic);
        const width = 4 * blocks.vectors;
        f.repeat(Math.floor(blocks.columns / width), () => writePanel(v, blocks, width));
        if (blocks.columns % width > 0) writePanel(v, blocks, blocks.columns % width);
      }),
  );
}

/** Writes all blocks with one panel, and moves panels and output on to the next. */
function writePanel(v: Lanes, blocks: Blocks, columns: number): void {
  const { f } = v;
  const { rows, rhsInner, outputRow } = blocks;
  f.scope(() => {
    const [left, right, output, count] = [0, 1, 2, 3].map(() => f.local("i32"));
    f.get(parameters.lhs).set(left!).get(parameters.output).set(output!);
    f.get(parameters.count).set(count!);
    f.repeat({ local: count! }, () => {
      f.get(parameters.panels).set(right!);
      writeBlock(v, { ...blocks, columns }, { left: left!, right: right!, output: output! });
      f.advance(output!, rows * outputRow);
    });
    f.advance(parameters.output, 4 * columns);
    // packed panels follow each other; columns where they lie are beside each other
    if (rhsInner === null) f.get(right!).set(parameters.panels);
    else f.advance(parameters.panels, 4 * columns);
  });
}

/** Where a block's rows, its panel and its output begin. */
interface Pointers {
  /** Moves on to the next block. */
  readonly left: Local;
  /** Moves to the end of the panel. */
  readonly right: Local;
  readonly output: Local;
}

/** Writes one block with one panel. */
function writeBlock(v: Lanes, blocks: Blocks, { left, right, output }: Pointers): void {
  const { f } = v;
  const { rows, columns, rest, lhs, rhsInner, outputRow } = blocks;
  const vectors = Math.ceil(columns / 4);
  const rhsStep = rhsInner ?? 16 * vectors;
  const outputOffset = (i: number) => Math.floor(i / vectors) * outputRow + 16 * (i % vectors);
  f.scope(() => {
    const [place, groups, parts, adds] = [0, 1, 2, 3].map(() => f.local("i32"));
    f.get(left).set(place!);
    const sums = Array.from({ length: rows * vectors }, () => f.local("v128"));
    const readRow = lhs === null
      ? packedRowReader(v, place!, rows)
      : plainRowReader(v, place!, { rows, ...lhs });
    const several = (places: number) => {
      for (let i = 0; i < places; i++) {
        f.scope(() => {
          const columnsHere = Array.from(
            { length: vectors },
            (_, vector) => v.load("v128.load", right, i * rhsStep + 16 * vector),
          );
          addProducts(v, sums, { columns: columnsHere, rows, readRow: (row) => readRow(row, i) });
        });
      }
      f.advance(place!, lhs === null ? groupBytes(rows) : places * lhs.inner);
      f.advance(right, places * rhsStep);
    };
    const part = () => {
      for (const sum of sums) f.words(0, 0, 0, 0).set(sum);
      f.get(parameters.groups).set(groups!);
      f.repeat({ local: groups! }, () => several(4));
      if (rest > 0) several(rest);
      f.get(adds!).if(() =>
        sums.forEach((sum, i) => {
          f.get(output).memory("v128.load", outputOffset(i)).get(sum).op("f32x4.add").set(sum);
        })
      );
      sums.forEach((sum, i) => {
        const offset = outputOffset(i);
        storeColumns(f, sum, { output, offset, columns: columns - 4 * (i % vectors) });
      });
    };
    f.get(parameters.accumulates).set(adds!).get(parameters.parts).set(parts!);
    f.repeat({ local: parts! }, () => {
      part();
      f.i32(1).set(adds!);
    });
    if (lhs === null) f.get(place!).set(left);
    else f.advance(left, rows * lhs.row);
  });
}

/** Adds the products of the rows' elements, each in all lanes, and the columns' vectors to the sums. */
export function addProducts(
  v: Lanes,
  sums: readonly Local[],
  { rows, columns, readRow }: {
    readonly rows: number;
    readonly columns: readonly Local[];
    /** Rows are asked for in order. */
    readonly readRow: (row: number) => Local;
  },
): void {
  for (let row = 0; row < rows; row++) {
    const element = readRow(row);
    columns.forEach((vector, column) => {
      const sum = sums[row * columns.length + column]!;
      v.f.get(v.madd(element, vector, sum)).set(sum);
    });
  }
}

/** Reads an element of a row, `place` places on, into all lanes. Rows are asked for in order. */
export type ReadRow = (row: number, place: number) => Local;

/**
 * Of a packed group: a vector of four rows for each place, and one of four places for the fifth row.
 * Strict products need that vector's register, and so read the fifth row place by place.
 */
function packedRowReader(v: Lanes, left: Local, rows: number): ReadRow {
  const keepsFifth = rows === 5 && v.arithmetic === "fast";
  const fifth = keepsFifth ? v.f.local("v128") : 0;
  let four = 0;
  return (row, place) => {
    if (row < 4) {
      if (row === 0) four = v.load("v128.load", left, 16 * place);
      return v.spread(four, row);
    }
    if (!keepsFifth) return v.load("v128.load32_splat", left, 64 + 4 * place);
    if (place === 0) v.f.get(v.load("v128.load", left, 64)).set(fifth);
    return v.spread(fifth, place);
  };
}

/** Where it lies: four rows as a vector if they are neighbours. */
export function plainRowReader(
  v: Lanes,
  left: Local,
  { rows, row: rowBytes, inner }: PlainRows & { readonly rows: number },
): ReadRow {
  let four = 0;
  return (row, place) => {
    const offset = row * rowBytes + place * inner;
    if (rowBytes !== 4 || (row % 4 === 0 && row + 1 === rows)) {
      return v.load("v128.load32_splat", left, offset);
    }
    if (row % 4 === 0) four = v.load("v128.load", left, offset);
    return v.spread(four, row % 4);
  };
}

/** Stores the lanes of a vector that are columns of the output. */
export function storeColumns(
  f: FunctionBody,
  vector: Local,
  { output, offset, columns }: {
    readonly output: Local;
    readonly offset: number;
    readonly columns: number;
  },
): void {
  f.get(output).get(vector);
  if (columns >= 4) {
    f.memory("v128.store", offset);
    return;
  }
  if (columns === 1) {
    f.memoryLane("v128.store32_lane", offset, 0);
    return;
  }
  f.memoryLane("v128.store64_lane", offset, 0);
  if (columns === 3) {
    f.get(output).get(vector).memoryLane("v128.store32_lane", offset + 8, 2);
  }
}
