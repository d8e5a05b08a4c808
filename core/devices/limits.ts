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

/** How much is computed and copied by what is measured. */
export interface LimitSizes {
  /** Sizes `[m, k, n]` of the product. */
  readonly product: readonly [m: number, k: number, n: number];
  /** Elements of the chain. */
  readonly chain: number;
  /** Bytes that copies touch, ascending. */
  readonly copies: readonly number[];
}

/**
 * Sizes for a processor: operands and result of the product, 512 KiB, stay in second-level cache, and so
 * does the chain; copies are in second-level cache, in that of several cores, in memory.
 */
export const processorSizes: LimitSizes = {
  product: [256, 128, 256],
  chain: 2 ** 15,
  copies: [2 ** 18, 2 ** 22, 2 ** 25],
};

/** Sizes for a GPU: enough for all of its units, some milliseconds for a slow one. */
export const gpuSizes: LimitSizes = {
  product: [2048, 2048, 2048],
  chain: 2 ** 22,
  copies: [2 ** 20, 2 ** 24, 2 ** 27],
};

/**
 * Milliseconds in a row that a plan runs. Plans take turns because code becomes fast only some time
 * after it has run for a millisecond or two: when it has been compiled again.
 */
const turnMs = 0.5;
/** Least runs in a row: the first one finds its caches cold. */
const fewestRuns = 2;

/**
 * Measures what a device reaches: in 0.1 to 0.3 s, more with more threads to start. Gives `null` where it
 * has no clock.
 *
 * `contracting` are the device in the variants whose matrix products may differ in speed; the fastest
 * counts. The peak is that of a matrix product in cache. Elementwise work is measured by a chain of 16
 * operations with one root and one quotient, about as in Adam; bandwidths are those of copies.
 */
export async function measureLimits(
  device: Device,
  { threads = 1, contracting = [device], sizes = processorSizes }: SessionOptions & {
    readonly contracting?: readonly Device[];
    readonly sizes?: LimitSizes;
  } = {},
): Promise<Limits | null> {
  const works = [
    ...contracting.map((device) => ({ work: product(sizes.product), device })),
    ...[chain(sizes.chain), ...sizes.copies.map(copy)].map((work) => ({
      work,
      device: contracting[0]!,
    })),
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
        const one = await tryOut(session, device.target, { work, shared });
        if (one === null) return null;
        measured.push(one);
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
    const bandwidth = copies.map((reach, i) => ({ bytes: sizes.copies[i]!, ...reach }));
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

function product([m, k, n]: LimitSizes["product"]): Work {
  return {
    amount: 2 * m * k * n,
    ms: 14,
    build: (builder) => matmul(floats(builder, "lhs", m, k), floats(builder, "rhs", k, n)),
  };
}

function chain(elements: number): Work {
  return {
    amount: 16 * elements,
    ms: 3,
    build(builder) {
      const x = floats(builder, "x", elements);
      let y = x;
      for (let i = 0; i < 7; i++) y = add(mul(y, 0.5), 1);
      return div(x, sqrt(y));
    },
  };
}

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
): Promise<Measured | null> {
  const builder = new GraphBuilder();
  builder.output("result", work.build(builder));
  const planned = plan(builder.build("limits"), { target });
  const commands = planned.commands.map((command) => ({ ...command, shared }));
  const executable = await session.prepare({ ...planned, commands }, { clock: true });
  if (executable.times === undefined) return null;
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
    // clocks of GPUs may stand still for a short run
    if (seconds > 0) one.seconds = Math.min(one.seconds, seconds);
    ms = performance.now() - started;
  }
  one.ms += ms;
}
