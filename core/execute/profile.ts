/**
 * Where the time of training went, as data: kernel by kernel beside what was predicted, stage by
 * stage, and the loop around the step.
 *
 * @module
 */
import { type Limits, type Plan, predictSeconds } from "../plan/mod.ts";

/** Where the time of a training step goes. Times are in seconds, medians over the steps measured. */
export interface StepProfile {
  /** Rows of a step. */
  readonly batchSize: number;
  /** Number of steps measured. */
  readonly steps: number;
  /** Number of threads that ran them. */
  readonly threads: number;
  /** A whole step on the device. */
  readonly seconds: number;
  /** What was predicted for it: all kernels, and no waiting. `null` where there are no limits. */
  readonly predicted: number | null;
  /** Of a step, waiting for other threads: the mean of the threads. */
  readonly waiting: number;
  /** Of a step, reading the clock: what measuring cost. */
  readonly clock: number;
  /** Before a step, waiting for its batch. */
  readonly feeding: number;
  /** What the device reaches on this machine; `null` where it does not measure that. */
  readonly limits: Limits | null;
  /** The kernels, in the order of the step. */
  readonly kernels: readonly KernelProfile[];
  /** The stages, the longest first. */
  readonly stages: readonly StageProfile[];
}

/** Where the time of one kernel goes. */
export interface KernelProfile {
  /** What it does, as `"matmul + add + relu"`. */
  readonly name: string;
  /** Stage paths whose work it does. */
  readonly paths: readonly string[];
  /** Whether all of it was made by the reverse walk. */
  readonly backward: boolean;
  /** Whether threads shared it. */
  readonly shared: boolean;
  /** Floating-point operations. */
  readonly flops: number;
  /** Bytes read and written, each operand once. */
  readonly bytes: number;
  /** Seconds of the thread that took longest. */
  readonly seconds: number;
  /** Seconds waited for other threads before it and within it: the mean of the threads. */
  readonly waiting: number;
  /** Seconds predicted; `null` where there are no limits. */
  readonly predicted: number | null;
  /**
   * FLOP per second, as a share of the peak of the threads that ran it; `null` where there are no
   * limits, or it was too short to be measured.
   */
  readonly peakShare: number | null;
}

/** Seconds of the kernels that do the work of the same stages. */
export interface StageProfile {
  /** Stage paths; several where one kernel does the work of several stages. */
  readonly paths: readonly string[];
  /** Seconds of kernels that are not all of the reverse walk: forward, and updates. */
  readonly forward: number;
  /** Seconds of kernels of the reverse walk. */
  readonly backward: number;
}

/** Where the time of the epochs went, in seconds in all: the parts add up to `total`. */
export interface LoopProfile {
  /** From before the first step to the end of the last epoch, its checkpoint included. */
  readonly total: number;
  /** In steps on the device: computing, the mean of the threads. */
  readonly computing: number;
  /** In steps on the device: threads waiting for each other. */
  readonly waiting: number;
  /** In steps on the device: reading the clock. */
  readonly clock: number;
  /** Waiting for batches. */
  readonly feeding: number;
  /** Compiling programs: of each number of steps of sequences, of the last batch, of evaluation. */
  readonly compiling: number;
  /** Scores of the validation split. */
  readonly validating: number;
  /** The rest: scores, events, checkpoints, other work of the process. */
  readonly other: number;
}

/** Where the time of training went. */
export interface TrainProfile {
  /** Steps by the program that took longest: as a rule of full batches, of sequences cut to one length. */
  readonly step: StepProfile;
  /** Steps by other programs: of fewer rows, or of sequences cut to other lengths. */
  readonly otherSteps: {
    /** How many there were. */
    readonly steps: number;
    /** Seconds on the device, of all of them. */
    readonly seconds: number;
  };
  /** The loop around the steps, all of them. */
  readonly loop: LoopProfile;
}

/** What was measured of the steps of one plan; lists are by command. */
export type StepMeasures =
  & Pick<StepProfile, "steps" | "threads" | "seconds" | "waiting" | "clock" | "feeding">
  & { readonly kernels: readonly Pick<KernelProfile, "seconds" | "waiting">[] };

/** Puts what was measured beside what a plan says and what its device reaches. */
export function stepProfile(
  plan: Plan,
  { batchSize, limits, measures }: {
    readonly batchSize: number;
    readonly limits: Limits | null;
    readonly measures: StepMeasures;
  },
): StepProfile {
  const predicted = limits === null ? null : predictSeconds(plan, limits);
  const kernels = plan.commands.map((command, i): KernelProfile => {
    const { name, paths, backward, shared, flops, bytes } = command;
    const measured = measures.kernels[i]!;
    const peak = limits?.contraction[shared ? "together" : "alone"] ?? NaN;
    const peakShare = flops / measured.seconds / peak;
    return {
      ...{ name, paths, backward, shared, flops, bytes },
      ...measured,
      predicted: predicted?.[i] ?? null,
      peakShare: Number.isFinite(peakShare) ? peakShare : null,
    };
  });
  return {
    batchSize,
    ...measures,
    limits,
    predicted: predicted?.reduce((sum, seconds) => sum + seconds, 0) ?? null,
    kernels,
    stages: stagesOf(kernels),
  };
}

/** Seconds by the stages that kernels work for, the longest first. */
function stagesOf(kernels: readonly KernelProfile[]): StageProfile[] {
  const stages = new Map<string, { paths: string[]; forward: number; backward: number }>();
  for (const { paths, backward, seconds } of kernels) {
    const sorted = paths.toSorted();
    const key = JSON.stringify(sorted);
    const stage = stages.get(key) ?? { paths: sorted, forward: 0, backward: 0 };
    stage[backward ? "backward" : "forward"] += seconds;
    stages.set(key, stage);
  }
  return [...stages.values()].sort((a, b) => b.forward + b.backward - a.forward - a.backward);
}
