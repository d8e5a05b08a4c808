/**
 * `plan`: what a step runs, in which order, with which shapes and how much memory. Reads no data.
 *
 * @module
 */
import { compile, type Compiled } from "../compile.ts";
import type { Pipeline } from "../declare/mod.ts";
import { devices } from "../devices/mod.ts";
import { printPlan } from "../plan/mod.ts";
import { sizeOf } from "../tensor/mod.ts";
import { chooseDevice, recordPorts } from "../verbs.ts";
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
] as const;

/** The verb `plan`. */
export const plan: Verb = {
  name: "plan",
  summary: "Print what a step runs: order, shapes, kernels, memory, FLOPs",
  operand: "<pipeline.ts>",
  options: [...planOptions, shared.json],
  async run(invocation, io) {
    const { pipeline } = await loadPipeline(invocation.operand());
    const compiled = await compileFor(invocation, pipeline);
    io.stdout.write(
      invocation.flag("json")
        ? `${JSON.stringify(planJson(compiled))}\n`
        : `${printPlan(compiled.plan)}\n`,
    );
    return 0;
  },
};

/** Compiles a pipeline as the options say. */
export async function compileFor(
  invocation: Invocation,
  pipeline: Pipeline,
): Promise<Compiled & { readonly device: string }> {
  const { device: name = "wasm", set } = executeSettings(invocation);
  const purpose = invocation.choice("for", purposes) ?? "train";
  const stage = invocation.text("stage");
  const device = devices.find((device) => device.name === name) ??
    await chooseDevice({ device: name });
  const compiled = compile(pipeline, {
    purpose: purpose === "predict"
      ? { predict: recordPorts(pipeline, { ...defined({ output: stage }), set }).output }
      : purpose,
    target: device.target,
    ...defined({ batchSize: invocation.whole("batch-size", { min: 1 }) }),
    set,
  });
  return { ...compiled, device: device.name };
}

/** A plan as plain data, without its expressions and initial values. */
export function planJson(
  { checked, plan, device, traced }: Compiled & { readonly device: string },
): Readonly<Record<string, unknown>> {
  const names = (numbers: readonly number[]) =>
    [...new Set(numbers)].map((number) => plan.buffers[number]!.name);
  return {
    pipeline: checked.resolved.name,
    device,
    plan: plan.name,
    batchSize: traced.batchSize,
    parameters: plan.variables.slots.filter(({ role }) => role === "parameter")
      .reduce((sum, { spec }) => sum + sizeOf(spec.shape), 0),
    flops: plan.commands.reduce((sum, { flops }) => sum + flops, 0),
    bytes: plan.bytes,
    regionBytes: plan.regionBytes,
    inputs: plan.inputs.map(({ name, spec }) => ({ name, ...spec })),
    outputs: plan.outputs.map(({ name, spec }) => ({ name, ...spec })),
    commands: plan.commands.map(({ kernel, name, paths, backward, flops, bytes }) => {
      const { anchor, loads, results, shape } = kernel;
      const anchored = anchor === null
        ? []
        : anchor.kind === "op"
        ? anchor.operands.map(({ access }) => access)
        : anchor.loads;
      return {
        name,
        shape,
        reads: names([...anchored, ...loads].map(({ buffer }) => buffer)),
        writes: names(results.map(({ store }) => store.buffer)),
        paths,
        backward,
        flops,
        bytes,
      };
    }),
  };
}
