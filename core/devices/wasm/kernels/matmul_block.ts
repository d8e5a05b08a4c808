/**
 * The innermost part of matrix multiplication: a block of rows times all panels of columns, the sums
 * of one panel in registers over the inner axis.
 *
 * @module
 */
import type { FunctionBody, Local, ModuleAssembler } from "../assembler.ts";
import { type Arithmetic, Lanes } from "../lanes.ts";

/** What a block's code is made from; distances are in bytes. */
export interface Block {
  readonly rows: number;
  readonly columns: number;
  /** Length of the inner axis. */
  readonly length: number;
  /** Vectors of columns in a panel. */
  readonly vectors: number;
  readonly lhsRow: number;
  readonly lhsInner: number;
  /** Distance along the inner axis of a right side that is read where it lies; `null` if it is packed. */
  readonly rhsInner: number | null;
  readonly outputRow: number;
  /** Whether the sums are added to what is there. */
  readonly accumulates: boolean;
}

/** Places of the inner axis in one run of the loop. */
const unroll = 4;

/** Parameters of the function: where the left side's rows, the panels and the output's rows begin. */
const parameters = { lhs: 0, panels: 1, output: 2 };

/** The function `(lhs, panels, output)` that computes a block. */
export function blockFunction(
  module: ModuleAssembler,
  arithmetic: Arithmetic,
  block: Block,
): FunctionBody {
  return module.shared(
    `block ${arithmetic} ${JSON.stringify(block)}`,
    () =>
      module.function(3, (f) => {
        const v = new Lanes(f, arithmetic);
        const width = 4 * block.vectors;
        f.repeat(Math.floor(block.columns / width), () => writePanel(v, block, width));
        if (block.columns % width > 0) writePanel(v, block, block.columns % width);
      }),
  );
}

/** Writes one panel, and moves panels and output on to the next. */
function writePanel(v: Lanes, block: Block, columns: number): void {
  const { f } = v;
  const { rows, length, lhsRow, lhsInner, rhsInner, outputRow, accumulates } = block;
  const { panels, output } = parameters;
  const vectors = Math.ceil(columns / 4);
  const step = rhsInner ?? 16 * vectors;
  f.scope(() => {
    const lhs = f.local("i32");
    f.get(parameters.lhs).set(lhs);
    let four: Local | null = null;
    const loadLeft = (row: number, place: number): Local => {
      const offset = row * lhsRow + place * lhsInner;
      const address = () => {
        f.get(lhs);
        if (offset < 0) f.i32(offset).op("i32.add");
      };
      if (lhsRow === 4 && (row % 4 > 0 || row + 1 < rows)) {
        if (row % 4 === 0) {
          address();
          f.memory("v128.load", Math.max(0, offset));
          four = v.keep();
        }
        const lane = row % 4;
        return v.shuffle(four!, four!, lane, lane, lane, lane);
      }
      address();
      f.memory("v128.load32_splat", Math.max(0, offset));
      return v.keep();
    };
    const sums = Array.from({ length: rows * vectors }, (_, i) => {
      const sum = f.local("v128");
      if (accumulates) {
        f.get(output).memory(
          "v128.load",
          Math.floor(i / vectors) * outputRow + 16 * (i % vectors),
        );
      } else f.words(0, 0, 0, 0);
      f.set(sum);
      return sum;
    });
    const one = (place: number) =>
      f.scope(() => {
        const right = Array.from({ length: vectors }, (_, i) => {
          f.get(panels).memory("v128.load", place * step + 16 * i);
          return v.keep();
        });
        for (let row = 0; row < rows; row++) {
          const left = loadLeft(row, place);
          right.forEach((vector, i) => {
            const sum = sums[row * vectors + i]!;
            f.get(v.madd(left, vector, sum)).set(sum);
          });
        }
      });
    const several = (places: number) => {
      for (let place = 0; place < places; place++) one(place);
      f.advance(lhs, places * lhsInner).advance(panels, places * step);
    };
    f.repeat(Math.floor(length / unroll), () => several(unroll));
    if (length % unroll > 0) several(length % unroll);
    sums.forEach((sum, i) => {
      const offset = Math.floor(i / vectors) * outputRow + 16 * (i % vectors);
      storeColumns(f, sum, { offset, columns: columns - 4 * (i % vectors) });
    });
    f.advance(output, 4 * columns);
    // packed panels follow each other; columns where they lie are beside each other
    if (rhsInner !== null) f.advance(panels, 4 * columns - length * rhsInner);
  });
}

/** Stores the lanes of a vector that are columns of the output. */
function storeColumns(
  f: FunctionBody,
  vector: Local,
  { offset, columns }: { readonly offset: number; readonly columns: number },
): void {
  f.get(parameters.output).get(vector);
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
    f.get(parameters.output).get(vector).memoryLane("v128.store32_lane", offset + 8, 2);
  }
}
