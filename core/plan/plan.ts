/**
 * Graph -> Plan: place, fuse, assign memory, schedule, in this order.
 *
 * @module
 */
import { pipelineError } from "../errors.ts";
import { formatBytes } from "../format.ts";
import { type Shape, sizeOf } from "../tensor/mod.ts";
import { type Graph, type Scalar, scalar } from "../graph/mod.ts";
import type { FusedKernel } from "./cluster.ts";
import { fuse } from "./fuse.ts";
import { layoutVariables, storedBytes } from "./layout.ts";
import { assignMemory } from "./memory.ts";
import { place } from "./place.ts";
import type { Precision } from "./precision.ts";
import { operandSpec, readsOf } from "./reads.ts";
import { schedule, type ScheduledKernel } from "./schedule.ts";
import { share } from "./share.ts";
import type { Target } from "./target.ts";
import type { Access, Buffer, Command, Kernel, Plan, VariableLayout } from "./types.ts";

/** What a plan is made for. */
export interface PlanOptions {
  /** The device's traits. */
  readonly target: Target;
  /** How floats are stored; `"full"` when absent. */
  readonly precision?: Precision;
  /** Places of variables that other plans of the run share; the graph's own when absent. */
  readonly variables?: VariableLayout;
}

/**
 * Plans a graph.
 *
 * @throws {PipelineError} When the device has no kernel for an op that does not decompose, or does not
 * store floats in 16 bits and is to.
 */
export function plan(
  graph: Graph,
  { target, variables, precision = "full" }: PlanOptions,
): Plan {
  requirePrecision(precision, target);
  const placed = place(graph, target);
  const layout = variables ?? layoutVariables(placed.variables, target);
  const fused = fuse(placed, { ...target, precision });
  const memory = assignMemory(placed, { fused, target, variables: layout, precision });
  requireRoom(graph.name, memory.bytes, target);
  const { kernels, buffers } = schedule(memory, target);
  return {
    name: graph.name,
    variables: layout,
    buffers,
    inputs: memory.inputs,
    outputs: memory.outputs,
    commands: share(kernels.map((kernel) => commandOf(kernel, { buffers, target })), {
      buffers,
      target,
    }),
    bytes: memory.bytes,
    limitBytes: target.limitBytes,
    regionBytes: memory.regionBytes,
    savedBytes: memory.savedBytes,
  };
}

/**
 * Refuses a precision that a device does not have.
 *
 * @throws {PipelineError} When it does not.
 */
export function requirePrecision(precision: Precision, target: Target): void {
  if (precision === "full" || target.storesHalf) return;
  throw pipelineError({
    code: "precision",
    path: "",
    message: `Cannot train with precision "${precision}" on device "${target.device}": ` +
      "it stores floats in 32 bits only",
    received: `--device ${target.device}`,
    expected: "--device webgpu, with a GPU that has the feature shader-f16",
    hint: "choose that device, or leave out --precision",
  });
}

/** Refuses a plan that does not fit the device. */
function requireRoom(name: string, bytes: number, target: Target): void {
  if (bytes <= target.limitBytes) return;
  throw pipelineError({
    code: "memory",
    path: "",
    message: `Cannot fit "${name}" into the memory of device "${target.device}"`,
    received: formatBytes(bytes),
    expected: `at most ${formatBytes(target.limitBytes)}`,
    hint: "lower batchSize or evaluateBatchSize, or make the model smaller",
  });
}

function commandOf(
  { kernel, from }: ScheduledKernel,
  { buffers, target }: { readonly buffers: readonly Buffer[]; readonly target: Target },
): Omit<Command, "shared" | "barrier"> {
  const sources = from.filter((source): source is FusedKernel => source !== null);
  const nodes = sources.flatMap(({ steps }) => steps.flatMap(({ node }) => node ?? []));
  return {
    kernel,
    name: sources.length === 0 ? "copy" : nameOf(sources[0]!.steps.map(({ name }) => name)),
    paths: [...new Set(nodes.map((node) => node.path))].filter((path) => path !== ""),
    backward: nodes.length > 0 && nodes.every((node) => node.backward),
    flops: flopsOf(kernel, sources, target),
    bytes: bytesOf(kernel, buffers, target),
  };
}

/** `"matmul + add + relu"`; a long chain is cut in the middle. */
function nameOf(ops: readonly string[]): string {
  if (ops.length <= 6) return ops.join(" + ");
  return `${ops.slice(0, 3).join(" + ")} + ${ops.length - 5} more + ${ops.slice(-2).join(" + ")}`;
}

function flopsOf(
  { shape, anchor, loads, results }: Kernel,
  sources: readonly FusedKernel[],
  target: Target,
): number {
  const epilogue = operationsOver(shape, results.map(({ expression }) => expression), loads);
  if (anchor === null) return epilogue;
  if (anchor.kind === "reduce") {
    return epilogue + sizeOf(anchor.shape) +
      operationsOver(anchor.shape, [anchor.body], anchor.loads);
  }
  const [source] = sources;
  const specs = anchor.operands.map(operandSpec);
  const prologues = anchor.operands.map((operand, number) => {
    if ("access" in operand) return 0;
    const { shape, body, loads } = operand;
    const { op, params } = anchor;
    const times = target.operandReads(op, { operand: number, inputs: specs, params });
    return times * operationsOver(shape, [body], loads);
  });
  return epilogue + prologues.reduce((sum, each) => sum + each, 0) +
    (source?.cluster.anchor?.kind === "op" ? source.cluster.anchor.flops : 0);
}

/** Arithmetic operations over the places of a shape; what is the same at all of them is computed once. */
function operationsOver(
  shape: Shape,
  expressions: readonly Scalar[],
  loads: readonly Access[],
): number {
  const size = sizeOf(shape);
  const seen = new Map<Scalar, boolean>();
  let operations = 0;
  /** Counts a part; tells whether it is the same everywhere. */
  const visit = (part: Scalar): boolean => {
    const known = seen.get(part);
    if (known !== undefined) return known;
    const isSame = part.kind === "load"
      ? loads[part.operand]!.strides.every((stride) => stride === 0)
      : part.kind === "constant" ||
        (scalar.partsOf(part).length > 0 && scalar.partsOf(part).map(visit).every(Boolean));
    if (scalar.isOperation(part)) operations += isSame ? 1 : size;
    seen.set(part, isSame);
    return isSame;
  };
  expressions.forEach(visit);
  return operations;
}

/** Bytes of memory that a kernel touches, each buffer read once and written once. */
function bytesOf(kernel: Kernel, buffers: readonly Buffer[], target: Target): number {
  const bytes = (numbers: Iterable<number>) => {
    let total = 0;
    for (const number of new Set(numbers)) {
      const buffer = buffers[number]!;
      total += buffer.length * storedBytes(buffer, target);
    }
    return total;
  };
  return bytes(readsOf(kernel).map(({ access }) => access.buffer)) +
    bytes(kernel.results.map((result) => result.store.buffer));
}
