/**
 * The innermost part of matrix multiplication in vectors of 256 bits, where V8 makes such out of pairs
 * of 128 (see `thread_functions.ts`).
 *
 * Algorithm: blocks of 5 rows times panels of 16 lanes, whose 10 pairs of sums stay in registers. The
 * panel and the block's sums lie at constant addresses of the thread's own memory, so the inner axis
 * cannot be walked by a loop: a part of it is written out. Elements of the spread side are each loaded
 * into all lanes from an address computed at run time: that costs a check, but there is no pair to
 * merge. Checks against the same limit share its computation, and so rows or places have pointers of
 * their own and offsets recur.
 *
 * The code of a part must fit the processor's cache of decoded instructions: on an AMD EPYC of 2020
 * 5 x 16 reaches 100 GFLOP/s with 64 places and 99 with 96, where 128-bit code reaches 50; without
 * shared limits 93 with 64 and 48 with 96.
 *
 * Each output is the same sum in the same order as `matmul_block.ts` makes, and so has the same bits.
 *
 * @module
 */
import type { FunctionBody, Local } from "../assembler.ts";
import { type Arithmetic, Lanes } from "../lanes.ts";
import type { ThreadFunction, ThreadFunctions } from "../thread_functions.ts";
import { blockRows } from "./matmul_pack.ts";

/** Lanes of a panel. */
export const wideLanes = 16;

/** Bytes of a place of a panel, and of a row of sums. */
export const wideRowBytes = 4 * wideLanes;

/** Where in the thread's memory the panel lies: behind the block's sums. */
export const widePanelOffset = blockRows * wideRowBytes;

/** Distances in bytes between the rows and the places of the spread side. */
export interface Spread {
  readonly row: number;
  readonly inner: number;
}

/** What the code for blocks is made from; distances are in bytes. */
export interface WideBlocks {
  readonly arithmetic: Arithmetic;
  /** Length of this part of the inner axis. */
  readonly length: number;
  /** Distances between the rows and the places of the spread side. */
  readonly spread: Spread;
  /** Distance between the rows of the output. */
  readonly outputRow: number;
}

/** Parameters of the functions for blocks. */
const parameters = { spread: 0, output: 1, count: 2, accumulates: 3 };

/**
 * The function `(spread, output, count, accumulates, scratch)` that computes `count` blocks, one below
 * the other, with the panel that lies in the thread's memory.
 */
export function wideBlocksFunction(wide: ThreadFunctions, blocks: WideBlocks): FunctionBody {
  const { spread, outputRow } = blocks;
  const products = productsFunction(wide, blocks);
  const key = `wide blocks ${JSON.stringify(blocks)}`;
  const made = wide.shared(key, 4, (f, { thread, base }) => {
    const copyOut = (accumulates: boolean) => {
      for (let row = 0; row < blockRows; row++) {
        writeRowOut(f, { base, row, outputRow, accumulates });
      }
    };
    f.repeat({ local: parameters.count }, () => {
      f.get(parameters.spread).call(products.copies[thread]!);
      f.get(parameters.accumulates).if(() => copyOut(true), () => copyOut(false));
      f.advance(parameters.spread, blockRows * spread.row);
      f.advance(parameters.output, blockRows * outputRow);
    });
  });
  return wide.dispatcher(made);
}

/**
 * The function `(spread, output, count, accumulates, scratch)` that computes one block and stores only
 * its last `count` rows: the others are those of the block before it.
 */
export function wideLastRowsFunction(wide: ThreadFunctions, blocks: WideBlocks): FunctionBody {
  const products = productsFunction(wide, blocks);
  const key = `wide last rows ${JSON.stringify(blocks)}`;
  const made = wide.shared(key, 4, (f, { thread, base }) => {
    f.get(parameters.spread).call(products.copies[thread]!);
    for (let row = 0; row < blockRows; row++) {
      f.get(parameters.count).i32(blockRows - 1 - row).op("i32.gt_u").if(() => {
        const where = { base, row, outputRow: blocks.outputRow };
        f.get(parameters.accumulates).if(
          () => writeRowOut(f, { ...where, accumulates: true }),
          () => writeRowOut(f, { ...where, accumulates: false }),
        );
      });
    }
  });
  return wide.dispatcher(made);
}

/** Adds a row of sums to the output's row, or stores it there. */
function writeRowOut(
  f: FunctionBody,
  { base, row, outputRow, accumulates }: {
    readonly base: number;
    readonly row: number;
    readonly outputRow: number;
    readonly accumulates: boolean;
  },
): void {
  for (let i = 0; i < wideLanes / 4; i++) {
    const offset = row * outputRow + 16 * i;
    f.get(parameters.output);
    if (accumulates) f.get(parameters.output).memory("v128.load", offset);
    f.i32(0).memory("v128.load", base + row * wideRowBytes + 16 * i);
    if (accumulates) f.op("f32x4.add");
    f.memory("v128.store", offset);
  }
}

/** The function `(spread)` that leaves a block's sums of products in the thread's memory. */
export function productsFunction(
  wide: ThreadFunctions,
  { arithmetic, length, spread }: Omit<WideBlocks, "outputRow">,
): ThreadFunction {
  const key = `wide products ${JSON.stringify([arithmetic, length, spread])}`;
  return wide.shared(key, 1, (f, { base }) => {
    const v = new Lanes(f, arithmetic);
    const sums = Array.from({ length: blockRows * wideLanes / 4 }, () => {
      f.words(0, 0, 0, 0);
      return v.keep();
    });
    const pointers = spread.inner === 4 ? rowPointers(f, spread.row) : placePointers(f, spread);
    for (let place = 0; place < length; place++) {
      f.scope(() => {
        const lanes = [0, 1, 2, 3].map((i) => {
          f.i32(0).memory("v128.load", base + widePanelOffset + place * wideRowBytes + 16 * i);
          return v.keep();
        });
        const at = pointers(place);
        for (let row = 0; row < blockRows; row++) {
          const { pointer, offset } = at(row);
          const element = v.load("v128.load32_splat", pointer, offset);
          lanes.forEach((lane, i) => {
            const sum = sums[4 * row + i]!;
            f.get(v.madd(element, lane, sum)).set(sum);
          });
        }
      });
    }
    sums.forEach((sum, i) => f.i32(0).get(sum).memory("v128.store", base + 16 * i));
  });
}

/** Tells where the element of a row stands, place by place. */
type Pointers = (
  place: number,
) => (row: number) => { readonly pointer: Local; readonly offset: number };

/** A pointer for each row, along which places are neighbours. */
function rowPointers(f: FunctionBody, rowBytes: number): Pointers {
  const rows = Array.from({ length: blockRows }, (_, row) => {
    const pointer = f.local("i32");
    f.get(parameters.spread).i32(row * rowBytes).op("i32.add").set(pointer);
    return pointer;
  });
  return (place) => (row) => ({ pointer: rows[row]!, offset: 4 * place });
}

/** A pointer for each place. */
function placePointers(
  f: FunctionBody,
  { row: rowBytes, inner }: Spread,
): Pointers {
  const pointer = f.local("i32");
  return (place) => {
    f.get(parameters.spread).i32(place * inner).op("i32.add").set(pointer);
    return (row) => ({ pointer, offset: row * rowBytes });
  };
}
