/**
 * Chooses whether threads share the runs of a plan, or the first one runs it alone: on a machine that
 * other programs use too, a thread that is kept waiting for a processor keeps all others waiting at
 * every barrier, and a step of two threads may take ten times as long as one of one thread. So the way
 * that is not used is tried now and then, for a few runs, and the faster one is kept. The code is the
 * same, and so are the bits.
 *
 * @module
 */

/** Runs the plan once. */
type Run = () => void;

/** Runs, and milliseconds of them, whose mean tells how long a run takes at present. */
const windowRuns = 40;
const windowMs = 50;

/** Most windows between two tries: they double while tries change nothing. */
const mostWindows = 64;

/** A window that is slower than usual by this much is a reason to try at once. */
const suddenly = 1.5;

/** Runs of a try, after one that finds the caches as the other way left them. */
const triedRuns = 2;

/** The other way must be faster by this much. */
const clearly = 0.9;

/** How long some runs took. */
class Timed {
  runs = 0;
  ms = 0;

  add(ms: number): void {
    this.runs++;
    this.ms += ms;
  }

  get mean(): number {
    return this.ms / this.runs;
  }
}

/** Runs a plan on all threads or on one, whichever is faster at present: on all at first. */
export class Sharing {
  readonly #now: () => number;
  /** The way that is used, and the other one. */
  #ways: readonly [Run, Run];
  #window = new Timed();
  /** What a run took when the ways were compared last. */
  #usualMs = Infinity;
  /** Windows since then, and after how many they are compared again. */
  #windows = 0;
  #patience = 1;
  /** The runs of a try; `null` between tries. */
  #try: Timed | null = null;
  /** Whether the try has had its first run, which does not count. */
  #isWarm = false;

  /**
   * Takes the two ways.
   *
   * @param now A clock, in milliseconds.
   */
  constructor(together: Run, alone: Run, now: () => number = () => performance.now()) {
    this.#ways = [together, alone];
    this.#now = now;
  }

  /** Runs the plan once. */
  run(): void {
    const [used, other] = this.#ways;
    const trial = this.#try;
    const began = this.#now();
    if (trial === null) used();
    else other();
    const ms = this.#now() - began;
    if (trial === null) this.#count(ms);
    else this.#compare(trial, ms);
  }

  #count(ms: number): void {
    const window = this.#window;
    window.add(ms);
    if (window.runs < windowRuns || window.ms < windowMs) return;
    const isDue = ++this.#windows >= this.#patience || window.mean > suddenly * this.#usualMs;
    if (isDue) this.#try = new Timed();
    else this.#window = new Timed();
  }

  #compare(trial: Timed, ms: number): void {
    if (!this.#isWarm) {
      this.#isWarm = true;
      return;
    }
    trial.add(ms);
    if (trial.runs < triedRuns) return;
    const otherMs = trial.mean;
    const isBetter = otherMs < clearly * this.#window.mean;
    if (isBetter) this.#ways = [this.#ways[1], this.#ways[0]];
    this.#usualMs = isBetter ? otherMs : this.#window.mean;
    this.#patience = isBetter ? 1 : Math.min(2 * this.#patience, mostWindows);
    [this.#window, this.#windows, this.#try, this.#isWarm] = [new Timed(), 0, null, false];
  }
}
