/**
 * `plan`: what a step runs, in which order, with which shapes and how much memory, and how long that
 * should take here. Reads no data.
 *
 * @module
 */
import { formatAmount, formatRate, formatSeconds } from "../format.ts";
import { compile, type Compiled } from "../compile.ts";
import type { Pipeline } from "../declare/mod.ts";
import { type Device, devices } from "../devices/mod.ts";
import { type Limits, predictSeconds, printPlan, readsOf } from "../plan/mod.ts";
import { sizeOf } from "../tensor/mod.ts";
import { chooseDevice, defaultThreads, recordPorts } from "../verbs.ts";
import { limitsLines } from "./limits.ts";
import { loadPipeline } from "./load.ts";
import { defined, executeSettings, type Invocation, shared, type Verb } from "./options.ts";

const purposes = ["train", "evaluate", "predict"] as const;

/** Options that choose a plan. */
export const planOptions = [
  { name: "for", value: purposes.join("|"), description: "What is planned; default train" },
  { name: "stage", value: "name", description: "Stage whose output is planned, for predict" },
  { ...shared.batchSize, description: "Rows per step" },
  shared.set,
  shared.device,
  shared.precision,
] as const;

const threadsOption = { ...shared.threads, description: "Threads that times are predicted for" };

/** The verb `plan`. */
export const plan: Verb = {
  name: "plan",
  summary: "Print what a step runs: order, shapes, kernels, memory, FLOPs, predicted times",
  operand: "<pipeline.ts>",
  options: [...planOptions, threadsOption, shared.json],
  notes:
    "Times are predicted from what the device reaches on this machine, which is measured first:\n" +
    "what kernels take at best, and no waiting. What they do take, train --profile tells.",
  async run(invocation, io) {
    const { pipeline } = await loadPipeline(invocation.operand());
    const compiled = await compileFor(invocation, pipeline);
    const { threads = defaultThreads(compiled.device) } = executeSettings(invocation);
    const limits = await limitsOf(compiled.device, threads);
    io.stdout.write(
      invocation.flag("json")
        ? `${JSON.stringify(planJson(compiled, limits))}\n`
        : `${planText(compiled, limits)}\n`,
    );
    return 0;
  },
};

/** What a device reaches here; `null` where it cannot be used, or does not measure that. */
async function limitsOf(device: Device, threads: number): Promise<Limits | null> {
  if (device.measure === undefined || !(await device.probe()).available) return null;
  return await device.measure({ threads });
}

/** A plan with what is predicted of it. */
function planText(compiled: CompiledFor, limits: Limits | null): string {
  const { plan, device, traced } = compiled;
  const sequences = sequenceLines(compiled);
  if (limits === null) {
    return printPlan(plan, {
      heading: [
        ...sequences,
        `no times are predicted: device "${device.name}" does not measure what it reaches here`,
      ],
    });
  }
  const seconds = predictSeconds(plan, limits);
  const step = sum(seconds);
  const rate = formatRate(traced.batchSize / step);
  return printPlan(plan, {
    heading: [
      ...sequences,
      `predicted: ${formatSeconds(step)} a step at least, ${rate} samples/s at most, ` +
      `on ${formatAmount(limits.threads, "thread")}`,
      ...limitsLines(limits),
    ],
    beside: (number) => formatSeconds(seconds[number]!),
  });
}

/** Of pipelines that cut sequences: which programs there are, of which the plan is one. */
function sequenceLines({ checked }: CompiledFor): string[] {
  return checked.sequences.map(({ path, steps }) =>
    `"${path}" cuts sequences to ${
      steps.slice(0, -1).join(", ")
    } steps, by a program each; this one is of all ${steps.at(-1)}`
  );
}

/** A pipeline compiled for a device. */
export type CompiledFor = Compiled & { readonly device: Device };

/** Compiles a pipeline as the options say. */
export async function compileFor(
  invocation: Invocation,
  pipeline: Pipeline,
): Promise<CompiledFor> {
  const { device: name = "wasm", precision = "full", set } = executeSettings(invocation);
  const purpose = invocation.choice("for", purposes) ?? "train";
  const stage = invocation.text("stage");
  const device = devices.find((device) => device.name === name) ??
    await chooseDevice({ device: name });
  const compiled = compile(pipeline, {
    purpose: purpose === "predict"
      ? { predict: recordPorts(pipeline, { ...defined({ output: stage }), set }).output }
      : purpose,
    target: device.target,
    precision,
    ...defined({ batchSize: invocation.whole("batch-size", { min: 1 }) }),
    set,
  });
  return { ...compiled, device };
}

/** A plan as plain data, without its expressions and initial values, and what is predicted of it. */
function planJson(
  { checked, plan, device, traced }: CompiledFor,
  limits: Limits | null,
): Readonly<Record<string, unknown>> {
  const predicted = limits === null ? null : predictSeconds(plan, limits);
  const step = predicted === null ? null : sum(predicted);
  const names = (numbers: readonly number[]) =>
    [...new Set(numbers)].map((number) => plan.buffers[number]!.name);
  return {
    pipeline: checked.resolved.name,
    device: device.name,
    plan: plan.name,
    batchSize: traced.batchSize,
    sequences: checked.sequences.map(({ path, steps }) => ({
      path,
      steps,
    })),
    parameters: plan.variables.slots.filter(({ role }) => role === "parameter")
      .reduce((sum, { spec }) => sum + sizeOf(spec.shape), 0),
    flops: sum(plan.commands.map(({ flops }) => flops)),
    bytes: plan.bytes,
    limits,
    predicted: step,
    predictedSamplesPerSecond: step === null ? null : traced.batchSize / step,
    regionBytes: plan.regionBytes,
    savedBytes: plan.savedBytes,
    stored16: plan.buffers.filter(({ storage }) => storage === "f16").map(({ name }) => name),
    inputs: plan.inputs.map(({ name, spec }) => ({ name, ...spec })),
    outputs: plan.outputs.map(({ name, spec }) => ({ name, ...spec })),
    commands: plan.commands.map(({ kernel, ...command }, i) => {
      const { results, shape } = kernel;
      const { name, paths, backward, flops, bytes, shared, barrier } = command;
      return {
        name,
        shape,
        reads: names(readsOf(kernel).map(({ access }) => access.buffer)),
        writes: names(results.map(({ store }) => store.buffer)),
        paths,
        backward,
        flops,
        bytes,
        shared,
        barrier,
        predicted: predicted?.[i] ?? null,
      };
    }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
