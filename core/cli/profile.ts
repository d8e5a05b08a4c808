/**
 * What `train --profile` prints: kernels, stages, and the loop around the step.
 *
 * @module
 */
import { formatAmount, formatRate, formatSeconds, formatShare } from "../format.ts";
import type { KernelProfile, LoopProfile, StepProfile, TrainProfile } from "../execute/mod.ts";
import { limitsLines } from "./limits.ts";
import { formatTable } from "../table.ts";

/** Rows of the tables of kernels and stages; what is left is added up. */
const mostRows = 24;
/** Letters of a kernel's name, and of its stages. */
const mostLetters = 34;

/** Renders where the time of training went. */
export function profileText({ step, otherSteps, loop }: TrainProfile): string {
  const { steps, batchSize, threads, limits, clock, seconds } = step;
  return [
    `Where the time went: ${formatAmount(steps, "step")} of ${formatAmount(batchSize, "row")} on ` +
    `${formatAmount(threads, "thread")}; times of a step are medians\n` +
    (otherSteps.steps === 0
      ? ""
      : `${formatAmount(otherSteps.steps, "other step")}, of fewer rows or other lengths: ${
        formatSeconds(otherSteps.seconds)
      } in all\n`) +
    (limits === null ? [] : limitsLines(limits)).map((line) => `${line}\n`).join("") +
    `reading the clock: ${formatSeconds(clock)} a step, ${share(clock, seconds)}\n`,
    kernelTable(step),
    stageTable(step),
    loopTable(loop, threads),
  ].join("\n");
}

function kernelTable({ kernels, seconds, predicted, waiting }: StepProfile): string {
  const sorted = kernels.toSorted((a, b) => b.seconds - a.seconds);
  const { shown, rest } = split(sorted);
  const row = (kernel: KernelProfile) => [
    cut(kernel.name),
    cut(kernel.paths.join(", ")),
    formatSeconds(kernel.seconds),
    share(kernel.seconds, seconds),
    kernel.flops === 0 ? "" : rate(kernel.flops, kernel.seconds),
    kernel.peakShare === null || kernel.flops === 0 ? "" : formatShare(kernel.peakShare),
    kernel.predicted === null ? "" : formatSeconds(kernel.predicted),
    kernel.waiting === 0 ? "" : formatSeconds(kernel.waiting),
  ];
  const total = (of: readonly KernelProfile[], field: "seconds" | "flops" | "waiting") =>
    of.reduce((sum, kernel) => sum + kernel[field], 0);
  const last = rest.length === 0 ? [] : [[
    `${rest.length} more`,
    "",
    formatSeconds(total(rest, "seconds")),
    share(total(rest, "seconds"), seconds),
    "",
    "",
    "",
    formatSeconds(total(rest, "waiting")),
  ]];
  return formatTable([
    ["kernel", "of", "time", "of step", "GFLOP/s", "of peak", "predicted", "waited before"],
    ...shown.map(row),
    ...last,
    [
      "step",
      "",
      formatSeconds(seconds),
      "",
      rate(total(kernels, "flops"), seconds),
      "",
      predicted === null ? "" : formatSeconds(predicted),
      formatSeconds(waiting),
    ],
  ], { right: [2, 3, 4, 5, 6, 7] });
}

function stageTable({ stages, seconds }: StepProfile): string {
  const { shown, rest } = split(stages);
  const row = (name: string, forward: number, backward: number) => [
    name,
    forward === 0 ? "" : formatSeconds(forward),
    backward === 0 ? "" : formatSeconds(backward),
    share(forward + backward, seconds),
  ];
  const total = (field: "forward" | "backward") =>
    rest.reduce((sum, stage) => sum + stage[field], 0);
  return formatTable([
    ["stages", "forward and update", "backward", "of step"],
    ...shown.map(({ paths, forward, backward }) => row(cut(paths.join(" + ")), forward, backward)),
    ...(rest.length === 0 ? [] : [row(`${rest.length} more`, total("forward"), total("backward"))]),
  ], { right: [1, 2, 3] });
}

function loopTable({ total, ...parts }: LoopProfile, threads: number): string {
  const names: Readonly<Record<keyof typeof parts, string>> = {
    computing: "step: computing",
    waiting: threads === 1 ? "step: calling it" : "step: waiting at barriers",
    clock: "step: reading the clock",
    feeding: "waiting for data",
    compiling: "compiling programs",
    validating: "validation",
    other: "scores, events, checkpoints, the rest",
  };
  const keys = (Object.keys(names) as (keyof typeof parts)[])
    .filter((key) => key !== "validating" || parts.validating > 0);
  return formatTable([
    ["epochs", formatSeconds(total), ""],
    ...keys.map((key) => [names[key], formatSeconds(parts[key]), share(parts[key], total)]),
  ], { right: [1, 2] });
}

function split<T>(
  rows: readonly T[],
): { readonly shown: readonly T[]; readonly rest: readonly T[] } {
  const count = rows.length > mostRows ? mostRows - 1 : rows.length;
  return { shown: rows.slice(0, count), rest: rows.slice(count) };
}

function cut(text: string): string {
  return text.length <= mostLetters ? text : `${text.slice(0, mostLetters - 1)}…`;
}

function rate(flops: number, seconds: number): string {
  return seconds === 0 ? "" : formatRate(flops / seconds / 1e9);
}

function share(part: number, whole: number): string {
  return formatShare(part / whole);
}
