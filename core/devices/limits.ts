/**
 * What a device reaches on this machine, measured by running small plans on it: so the peak is that
 * of the fastest kernels that the device has here, and no device needs code of its own for it.
 *
 * @module
 */
import { GraphBuilder, type Value } from "../graph/mod.ts";
import { add, div, matmul, mul, neg, sqrt } from "../ops/mod.ts";
import { type Limits, plan, type Reach, type Target } from "../plan/mod.ts";
import type { Device, DeviceSession, Executable, SessionOptions } from "./device.ts";

/** Sizes `[m, k, n]` of the product: its operands and result, 512 KiB, stay in second-level cache. */
const productSizes = [256, 128, 256] as const;
/** Elements of the chain: 128 KiB of them, and as much of results. */
const chainElements = 2 ** 15;
/** Bytes that copies touch: in second-level cache, in that of several cores, in memory. */
const copyBytes = [2 ** 18, 2 ** 22, 2 ** 25] as const;

/**
 * Milliseconds in a row that a plan runs. Plans take turns because code becomes fast only some time
 * after it has run for a millisecond or two: when it has been compiled again.
 */
const turnMs = 0.5;
/** Least runs in a row: the first one finds its caches cold. */
const fewestRuns = 2;

/**
 * Measures what a device with a clock reaches: in 0.1 to 0.3 s, more with more threads to start.
 *
 * `contracting` are the device in the variants whose matrix products may differ in speed; the fastest
 * counts. The peak is that of a matrix product in cache. Elementwise work is measured by a chain of 16
 * operations with one root and one quotient, about as in Adam; bandwidths are those of copies.
 */
export async function measureLimits(
  device: Device,
  { threads = 1, contracting = [device] }: SessionOptions & {
    readonly contracting?: readonly Device[];
  } = {},
): Promise<Limits> {
  const works = [
    ...contracting.map((device) => ({ work: product, device })),
    ...[chain, ...copyBytes.map(copy)].map((work) => ({ work, device: contracting[0]! })),
  ];
  const sessions = new Map<Device, DeviceSession>();
  try {
    for (const { device } of works) {
      if (!sessions.has(device)) sessions.set(device, await device.open({ threads }));
    }
    const measured: Measured[] = [];
    for (const shared of threads === 1 ? [false] : [false, true]) {
      for (const { work, device } of works) {
        const session = sessions.get(device)!;
        measured.push(await tryOut(session, device.target, { work, shared }));
      }
    }
    for (let left = measured; left.length > 0; left = left.filter(({ ms, work }) => ms < work.ms)) {
      for (const one of left) await takeTurn(one);
    }
    const rates = measured.map(({ work, seconds }) => work.amount / seconds);
    const together = rates.slice(-works.length);
    // more threads than processors seem faster one by one than they are together
    const most = Math.min(threads, navigator.hardwareConcurrency);
    const reaches = together.map((rate, i): Reach => ({
      alone: rates[i]!,
      together: Math.min(rate, most * rates[i]!),
    }));
    const contractions = reaches.slice(0, contracting.length);
    const [elementwise, ...copies] = reaches.slice(contracting.length);
    const bandwidth = copies.map((reach, i) => ({ bytes: copyBytes[i]!, ...reach }));
    const contraction = contractions.reduce((a, b) => (b.together > a.together ? b : a));
    return { threads, contraction, elementwise: elementwise!, bandwidth };
  } finally {
    for (const session of sessions.values()) await session.close();
  }
}

/** A kernel, and how much it does: operations or bytes. */
interface Work {
  readonly amount: number;
  /** Milliseconds to run it: more where there is more code to compile again. */
  readonly ms: number;
  build(builder: GraphBuilder): Value;
}

const product: Work = {
  amount: 2 * productSizes[0] * productSizes[1] * productSizes[2],
  ms: 14,
  build(builder) {
    const [m, k, n] = productSizes;
    return matmul(floats(builder, "lhs", m, k), floats(builder, "rhs", k, n));
  },
};

const chain: Work = {
  amount: 16 * chainElements,
  ms: 3,
  build(builder) {
    const x = floats(builder, "x", chainElements);
    let y = x;
    for (let i = 0; i < 7; i++) y = add(mul(y, 0.5), 1);
    return div(x, sqrt(y));
  },
};

function copy(bytes: number): Work {
  return {
    amount: bytes,
    ms: 3,
    build: (builder) => neg(floats(builder, "x", bytes / 2 / Float32Array.BYTES_PER_ELEMENT)),
  };
}

function floats(builder: GraphBuilder, name: string, ...shape: readonly number[]): Value {
  return builder.input(name, { shape, dtype: "f32" });
}

/** A plan of one kernel, and what was measured of it. */
interface Measured {
  readonly work: Work;
  readonly executable: Executable;
  /** Milliseconds that it has run. */
  ms: number;
  /** Of the fastest run, until its last thread was done. */
  seconds: number;
}

async function tryOut(
  session: DeviceSession,
  target: Target,
  { work, shared }: { readonly work: Work; readonly shared: boolean },
): Promise<Measured> {
  const builder = new GraphBuilder();
  builder.output("result", work.build(builder));
  const planned = plan(builder.build("limits"), { target });
  const commands = planned.commands.map((command) => ({ ...command, shared }));
  const executable = await session.prepare({ ...planned, commands }, { clock: true });
  await executable.run(); // touches its memory for the first time
  return { work, executable, ms: 0, seconds: Infinity };
}

async function takeTurn(one: Measured): Promise<void> {
  const started = performance.now();
  let ms = 0;
  for (let run = 0; run < fewestRuns || ms < turnMs; run++) {
    await one.executable.run();
    const { work } = one.executable.times!();
    const seconds = work.reduce((sum, threads) => sum + Math.max(...threads), 0);
    one.seconds = Math.min(one.seconds, seconds);
    ms = performance.now() - started;
  }
  one.ms += ms;
}
