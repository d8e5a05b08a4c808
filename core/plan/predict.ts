/**
 * Plan -> times: how long each command takes if it runs as fast as this machine can, by a roofline.
 * Arithmetic goes at the pace of its kind, memory at the pace of the level that holds the kernel's
 * bytes, and the slower of the two counts. What a kernel takes beyond that is its own.
 *
 * Plans never depend on it: `Target.estimateNs`, which the planner uses, is a constant.
 *
 * Source: Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for
 * multicore architectures", CACM 2009.
 *
 * @module
 */
import { operandSpec } from "./reads.ts";
import type { Command, Kernel, Plan } from "./types.ts";

/** What a machine reaches, per second: one thread by itself, and all threads together. */
export interface Reach {
  /** By one thread. */
  readonly alone: number;
  /** By all threads. */
  readonly together: number;
}

/** What a device reached on this machine, as it measured. */
export interface Limits {
  /** Number of threads that `together` speaks of. */
  readonly threads: number;
  /** FLOP per second of a matrix product in cache: the peak. */
  readonly contraction: Reach;
  /** FLOP per second of an elementwise chain in cache. */
  readonly elementwise: Reach;
  /** Bytes per second, read and written, by the bytes that a kernel touches; these ascend. */
  readonly bandwidth: readonly (Reach & { readonly bytes: number })[];
}

/** The better of two measurements: other work of the machine only ever takes away. */
export function betterLimits(a: Limits, b: Limits): Limits {
  const better = (a: Reach, b: Reach): Reach => ({
    alone: Math.max(a.alone, b.alone),
    together: Math.max(a.together, b.together),
  });
  return {
    threads: a.threads,
    contraction: better(a.contraction, b.contraction),
    elementwise: better(a.elementwise, b.elementwise),
    bandwidth: a.bandwidth.map((reach, i) => ({
      bytes: reach.bytes,
      ...better(reach, b.bandwidth[i]!),
    })),
  };
}

/** Seconds that each command of a plan takes at a machine's limits. */
export function predictSeconds({ commands }: Plan, limits: Limits): number[] {
  return commands.map((command) => commandSeconds(command, limits));
}

function commandSeconds({ kernel, flops, bytes, shared }: Command, limits: Limits): number {
  const who = shared ? "together" : "alone";
  const contraction = contractionFlops(kernel);
  const arithmetic = contraction / limits.contraction[who] +
    (flops - contraction) / limits.elementwise[who];
  return Math.max(arithmetic, bytes / bandwidthFor(bytes, limits)[who]);
}

/** Of a kernel's operations, those of its contraction. */
function contractionFlops({ anchor }: Kernel): number {
  if (anchor?.kind !== "op" || anchor.op.kind !== "contraction") return 0;
  return anchor.op.flops(anchor.operands.map(operandSpec), anchor.params);
}

/** Between two measured sizes, what lies as far between them as the logarithm of the bytes. */
function bandwidthFor(bytes: number, { bandwidth }: Limits): Reach {
  const above = bandwidth.findIndex((level) => level.bytes >= bytes);
  if (above <= 0) return bandwidth.at(above)!;
  const [low, high] = [bandwidth[above - 1]!, bandwidth[above]!];
  const share = Math.log(bytes / low.bytes) / Math.log(high.bytes / low.bytes);
  const between = (who: keyof Reach) => low[who] + share * (high[who] - low[who]);
  return { alone: between("alone"), together: between("together") };
}
