/**
 * Damaged copies of files, the same ones each time: what a parser of untrusted bytes is tested with.
 *
 * @module
 */
import { assert, assertInstanceOf, assertLess } from "@std/assert";
import { DataError, type HostTensor, RandomStream } from "../../core/mod.ts";

/** Feeds a parser damaged copies: it may only return or throw a `DataError`, soon and in little memory. */
export function assertSurvivesDamage(
  samples: readonly Uint8Array[],
  parse: (bytes: Uint8Array) => readonly HostTensor[],
  { copies = 2000, seed = 1 }: { readonly copies?: number; readonly seed?: number } = {},
): void {
  const random = new RandomStream(seed, "mutate");
  let refused = 0;
  for (let i = 0; i < copies; i++) {
    const bytes = damage(samples[i % samples.length]!, random);
    const begin = performance.now();
    try {
      for (const { data } of parse(bytes)) assertLess(data.byteLength, 8 * bytes.length + 64);
    } catch (error) {
      assertInstanceOf(error, DataError, `copy ${i} of seed ${seed}`);
      refused++;
    }
    assertLess(performance.now() - begin, 1000, `copy ${i} of seed ${seed} took too long`);
  }
  assert(refused > copies / 10, `only ${refused} of ${copies} damaged copies were refused`);
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
