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

/** A wide set must be faster by this much: a tie is no reason to change. */
const clearly = 0.95;

/** Runs a plan with vectors of 128 bits, then with both in turn, then with the faster. */
export class Trial {
  readonly #narrow: Run;
  readonly #makeWide: () => Run;
  readonly #best = { narrow: Infinity, wide: Infinity };
  #wide: Run | null = null;
  #chosen: Run | null = null;
  #spentMs = 0;
  #runs = 0;

  constructor(narrow: Run, makeWide: () => Run) {
    this.#narrow = narrow;
    this.#makeWide = makeWide;
  }

  /** Runs the plan once. */
  run(): void {
    if (this.#chosen !== null) return this.#chosen();
    const isWide = this.#wide !== null && this.#runs % 2 === 1;
    const start = performance.now();
    if (isWide) this.#wide!();
    else this.#narrow();
    const ms = performance.now() - start;
    const which = isWide ? "wide" : "narrow";
    this.#best[which] = Math.min(this.#best[which], ms);
    this.#spentMs += ms;
    this.#runs++;
    if (this.#wide === null) {
      if (this.#spentMs >= beforeMs) this.#begin();
    } else if (this.#spentMs >= comparedMs && this.#runs >= comparedRuns) {
      const { narrow, wide } = this.#best;
      this.#chosen = wide < clearly * narrow ? this.#wide : this.#narrow;
    }
  }

  #begin(): void {
    try {
      this.#wide = this.#makeWide();
    } catch {
      // it takes more memory; the plan runs without it
      this.#chosen = this.#narrow;
    }
    this.#best.narrow = Infinity;
    [this.#spentMs, this.#runs] = [0, 0];
  }
}
