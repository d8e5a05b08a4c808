/**
 * Numbers of which only some are kept, evenly spread over all that came: enough for a median, however
 * many there are.
 *
 * @module
 */

/** Numbers kept at most; when there are more, every second one is let go. */
const capacity = 512;

/** A series of numbers. */
export class Samples {
  readonly #kept = new Float64Array(capacity);
  #length = 0;
  #seen = 0;
  #stride = 1;

  /** Adds a number. */
  add(value: number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    if (this.#length === capacity) {
      this.#length = capacity / 2;
      for (let i = 0; i < this.#length; i++) this.#kept[i] = this.#kept[2 * i]!;
      this.#stride *= 2;
    }
    this.#kept[this.#length++] = value;
  }

  /** The median of what is kept; NaN when nothing was added. */
  get median(): number {
    const sorted = this.#kept.slice(0, this.#length).sort();
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
  }
}
