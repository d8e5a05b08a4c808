/**
 * What loaders found of rows that cannot be used, gathered over the splits that a run opens, however
 * often it opens them.
 *
 * @module
 */
import type { InvalidSplit } from "./types.ts";

/** Gathers what was found, and tells each of it once. */
export class InvalidLog {
  readonly #found = new Map<string, InvalidSplit>();
  #untold: InvalidSplit[] = [];
  #listener: ((found: InvalidSplit) => void) | undefined;

  /** Takes what was found as a split was opened. */
  add(found: InvalidSplit): void {
    const key = `${found.stage} ${found.split}`;
    if (this.#found.has(key)) return;
    this.#found.set(key, found);
    if (this.#listener === undefined) this.#untold.push(found);
    else this.#listener(found);
  }

  /** Tells a listener what was found so far, and from now on. */
  listen(listener: (found: InvalidSplit) => void): void {
    this.#listener = listener;
    for (const found of this.#untold.splice(0)) listener(found);
  }

  /** All that was found, for results: no field where no loader leaves out or reports rows. */
  get result(): { readonly invalid?: readonly InvalidSplit[] } {
    return this.#found.size === 0 ? {} : { invalid: [...this.#found.values()] };
  }
}
