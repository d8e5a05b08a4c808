/**
 * The innermost part of matrix multiplication and convolution in vectors of 256 bits, where V8 makes
 * such out of pairs of 128 (see `thread_functions.ts`).
 *
 * Algorithm: blocks of up to 5 rows times panels of 16 lanes, whose 10 pairs of sums stay in registers;
 * or of 8 rows times 8 lanes. The panel and the block's sums lie at constant addresses of the thread's
 * own memory, so the inner axis cannot be walked by a loop: a part of it is written out. Elements of the
 * spread side are each loaded into all lanes from an address computed at run time: that costs a check,
 * but there is no pair to merge. Checks against the same limit share its computation, and so rows or
 * places have pointers of their own and offsets recur.
 *
 * The code of a part must fit the processor's cache of decoded instructions: on an AMD EPYC of 2020
 * 5 x 16 reaches 100 GFLOP/s with 64 places and 99 with 96, where 128-bit code reaches 50; without
 * shared limits 93 with 64 and 48 with 96.
 *
 * Each output is the same sum in the same order as the code for 128 bits makes, and so has the same
 * bits.
 *
 * @module
 */
import type { FunctionBody, Local } from "../function_body.ts";
import { type Arithmetic, Lanes } from "../lanes.ts";
import type { ThreadFunction, ThreadFunctions } from "../thread_functions.ts";
import { blockRows } from "./matmul_pack.ts";

/** Lanes of a panel, but for those of 8. */
export const wideLanes = 16;

/** Bytes of a place of such a panel, and of a row of its sums. */
export const wideRowBytes = 4 * wideLanes;

/** Where in the thread's memory the panel lies: behind the block's sums. */
export const widePanelOffset = blockRows * wideRowBytes;

/** Rows of the largest block with a panel of so many lanes: V8 has no registers for 10 rows' pointers. */
export function wideRows(lanes: PanelLanes): number {
  return lanes === wideLanes ? blockRows : 8;
}

/** Lanes that a panel can have. */
export type PanelLanes = 8 | 16;

/** How the spread side lies: distances in bytes. */
export interface Spread {
  /** From one row to the next. */
  readonly row: number;
  /** From the first row to its elements. */
  readonly places: readonly number[];
  /** The places of the panel that they meet, if those are not the first ones in order. */
  readonly panelPlaces?: readonly number[];
}

/** What the code for blocks is made from; distances are in bytes. */
export interface WideBlocks {
  readonly arithmetic: Arithmetic;
  /** Lanes of the panel; 16 unless told. */
  readonly lanes?: PanelLanes;
  /** Rows of each block. */
  readonly rows: number;
  readonly spread: Spread;
  /** Distances from one block to the next, where they are not those of so many rows. */
  readonly block?: { readonly spread: number; readonly output: number };
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
  const { rows, lanes = wideLanes, spread, outputRow } = blocks;
  const { block = { spread: rows * spread.row, output: rows * outputRow } } = blocks;
  const products = productsFunction(wide, blocks);
  const key = `wide blocks ${JSON.stringify(blocks)}`;
  const made = wide.shared(key, 4, (f, { thread, base }) => {
    const copyOut = (accumulates: boolean) => {
      for (let row = 0; row < rows; row++) {
        writeRowOut(f, { base, lanes, row, outputRow, accumulates });
      }
    };
    f.repeat({ local: parameters.count }, () => {
      f.get(parameters.spread).call(products.copies[thread]!);
      f.get(parameters.accumulates).if(() => copyOut(true), () => copyOut(false));
      f.advance(parameters.spread, block.spread);
      f.advance(parameters.output, block.output);
    });
  });
  return wide.dispatcher(made);
}

/** Parameters of the function for some rows of a block. */
const restParameters = { spread: 0, output: 1, skip: 2, count: 3, accumulates: 4 };

/**
 * The function `(spread, output, skip, count, accumulates, scratch)` that computes one block and stores
 * only `count` of its rows, from number `skip` on: the others belong to blocks before or behind it.
 */
export function wideRestFunction(wide: ThreadFunctions, blocks: WideBlocks): FunctionBody {
  const { lanes = wideLanes, outputRow } = blocks;
  const products = productsFunction(wide, blocks);
  const key = `wide rest ${JSON.stringify(blocks)}`;
  const made = wide.shared(key, 5, (f, { thread, base }) => {
    f.get(restParameters.spread).call(products.copies[thread]!);
    for (let row = 0; row < blocks.rows; row++) {
      f.i32(row).get(restParameters.skip).op("i32.sub");
      f.get(restParameters.count).op("i32.lt_u").if(() => {
        const where = { base, lanes, row, outputRow };
        f.get(restParameters.accumulates).if(
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
  { base, lanes, row, outputRow, accumulates }: {
    readonly base: number;
    readonly lanes: number;
    readonly row: number;
    readonly outputRow: number;
    readonly accumulates: boolean;
  },
): void {
  for (let i = 0; i < lanes / 4; i++) {
    const offset = row * outputRow + 16 * i;
    f.get(parameters.output);
    if (accumulates) f.get(parameters.output).memory("v128.load", offset);
    f.i32(0).memory("v128.load", base + 4 * row * lanes + 16 * i);
    if (accumulates) f.op("f32x4.add");
    f.memory("v128.store", offset);
  }
}

/** The function `(spread)` that leaves a block's sums of products in the thread's memory. */
function productsFunction(
  wide: ThreadFunctions,
  { arithmetic, lanes = wideLanes, rows, spread }: WideBlocks,
): ThreadFunction {
  const vectors = lanes / 4;
  const key = `wide products ${JSON.stringify([arithmetic, lanes, rows, spread])}`;
  return wide.shared(key, 1, (f, { base }) => {
    const v = new Lanes(f, arithmetic);
    const sums = Array.from({ length: rows * vectors }, () => {
      f.words(0, 0, 0, 0);
      return v.keep();
    });
    const pointers = spread.row === 4 ? placePointers(f, spread) : rowPointers(f, spread, rows);
    for (let place = 0; place < spread.places.length; place++) {
      f.scope(() => {
        const panelPlace = spread.panelPlaces?.[place] ?? place;
        const panel = Array.from({ length: vectors }, (_, i) => {
          f.i32(0);
          f.memory("v128.load", base + widePanelOffset + 16 * (panelPlace * vectors + i));
          return v.keep();
        });
        const at = pointers(place);
        for (let row = 0; row < rows; row++) {
          const { pointer, offset } = at(row);
          const element = v.load("v128.load32_splat", pointer, offset);
          panel.forEach((vector, i) => {
            const sum = sums[vectors * row + i]!;
            f.get(v.madd(element, vector, sum)).set(sum);
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

/** A pointer for each row. */
function rowPointers(f: FunctionBody, { row: rowBytes, places }: Spread, rows: number): Pointers {
  const pointers = Array.from({ length: rows }, (_, row) => {
    const pointer = f.local("i32");
    f.get(parameters.spread).i32(row * rowBytes).op("i32.add").set(pointer);
    return pointer;
  });
  return (place) => (row) => ({ pointer: pointers[row]!, offset: places[place]! });
}

/** A pointer for each place. */
function placePointers(f: FunctionBody, { row: rowBytes, places }: Spread): Pointers {
  const pointer = f.local("i32");
  return (place) => {
    f.get(parameters.spread).i32(places[place]!).op("i32.add").set(pointer);
    return (row) => ({ pointer, offset: row * rowBytes });
  };
}
