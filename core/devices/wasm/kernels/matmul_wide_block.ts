/**
 * The innermost part of matrix multiplication and convolution in vectors of 256 bits, where V8 makes
 * such out of pairs of 128 (see `thread_functions.ts`).
 *
 * Algorithm: blocks of up to 5 rows times panels of 16 lanes, whose 10 pairs of sums stay in registers;
 * or of 8 rows times 8 lanes. The panel and the block's sums lie at constant addresses of the thread's
 * own memory, so the inner axis cannot be walked by a loop: a part of it is written out. Elements of the
 * spread side come from addresses computed at run time: four neighbours are loaded as one vector, which
 * is checked once, and spread by shuffles, which V8 turns into loads of one element into all lanes.
 * Checks against the same limit share its computation, and so rows or places have pointers of their own.
 *
 * What limits a block is how fast the processor takes up instructions: on an AMD EPYC of 2020 (Zen 3)
 * multiply-adds in registers keep 96 of 100 GFLOP/s while another thread computes on the same core, but
 * code that is longer than half of the cache of decoded instructions is decoded anew, at 15 bytes a
 * clock. A place of 5 x 16 is 102 bytes; it was 149 with a check for every element. Blocks alone then
 * make 70 GFLOP/s with 64 places (51 with those checks), 74 with 32, 57 with 96; undisturbed 95 with 64
 * (94), 88 with 32. With the spread side at constant addresses, and no checks at all, 55 against 60.
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
    const elements = spread.row === 4 ? byPlace(v, spread, rows) : byRow(v, spread, rows);
    for (let place = 0; place < spread.places.length; place++) {
      f.scope(() => {
        const panelPlace = spread.panelPlaces?.[place] ?? place;
        const panel = Array.from({ length: vectors }, (_, i) => {
          f.i32(0);
          f.memory("v128.load", base + widePanelOffset + 16 * (panelPlace * vectors + i));
          return v.keep();
        });
        const at = elements(place);
        for (let row = 0; row < rows; row++) {
          const element = at(row);
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

/** Gives the element of a row in all lanes, place by place. */
type Elements = (place: number) => (row: number) => Local;

/** Of rows that have a pointer each, four places as one vector where they are neighbours. */
function byRow(v: Lanes, { row: rowBytes, places }: Spread, rows: number): Elements {
  const { f } = v;
  const pointers = Array.from({ length: rows }, (_, row) => {
    const pointer = f.local("i32");
    f.get(parameters.spread).i32(row * rowBytes).op("i32.add").set(pointer);
    return pointer;
  });
  const four = pointers.map(() => f.local("v128"));
  let first = -4;
  return (place) => {
    if (place >= first + 4 && areNeighbours(places, place)) {
      first = place;
      pointers.forEach((pointer, row) =>
        f.get(pointer).memory("v128.load", places[place]!).set(four[row]!)
      );
    }
    const lane = place - first;
    return (row) =>
      lane < 4
        ? v.spread(four[row]!, lane)
        : v.load("v128.load32_splat", pointers[row]!, places[place]!);
  };
}

/** Whether this place and the three behind it are neighbours. */
function areNeighbours(places: readonly number[], place: number): boolean {
  return [1, 2, 3].every((i) => places[place + i] === places[place]! + 4 * i);
}

/** Of rows that are neighbours, four of them as one vector. Places have pointers. */
function byPlace(v: Lanes, { places }: Spread, rows: number): Elements {
  const { f } = v;
  const pointer = f.local("i32");
  return (place) => {
    f.get(parameters.spread).i32(places[place]!).op("i32.add").set(pointer);
    let four = 0;
    return (row) => {
      if (row + 4 - row % 4 > rows) return v.load("v128.load32_splat", pointer, 4 * row);
      if (row % 4 === 0) four = v.load("v128.load", pointer, 4 * row);
      return v.spread(four, row % 4);
    };
  };
}
