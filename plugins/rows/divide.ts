/**
 * Dividing rows into parts that have no row in common, by what may be known of each row.
 *
 * @module
 */
import { permutation } from "../../core/mod.ts";

/** Row numbers of each part. */
export interface Division {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

/** How large the parts are. */
export interface Parts {
  /** Share of the rows that are the test part. */
  readonly test: number;
  /** Share of the rows that are the validation part; not used where there are folds. */
  readonly validation: number;
  /** Number of folds that what is no test part is divided into, and which is the validation part. */
  readonly folds?: { readonly count: number; readonly index: number } | undefined;
}

/** What is known of the rows, and what follows from it. */
export type Keys =
  /** Every part has about the same share of each key. */
  | { readonly by: "stratum"; readonly keys: ArrayLike<number> }
  /** All rows of a key are in one part. */
  | { readonly by: "group"; readonly keys: ArrayLike<number> }
  /** Rows of a part are later than all rows of the part before it: train, validation, test. */
  | { readonly by: "time"; readonly keys: ArrayLike<number> };

/**
 * Divides rows from 0 to `total - 1`. The rows of a part ascend, but for a division by time, where they
 * are in the order of time.
 */
export function divide(
  total: number,
  { parts, keys, seed }: {
    readonly parts: Parts;
    readonly keys?: Keys | undefined;
    readonly seed: number;
  },
): Division {
  if (keys?.by === "group") return divideGroups(keys.keys, { parts, seed, total });
  if (keys?.by === "time") return divideTime(keys.keys, { parts, total });
  const random = permutation(total, { seed, path: "split", epoch: 0 });
  const order = keys === undefined ? random : spread(random, keys.keys);
  const test = Math.round(total * parts.test);
  const rest = total - test;
  const [begin, end] = parts.folds === undefined
    ? [test, test + Math.round(total * parts.validation)]
    : foldOf(rest, parts.folds).map((row) => test + row) as [number, number];
  return {
    test: order.slice(0, test).sort(),
    validation: order.slice(begin, end).sort(),
    train: Uint32Array.from([...order.subarray(test, begin), ...order.subarray(end)]).sort(),
  };
}

/** Where a fold begins and ends: sizes differ by one row at most. */
function foldOf(
  rows: number,
  { count, index }: { readonly count: number; readonly index: number },
): [begin: number, end: number] {
  return [Math.floor(rows * index / count), Math.floor(rows * (index + 1) / count)];
}

/**
 * Puts rows into an order of which every stretch has its share of each key: the r-th of a key's n rows
 * goes to the place (r + ½) / n.
 */
function spread(order: Uint32Array, keys: ArrayLike<number>): Uint32Array {
  const counts = new Map<number, number>();
  for (const row of order) counts.set(keys[row]!, (counts.get(keys[row]!) ?? 0) + 1);
  const seen = new Map<number, number>();
  const places = new Float64Array(order.length);
  for (const row of order) {
    const rank = seen.get(keys[row]!) ?? 0;
    seen.set(keys[row]!, rank + 1);
    places[row] = (rank + 0.5) / counts.get(keys[row]!)!;
  }
  // sorting is stable: rows of one place stay in their random order
  return Uint32Array.from(Array.from(order).sort((a, b) => places[a]! - places[b]!));
}

/** Gives each group, the largest first, to the part that lacks most of its rows. */
function divideGroups(
  keys: ArrayLike<number>,
  { parts, seed, total }: {
    readonly parts: Parts;
    readonly seed: number;
    readonly total: number;
  },
): Division {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < total; row++) {
    const group = groups.get(keys[row]!);
    if (group === undefined) groups.set(keys[row]!, [row]);
    else group.push(row);
  }
  const random = permutation(groups.size, { seed, path: "split", epoch: 0 });
  const lists = [...groups.values()];
  const order = Array.from(random, (group) => lists[group]!).sort((a, b) => b.length - a.length);
  const { folds } = parts;
  const rest = total - total * parts.test;
  const wanted = folds === undefined
    ? [total * parts.test, total * parts.validation, rest - total * parts.validation]
    : [total * parts.test, ...new Array<number>(folds.count).fill(rest / folds.count)];
  const lacking = [...wanted];
  const given: number[][] = wanted.map(() => []);
  for (const group of order) {
    let part = 0;
    for (let i = 1; i < lacking.length; i++) if (lacking[i]! > lacking[part]!) part = i;
    lacking[part]! -= group.length;
    given[part]!.push(...group);
  }
  const validation = folds === undefined ? 1 : 1 + folds.index;
  const sorted = (rows: number[]) => Uint32Array.from(rows).sort();
  return {
    test: sorted(given[0]!),
    validation: sorted(given[validation]!),
    train: sorted(given.filter((_, part) => part > 0 && part !== validation).flat()),
  };
}

/**
 * By time, folds grow: of `count + 1` stretches the first `index + 1` are the train part, and the next
 * is the validation part.
 */
function divideTime(
  keys: ArrayLike<number>,
  { parts, total }: { readonly parts: Parts; readonly total: number },
): Division {
  const order = Uint32Array.from({ length: total }, (_, row) => row)
    .sort((a, b) => keys[a]! - keys[b]! || a - b);
  const rest = total - Math.round(total * parts.test);
  const { folds } = parts;
  const [begin, end] = folds === undefined
    ? [rest - Math.round(total * parts.validation), rest]
    : foldOf(rest, { count: folds.count + 1, index: folds.index + 1 });
  return {
    train: order.slice(0, begin),
    validation: order.slice(begin, end),
    test: order.slice(rest),
  };
}
