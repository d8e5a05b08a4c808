/**
 * Damaged copies of files, the same ones each time: what a parser of untrusted bytes is tested with.
 *
 * @module
 */
import { assert, assertInstanceOf, assertLess } from "@std/assert";
import { DataError, type HostTensor, RandomStream } from "../../core/mod.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How a parser is tried. */
export interface DamageOptions {
  /** Number of damaged copies. Default: 2,000, or what `deno task fuzz` was told. */
  readonly copies?: number;
  readonly seed?: number;
  /** Most milliseconds for one copy. */
  readonly timeoutMs?: number;
}

/** Copies of each parser in the default run of the tests; `deno task fuzz` sets 100,000. */
const defaultCopies = Number(Deno.env.get("MILLRACE_FUZZ_COPIES") ?? 2000);

/** Feeds a parser damaged copies: it may only return or throw a `DataError`, soon and in little memory. */
export function assertSurvivesDamage(
  samples: readonly Uint8Array[],
  parse: (bytes: Bytes) => readonly Pick<HostTensor, "data">[],
  options: DamageOptions = {},
): void {
  const run = new DamageRun(samples, options);
  for (const [bytes, i] of run.damagedCopies()) {
    run.judge(i, () => {
      for (const { data } of parse(bytes)) assertLess(data.byteLength, 8 * bytes.length + 64);
    });
  }
  run.finish();
}

/** The same for a parser that takes its time; what it does is judged by the bytes it allocates. */
export async function assertSurvivesDamageAsync(
  samples: readonly Uint8Array[],
  parse: (bytes: Bytes) => Promise<unknown>,
  options: DamageOptions = {},
): Promise<void> {
  const run = new DamageRun(samples, options);
  let before = Deno.memoryUsage().external;
  for (const [bytes, i] of run.damagedCopies()) {
    await run.judgeAsync(i, () => parse(bytes));
    if (i % memoryInterval > 0) continue;
    const now = Deno.memoryUsage().external;
    assertLess(
      now - before,
      maxGrowthBytes,
      `copies to ${i} of seed ${run.seed} took ${now} bytes`,
    );
    before = now;
  }
  run.finish();
}

/** Asking for the memory takes longer than a copy does. */
const memoryInterval = 20;

/** Samples are of a few thousand bytes: no parser has a use for so much. */
const maxGrowthBytes = 64 << 20;

/** Times that a copy may take long: the machine may have been busy. */
const trials = 3;

class DamageRun {
  readonly seed: number;
  readonly #samples: readonly Uint8Array[];
  readonly #copies: number;
  readonly #timeoutMs: number;
  #refused = 0;

  constructor(samples: readonly Uint8Array[], options: DamageOptions) {
    const { copies = defaultCopies, seed = 1, timeoutMs = 1000 } = options;
    this.seed = seed;
    this.#samples = samples;
    this.#copies = copies;
    this.#timeoutMs = timeoutMs;
  }

  *damagedCopies(): Generator<[bytes: Bytes, index: number]> {
    const random = new RandomStream(this.seed, "mutate");
    for (let i = 0; i < this.#copies; i++) {
      yield [damage(this.#samples[i % this.#samples.length]!, random, this.#samples), i];
    }
  }

  judge(i: number, run: () => void): void {
    let took = Infinity;
    for (let trial = 0; trial < trials && took > this.#timeoutMs; trial++) {
      const begin = performance.now();
      try {
        run();
      } catch (error) {
        this.#refuse(i, { error, trial });
      }
      took = performance.now() - begin;
    }
    this.#requireSoon(i, took);
  }

  async judgeAsync(i: number, run: () => Promise<unknown>): Promise<void> {
    let took = Infinity;
    for (let trial = 0; trial < trials && took > this.#timeoutMs; trial++) {
      const begin = performance.now();
      try {
        await run();
      } catch (error) {
        this.#refuse(i, { error, trial });
      }
      took = performance.now() - begin;
    }
    this.#requireSoon(i, took);
  }

  #refuse(i: number, { error, trial }: { readonly error: unknown; readonly trial: number }): void {
    assertInstanceOf(error, DataError, `copy ${i} of seed ${this.seed}: ${stackOf(error)}`);
    if (trial === 0) this.#refused++;
  }

  #requireSoon(i: number, took: number): void {
    assertLess(took, this.#timeoutMs, `copy ${i} of seed ${this.seed} took too long`);
  }

  finish(): void {
    const [refused, copies] = [this.#refused, this.#copies];
    assert(refused > copies / 10, `only ${refused} of ${copies} damaged copies were refused`);
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/** A copy with one to four faults; of many samples, it may go on as another one does. */
export function damage(
  sample: Uint8Array,
  random: RandomStream,
  samples: readonly Uint8Array[] = [sample],
): Bytes {
  let bytes: Bytes = new Uint8Array(sample);
  if (random.below(25) === 0) {
    const other = samples[random.below(samples.length)]!;
    const cut = random.below(sample.length + 1);
    bytes = join(bytes.subarray(0, cut), other.subarray(Math.min(cut, other.length)));
  }
  for (let faults = 1 + random.below(4); faults > 0; faults--) {
    if (bytes.length === 0) return bytes;
    bytes = kinds[random.below(kinds.length)]!(bytes, { at: place(bytes.length, random), random });
  }
  return bytes;
}

/** Most faults strike the first bytes, where headers are, or the last, where some formats keep them. */
function place(length: number, random: RandomStream): number {
  const near = Math.min(length, 96);
  const [first, last, any] = [random.below(near), length - 1 - random.below(near), length];
  return [first, first, last, random.below(any)][random.below(4)]!;
}

/** Where a fault strikes, and what chance it goes by. */
interface Strike {
  readonly at: number;
  readonly random: RandomStream;
}

/** Damages bytes in place, or gives others. */
type Fault = (bytes: Bytes, strike: Strike) => Bytes;

const kinds: readonly Fault[] = [
  changedByte,
  flippedBit,
  filledRun,
  cutOff,
  removedRun,
  repeatedRun,
  overwrittenNumber,
  overwrittenNumber,
  changedNumber,
  overwrittenDigits,
  swappedBlocks,
  copiedBlock,
];

function changedByte(bytes: Bytes, { at, random }: Strike): Bytes {
  bytes[at] = random.word();
  return bytes;
}

function flippedBit(bytes: Bytes, { at, random }: Strike): Bytes {
  bytes[at] = bytes[at]! ^ (1 << random.below(8));
  return bytes;
}

function filledRun(bytes: Bytes, { at, random }: Strike): Bytes {
  return bytes.fill([0x00, 0xff, 0x7f, 0x39][random.below(4)]!, at, at + 1 + random.below(8));
}

function cutOff(bytes: Bytes, { at }: Strike): Bytes {
  return bytes.slice(0, at);
}

function removedRun(bytes: Bytes, { at, random }: Strike): Bytes {
  return join(bytes.subarray(0, at), bytes.subarray(at + blockSize(random)));
}

/** A run of bytes once more, or up to a hundred times. */
function repeatedRun(bytes: Bytes, { at, random }: Strike): Bytes {
  const run = bytes.subarray(at, at + blockSize(random));
  const times = random.below(4) === 0 ? 2 + random.below(99) : 1;
  const again = new Uint8Array(run.length * times);
  for (let i = 0; i < times; i++) again.set(run, i * run.length);
  return join(join(bytes.subarray(0, at), again), bytes.subarray(at));
}

/** What lengths and counts go wrong at: 0, 1, -1, the largest, the smallest, sizes near the file's. */
function overwrittenNumber(bytes: Bytes, { at, random }: Strike): Bytes {
  const extremes = [0n, 1n, -1n, 2n ** 15n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n];
  const size = BigInt(bytes.length);
  const values = [...extremes, size, size + 1n, size - 1n, size * 1000n];
  return writeNumber(bytes, values[random.below(values.length)]!, { at, random });
}

/** A number that is a little more or less than it was, or a multiple. */
function changedNumber(bytes: Bytes, { at, random }: Strike): Bytes {
  const value = BigInt(bytes[at]!) + BigInt(bytes[at + 1] ?? 0) * 256n;
  const changes = [value + 1n, value - 1n, value * 2n, value * 256n, -value];
  return writeNumber(bytes, changes[random.below(changes.length)]!, { at, random });
}

/** Writes 1, 2, 4 or 8 bytes in either order, or a number of varying length, seven bits a byte. */
function writeNumber(bytes: Bytes, value: bigint, { at, random }: Strike): Bytes {
  const whole = new DataView(new ArrayBuffer(8));
  const isLittle = random.below(2) === 0;
  whole.setBigInt64(0, value, isLittle);
  const size = [1, 2, 4, 8][random.below(4)]!;
  const fixed = new Uint8Array(whole.buffer, isLittle ? 0 : 8 - size, size);
  const groups = Array.from({ length: 10 }, (_, i) => Number((value >> BigInt(7 * i)) & 127n));
  const count = Math.max(1, groups.findLastIndex((group) => group !== 0) + 1);
  const varying = groups.slice(0, count).map((group, i) => i < count - 1 ? group | 128 : group);
  const written = random.below(5) === 0 ? Uint8Array.from(varying) : fixed;
  bytes.set(written.subarray(0, bytes.length - at), at);
  return bytes;
}

/** The next digits as another number in text. */
function overwrittenDigits(bytes: Bytes, { at, random }: Strike): Bytes {
  const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
  let begin = at;
  while (begin < bytes.length && !isDigit(bytes[begin])) begin++;
  let end = begin;
  while (isDigit(bytes[end])) end++;
  const texts = ["0", "-1", "99999999999999999999", "4294967295", "1e400", "NaN", "1.5", ""];
  const text = new TextEncoder().encode(texts[random.below(texts.length)]!);
  return join(join(bytes.subarray(0, begin), text), bytes.subarray(end));
}

/** Two blocks next to each other in each other's place. */
function swappedBlocks(bytes: Bytes, { at, random }: Strike): Bytes {
  const size = blockSize(random);
  const second = bytes.slice(at + size, at + 2 * size);
  bytes.copyWithin(at + second.length, at, at + size);
  bytes.set(second, at);
  return bytes;
}

/** A block in the place of another. */
function copiedBlock(bytes: Bytes, { at, random }: Strike): Bytes {
  const from = random.below(bytes.length);
  return bytes.copyWithin(at, from, from + blockSize(random));
}

/** Most blocks are a field, some a record. */
function blockSize(random: RandomStream): number {
  return 1 + random.below(random.below(4) === 0 ? 256 : 8);
}

function join(a: Uint8Array, b: Uint8Array): Bytes {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
