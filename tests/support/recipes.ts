/**
 * Optimizers as golden files name them: parts, each a function with its arguments.
 *
 * @module
 */
import { assert } from "@std/assert";
import * as optimizers from "../../plugins/optimizers/mod.ts";

/** A function of the family, by name, and its arguments. */
export type RecipePart = readonly [name: string, ...options: readonly unknown[]];

/** Makes an optimizer of parts: a chain where there are several. */
export function optimizerOf(parts: readonly RecipePart[]): OptimizerMaker {
  const made = parts.map(([name, ...options]) => {
    const make = (optimizers as unknown as Readonly<Record<string, Maker | undefined>>)[name];
    assert(make !== undefined, `there is no optimizer "${name}"`);
    return make(...options);
  });
  return made.length === 1 ? made[0]! : (optimizers.chain as Chain)(...made);
}

/** What an optimizer is called as. */
export type OptimizerMaker = ReturnType<typeof optimizers.sgd>;

type Maker = (...options: readonly unknown[]) => OptimizerMaker;
type Chain = (...parts: readonly unknown[]) => OptimizerMaker;
