/**
 * Counter-based random numbers: every number is a pure function of key and counter, so it does not
 * depend on what was drawn before it, on threads, or on the device. Threefry-2x32 with 13 rounds,
 * the fewest that pass BigCrush.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * @module
 */

/** Rotation distances of Threefry-2x32, repeated every eight rounds. */
export const threefryRotations: readonly number[] = [13, 15, 26, 6, 17, 29, 16, 24];

/** Rounds of Threefry-2x32. */
export const threefryRounds = 13;

/** The constant with which the third key word is made. */
export const threefryParity = 0x1bd11bda;

/** Two words that select a stream of random numbers. */
export type RandomKey = readonly [number, number];

/**
 * Encrypts a two-word counter under a two-word key.
 *
 * @returns Two uniformly distributed unsigned 32-bit words.
 */
export function threefry2x32(key: RandomKey, c0: number, c1: number): [number, number] {
  const first = encrypt(key, c0, c1);
  return [first, secondWord];
}

/** The second word that `encrypt` made last. */
let secondWord = 0;

/** The rounds written out and nothing allocated: data sets and shuffles draw millions. */
function encrypt(key: RandomKey, c0: number, c1: number): number {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = k0 ^ k1 ^ threefryParity;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k1) | 0;
  x1 = (x1 + k2 + 1) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0;
  x0 = (x0 + k2) | 0;
  x1 = (x1 + k0 + 2) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0;
  x0 = (x0 + k0) | 0;
  x1 = (x1 + k1 + 3) | 0;
  x0 = (x0 + x1) | 0;
  x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0;
  secondWord = x1 >>> 0;
  return x0 >>> 0;
}

/** Hashes a path, as `"logits.dropout"`, to the 32-bit word that keys its stream (FNV-1a). */
export function streamOf(path: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(path)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}

/** A stream of host random numbers, read by index or one after the other. */
export class RandomStream {
  readonly #key: RandomKey;
  readonly #lane: number;
  #next = 0;
  #spare: number | undefined;

  /**
   * Makes a stream that depends on its arguments alone and starts at its first number.
   *
   * @param seed The run's seed.
   * @param path What the numbers are for, as `"logits.dense1.weight"` or `"shuffle"`.
   * @param lane A further counter word, as the epoch.
   */
  constructor(seed: number, path: string, lane = 0) {
    this.#key = [seed >>> 0, streamOf(path)];
    this.#lane = lane >>> 0;
  }

  /** The next unsigned 32-bit word. */
  word(): number {
    return encrypt(this.#key, this.#next++, this.#lane);
  }

  /** The next number uniform in [0, 1), with 53 random bits. */
  uniform(): number {
    const high = encrypt(this.#key, this.#next++, this.#lane);
    return ((high >>> 5) * 67108864 + (secondWord >>> 6)) / 9007199254740992;
  }

  /** The next integer uniform in [0, bound), without bias. */
  below(bound: number): number {
    const limit = Math.floor(4294967296 / bound) * bound;
    for (;;) {
      const word = this.word();
      if (word < limit) return word % bound;
    }
  }

  /** Goes to where `count` normal numbers have been drawn from the stream's beginning, and nothing else. */
  skipToNormal(count: number): void {
    // they are made two at a time, of two uniform numbers
    this.#next = count - count % 2;
    this.#spare = undefined;
    if (count % 2 === 1) this.normal();
  }

  /** The next standard normal number (Box and Muller). */
  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** The order of `length` rows in an epoch: a permutation that depends on seed, path and epoch alone. */
export function permutation(
  length: number,
  { seed, path, epoch }: { readonly seed: number; readonly path: string; readonly epoch: number },
): Uint32Array {
  const stream = new RandomStream(seed, path, epoch);
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  for (let i = length - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}
