/**
 * Damaged copies of files, the same ones each time: what a parser of untrusted bytes is tested with.
 *
 * @module
 */
import { assert, assertInstanceOf, assertLess } from "@std/assert";
import { DataError, type HostTensor, RandomStream } from "../../core/mod.ts";

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
  parse: (bytes: Uint8Array<ArrayBuffer>) => readonly Pick<HostTensor, "data">[],
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
  parse: (bytes: Uint8Array<ArrayBuffer>) => Promise<unknown>,
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

  *damagedCopies(): Generator<[bytes: Uint8Array<ArrayBuffer>, index: number]> {
    const random = new RandomStream(this.seed, "mutate");
    for (let i = 0; i < this.#copies; i++) {
      yield [damage(this.#samples[i % this.#samples.length]!, random), i];
    }
  }

  judge(i: number, run: () => void): void {
    const begin = performance.now();
    try {
      run();
    } catch (error) {
      this.#refuse(i, error);
    }
    this.#requireSoon(i, begin);
  }

  async judgeAsync(i: number, run: () => Promise<unknown>): Promise<void> {
    const begin = performance.now();
    try {
      await run();
    } catch (error) {
      this.#refuse(i, error);
    }
    this.#requireSoon(i, begin);
  }

  #refuse(i: number, error: unknown): void {
    assertInstanceOf(error, DataError, `copy ${i} of seed ${this.seed}: ${stackOf(error)}`);
    this.#refused++;
  }

  #requireSoon(i: number, begin: number): void {
    const took = performance.now() - begin;
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

/** A copy with one to four faults. */
export function damage(sample: Uint8Array, random: RandomStream): Uint8Array<ArrayBuffer> {
  let bytes = sample.slice() as Uint8Array<ArrayBuffer>;
  for (let faults = 1 + random.below(4); faults > 0; faults--) {
    if (bytes.length === 0) return bytes;
    // Most faults strike the first bytes, where headers are.
    const at = random.below(random.below(3) === 0 ? bytes.length : Math.min(bytes.length, 96));
    const count = 1 + random.below(8);
    switch (random.below(6)) {
      case 0:
        bytes[at] = random.word();
        break;
      case 1:
        bytes[at] = bytes[at]! ^ (1 << random.below(8));
        break;
      case 2:
        bytes.fill([0x00, 0xff, 0x7f, 0x39][random.below(4)]!, at, at + count);
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      case 4:
        bytes = join(bytes.subarray(0, at), bytes.subarray(at + count));
        break;
      default:
        bytes = join(bytes.subarray(0, at + count), bytes.subarray(at));
    }
  }
  return bytes;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
