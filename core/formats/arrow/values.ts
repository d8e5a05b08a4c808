/**
 * The values of an Arrow column, as those of every table: numbers, dates, texts, lists, bytes and records.
 *
 * @module
 */
import { scaledNumber } from "../decimal.ts";

/** The type of a column, as `apache-arrow` describes it. */
export interface ArrowType {
  readonly typeId: number;
  /** Digits of a decimal; of a floating number, which one it is. */
  readonly precision?: number;
  /** Digits behind the point of a decimal. */
  readonly scale?: number;
  /** Types within the type. */
  readonly children?: readonly { readonly type: ArrowType }[] | null;
  /** What a dictionary holds. */
  readonly dictionary?: ArrowType;
}

/** Makes a value of what the library gives for one, which is there. */
export type MakeValue = (given: unknown) => unknown;

/** Numbers of types, as Arrow's own description has them. */
const typeIds = { dictionary: -1, decimal: 7, date: 8, timestamp: 10, list: 12, struct: 13 };
const [fixedSizeList, map] = [16, 17];

/** How the values of a type are made; `undefined` where they are what the library gives. */
export function valueMaker(type: ArrowType): MakeValue | undefined {
  switch (type.typeId) {
    case typeIds.dictionary:
      return type.dictionary === undefined ? undefined : valueMaker(type.dictionary);
    case typeIds.decimal:
      return (words) => scaledNumber(wholeOf(words as Uint32Array), type.scale ?? 0);
    case typeIds.date:
    case typeIds.timestamp:
      // milliseconds since 1970, with a fraction where the column is finer
      return (ms) => new Date(Math.floor(Number(ms)));
    case typeIds.struct:
    case map:
      return (row) => ({ ...(row as { toJSON(): object }).toJSON() });
    case typeIds.list:
    case fixedSizeList: {
      const item = type.children?.[0] && valueMaker(type.children[0].type);
      return item &&
        ((list) =>
          Array.from(list as Iterable<unknown>, (value) => value === null ? null : item(value)));
    }
  }
  return undefined;
}

/** A whole number of 32-bit words, the lowest first, in two's complement. */
function wholeOf(words: Uint32Array): bigint {
  let whole = 0n;
  for (let i = words.length - 1; i >= 0; i--) whole = whole << 32n | BigInt(words[i]!);
  return BigInt.asIntN(32 * words.length, whole);
}
