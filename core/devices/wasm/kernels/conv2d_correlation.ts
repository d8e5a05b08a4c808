/**
 * The innermost part of the gradient of a convolution by its weight: a block of the weight's rows times
 * a panel of its columns, the sums in registers over rows of images; both sides are read where they
 * lie.
 *
 * @module
 */
import type { ModuleAssembler } from "../assembler.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import { type Arithmetic, Lanes } from "../lanes.ts";
import { addProducts, plainRowReader, storeColumns } from "./matmul_block.ts";

/** Distances in bytes of a side along what is summed over. */
export interface SummedSteps {
  readonly image: number;
  readonly row: number;
  readonly place: number;
}

/** What the code for a block is made from. */
export interface Correlation {
  /** Rows of the weight: neighbours in a run. */
  readonly rows: number;
  /** Columns of the weight, up to 8. */
  readonly columns: number;
  /** Whether every column has a channel of its own: those are vectors beside those of the columns. */
  readonly depthwise: boolean;
  /** Places of a row that are summed over. */
  readonly width: number;
  /** The images; `step` is the distance from one row of the weight to the next. */
  readonly left: SummedSteps & { readonly step: number };
  /** The cotangent. */
  readonly right: SummedSteps;
  readonly outputRow: number;
  /** Rows of an image whose sums start from zero and are added to those before; `null` for no such parts. */
  readonly partRows: number | null;
}

/**
 * Parameters of the function: where the sides and the output begin; the numbers of images and of rows
 * in each; and whether sums are added to what is there.
 */
const parameters = { left: 0, right: 1, output: 2, images: 3, rows: 4, accumulates: 5 };

/** Places written out one by one in the innermost loop. */
const unrolledPlaces = 4;

/** The function `(left, right, output, images, rows, accumulates)` that computes a block. */
export function correlationFunction(
  module: ModuleAssembler,
  arithmetic: Arithmetic,
  block: Correlation,
): FunctionBody {
  return module.shared(
    `correlation ${arithmetic} ${JSON.stringify(block)}`,
    () => module.function(6, (f) => writeBlock(new Lanes(f, arithmetic), block)),
  );
}

function writeBlock(v: Lanes, block: Correlation): void {
  const { f } = v;
  const { rows, columns, left, right, partRows } = block;
  const sums = Array.from({ length: rows * Math.ceil(columns / 4) }, () => f.local("v128"));
  const clear = () => {
    for (const sum of sums) f.words(0, 0, 0, 0).set(sum);
  };
  const row = { left: f.local("i32"), right: f.local("i32") };
  const count = f.local("i32");
  if (partRows === null) {
    clear();
    f.get(parameters.accumulates).if(() => loadSums(f, block, sums));
  }
  f.repeat({ local: parameters.images }, () => {
    f.get(parameters.left).set(row.left).get(parameters.right).set(row.right);
    f.get(parameters.rows).set(count);
    if (partRows === null) {
      writeRows(v, block, { sums, row, count });
    } else {
      writeParts(f, { rows: count, partRows }, (part) => {
        clear();
        writeRows(v, block, { sums, row, count: part });
        f.get(parameters.accumulates).if(() => addSums(f, block, sums));
        storeSums(f, block, sums);
        f.i32(1).set(parameters.accumulates);
      });
    }
    f.advance(parameters.left, left.image).advance(parameters.right, right.image);
  });
  if (partRows === null) storeSums(f, block, sums);
}

/** Pointers along rows or places of both sides. */
interface Cursors {
  readonly left: Local;
  readonly right: Local;
}

/** Writes a loop over parts of so many rows; counts the rows down. */
function writeParts(
  f: FunctionBody,
  { rows, partRows }: { readonly rows: Local; readonly partRows: number },
  body: (count: Local) => void,
): void {
  const count = f.local("i32");
  f.get(rows).if(() =>
    f.loop((next) => {
      f.get(rows).i32(partRows).get(rows).i32(partRows).op("i32.lt_u").op("select").set(count);
      f.get(rows).get(count).op("i32.sub").set(rows);
      body(count);
      f.get(rows).branchIf(next);
    })
  );
}

/** Writes a loop that adds the products of `count` rows. */
function writeRows(
  v: Lanes,
  block: Correlation,
  { sums, row, count }: {
    readonly sums: readonly Local[];
    readonly row: Cursors;
    readonly count: Local;
  },
): void {
  const { f } = v;
  const { width, left, right } = block;
  const place = { left: f.local("i32"), right: f.local("i32") };
  f.repeat({ local: count }, () => {
    f.get(row.left).set(place.left).get(row.right).set(place.right);
    f.repeat(Math.floor(width / unrolledPlaces), () => {
      f.scope(() => writePlaces(v, block, { sums, cursors: place, places: unrolledPlaces }));
      f.advance(place.left, unrolledPlaces * left.place);
      f.advance(place.right, unrolledPlaces * right.place);
    });
    const places = width % unrolledPlaces;
    if (places > 0) f.scope(() => writePlaces(v, block, { sums, cursors: place, places }));
    f.advance(row.left, left.row).advance(row.right, right.row);
  });
}

/** Where the output has the vector of a sum. */
function outputOffset({ columns, outputRow }: Correlation, i: number): number {
  const vectors = Math.ceil(columns / 4);
  return Math.floor(i / vectors) * outputRow + 16 * (i % vectors);
}

function loadSums(f: FunctionBody, block: Correlation, sums: readonly Local[]): void {
  sums.forEach((sum, i) =>
    f.get(parameters.output).memory("v128.load", outputOffset(block, i)).set(sum)
  );
}

function addSums(f: FunctionBody, block: Correlation, sums: readonly Local[]): void {
  sums.forEach((sum, i) => {
    f.get(parameters.output).memory("v128.load", outputOffset(block, i));
    f.get(sum).op("f32x4.add").set(sum);
  });
}

function storeSums(f: FunctionBody, block: Correlation, sums: readonly Local[]): void {
  const vectors = Math.ceil(block.columns / 4);
  sums.forEach((sum, i) =>
    storeColumns(f, sum, {
      output: parameters.output,
      offset: outputOffset(block, i),
      columns: block.columns - 4 * (i % vectors),
    })
  );
}

/** Adds the products of some places. */
function writePlaces(
  v: Lanes,
  { rows, columns, depthwise, left, right }: Correlation,
  { sums, cursors, places }: {
    readonly sums: readonly Local[];
    readonly cursors: Cursors;
    readonly places: number;
  },
): void {
  const vectors = Math.ceil(columns / 4);
  const readRow = plainRowReader(v, cursors.left, { rows, row: left.step, inner: left.place });
  for (let i = 0; i < places; i++) {
    v.f.scope(() => {
      const panel = Array.from(
        { length: vectors },
        (_, vector) => v.load("v128.load", cursors.right, i * right.place + 16 * vector),
      );
      if (!depthwise) {
        addProducts(v, sums, { rows, columns: panel, readRow: (row) => readRow(row, i) });
        return;
      }
      panel.forEach((column, vector) =>
        addProducts(v, sums.filter((_, sum) => sum % vectors === vector), {
          rows,
          columns: [column],
          readRow: (row) =>
            v.load("v128.load", cursors.left, row * left.step + i * left.place + 16 * vector),
        })
      );
    });
  }
}
