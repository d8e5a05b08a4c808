/**
 * The values of a Parquet column, as those of every table, where `hyparquet` gives others.
 *
 * @module
 */
import type { SchemaTree } from "./group.ts";

/** Makes a value of what the library gives for one. */
export type MakeValue = (given: unknown) => unknown;

/** How the values of a column are made; `undefined` where they are what the library gives. */
export function valueMaker(column: SchemaTree): MakeValue | undefined {
  let leaf = column;
  while (leaf.children.length === 1) leaf = leaf.children[0]!;
  const make = leaf.children.length === 0 ? leafMaker(leaf.element) : undefined;
  return make && ((given) => mapItems(given, make));
}

function leafMaker({ converted_type, scale }: SchemaTree["element"]): MakeValue | undefined {
  if (converted_type === "DECIMAL") {
    const power = 10 ** (scale ?? 0);
    return (value) => typeof value === "number" ? decimalOf(value, power) : value;
  }
  if (converted_type === "ENUM") {
    const decoder = new TextDecoder();
    return (value) => value instanceof Uint8Array ? decoder.decode(value) : value;
  }
  return undefined;
}

/**
 * A decimal as the nearest number: the library multiplies by a tenth or its like, which is no number
 * of a double, and gives 3 times 0.1 as 0.30000000000000004.
 */
function decimalOf(value: number, power: number): number {
  const whole = Math.round(value * power);
  return Math.abs(whole) < mostExact ? whole / power : value;
}

/** Beyond, what the product has lost may be a digit of the whole number. */
const mostExact = 2 ** 50;

function mapItems(value: unknown, make: MakeValue): unknown {
  return Array.isArray(value) ? value.map((item) => mapItems(item, make)) : make(value);
}
