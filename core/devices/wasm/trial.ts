/**
 * Chooses between two kernel sets by the work itself: a plan that both can run is run with either in
 * turn for a while, and then with the faster. That needs no guess about the processor and V8's flags,
 * costs nothing but the slower runs of that while, and cannot change a result, since both sets give
 * the same bits.
 *
 * A probe ahead of the work was tried and given up: V8 compiles code well only after it ran for some
 * milliseconds, and on a busy machine 40 ms were not enough.
 *
 * @module
 */

/** Bits of the vectors that matrix multiplication and convolution compute in. */
export type VectorBits = 128 | 256;

/** One run of a plan. */
export type Run = () => void;

/** Milliseconds of runs with 128 bits before the other set is made: a short program never pays for it. */
const beforeMs = 40;

/** Milliseconds of runs in turn after which the faster set is kept; and fewest runs. */
const comparedMs = 250;
const comparedRuns = 40;

/** What was found in this process. */
let found: VectorBits | null = null;

/** The bits that a plan should be prepared with; `null` while that is not known. */
export function knownVectorBits(): VectorBits | null {
  return found;
}

/** Runs a plan with one set, then with both in turn, then with the faster. */
export class Trial {
  readonly #sets: { readonly bits: VectorBits; readonly run: Run; best: number }[];
  readonly #makeWide: () => Run;
  #chosen: Run | null = null;
  #spentMs = 0;
  #runs = 0;

  constructor(narrow: Run, makeWide: () => Run) {
    this.#sets = [{ bits: 128, run: narrow, best: Infinity }];
    this.#makeWide = makeWide;
  }

  /** Runs the plan once. */
  run(): void {
    if (this.#chosen !== null) return this.#chosen();
    const set = this.#sets[this.#runs++ % this.#sets.length]!;
    const start = performance.now();
    set.run();
    const ms = performance.now() - start;
    set.best = Math.min(set.best, ms);
    this.#spentMs += ms;
    if (this.#sets.length === 1) {
      if (this.#spentMs >= beforeMs) return this.#begin();
    } else if (this.#spentMs >= comparedMs && this.#runs >= comparedRuns) {
      this.#settle();
    }
  }

  #begin(): void {
    // another plan may have settled it meanwhile
    if (found === 128) return this.#settle();
    this.#sets.push({ bits: 256, run: this.#makeWide(), best: Infinity });
    this.#sets[0]!.best = Infinity;
    [this.#spentMs, this.#runs] = [0, 0];
  }

  #settle(): void {
    const fastest = this.#sets.reduce((a, b) => (b.best < a.best ? b : a));
    found ??= fastest.bits;
    this.#chosen = fastest.run;
  }
}
