/**
 * Plan -> WebAssembly module: one function for each command, called in order by `step` (`step.ts`).
 *
 * @module
 */
import { formatBytes } from "../../format.ts";
import { elementBytes, formatSpec, rowMajorStrides, sizeOf } from "../../tensor/mod.ts";
import { type Scalar, scalar } from "../../graph/mod.ts";
import {
  type Access,
  type Buffer,
  type Command,
  type Kernel,
  type OpAnchor,
  operandSpec,
  plainOperand,
  type Plan,
  readsOf,
} from "../../plan/mod.ts";
import { pipelineError } from "../../errors.ts";
import { ModuleAssembler } from "./assembler.ts";
import { barrierFunction } from "./barrier.ts";
import { sourceOf } from "./access.ts";
import { clockImport, type ClockLayout, clockLayout, ClockWriter } from "./clock.ts";
import { type ElementwiseKernel, elementwiseProgram, rowwiseProgram } from "./elementwise.ts";
import { findKernel } from "../kernel_list.ts";
import { kernels } from "./kernels/mod.ts";
import type { Arithmetic } from "./lanes.ts";
import type { Program, ProgramContext } from "./program.ts";
import { reduceProgram } from "./reduce.ts";
import { stepParts } from "./step.ts";
import { ThreadFunctions } from "./thread_functions.ts";
import type { VectorBits } from "./trial.ts";

/** Bytes of a page of WebAssembly memory. */
export const pageBytes = 65536;

/** Pages of the largest memory: 4 GiB. */
export const maximumPages = 65536;

/** Most threads for which wide functions are copied: code for each takes time to compile. */
const mostWideThreads = 16;

/** Bytes by which a load may go beyond the last buffer. */
const slackBytes = 64;

/** How a plan is compiled. */
export interface ModuleOptions {
  readonly arithmetic: Arithmetic;
  /** Number of threads that will run the step; with one, there are no barriers. */
  readonly threads: number;
  /** Whether there are more threads than processors. */
  readonly isCrowded?: boolean;
  /** Bits of the vectors of kernels that can be written for either; 128 unless told. */
  readonly vectorBits?: VectorBits;
  /** Whether the step measures itself. */
  readonly clock?: boolean;
}

/** A plan's module. */
export interface PlanModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Pages of memory that it needs: the plan's and, beyond them, scratch memory. */
  readonly pages: number;
  /** Whether a kernel of the plan can be written for vectors of either length. */
  readonly hasWide: boolean;
  /** Where the step leaves what it measures; `null` where it does not. */
  readonly clock: ClockLayout | null;
}

/**
 * Assembles a plan's module. It imports the memory, and a clock where it measures itself, and exports
 * `step(thread, threads)`.
 *
 * @throws {PipelineError} When plan and scratch need more than 4 GiB.
 */
export function assemblePlan(plan: Plan, options: ModuleOptions): PlanModule {
  const { arithmetic, threads, isCrowded = false, vectorBits = 128 } = options;
  const module = new ModuleAssembler();
  const now = options.clock === true ? module.import(clockImport) : null;
  const canWiden = threads <= mostWideThreads;
  const wide = vectorBits === 256 && canWiden ? new ThreadFunctions(module, threads) : null;
  const sums = sumsBuffer(plan);
  const context = { module, arithmetic, threads, wide, buffers: [...plan.buffers, sums] };
  const commands = separated(plan.commands, context).map((command) => ({
    ...command,
    programs: programsOf(command.kernel, context).filter(({ units }) => units > 0),
  }));
  const programs = commands.flatMap((command) => command.programs);
  const threadBytes = padded(Math.max(0, ...programs.map(({ scratchBytes }) => scratchBytes)));
  const scratch = sums.byteOffset + padded(sums.length * elementBytes(sums.dtype));
  const barrier = threads === 1 ? null : barrierFunction(module, { isCrowded });
  const parts = stepParts(commands, { module, barrier });
  const clock = now === null ? null : clockLayout(parts, scratch + threads * threadBytes);
  const bytes = scratch + threads * (threadBytes + (clock?.threadBytes ?? 0)) + slackBytes;
  requireRoom(plan, bytes);
  const step = module.function(2, (f) => {
    const own = f.local("i32");
    f.get(0).i32(threadBytes).op("i32.mul").i32(scratch).op("i32.add").set(own);
    const writer = now === null ? null : new ClockWriter(f, now, clock!);
    for (const part of parts) {
      part.write(f, own);
      writer?.read();
    }
    if (barrier !== null) f.get(1).call(barrier);
  });
  wide?.write((thread) => scratch + thread * threadBytes);
  module.export("step", step);
  const pages = Math.ceil(bytes / pageBytes);
  return {
    bytes: module.encode(pages, maximumPages),
    pages,
    clock,
    hasWide: canWiden && programs.some(({ hasWide }) => hasWide),
  };
}

/**
 * The commands with a barrier between any two that keep raw sums in scratch memory, which all share and
 * the planner knows nothing of.
 */
function separated(commands: readonly Command[], context: ProgramContext): Command[] {
  let isUsed = false;
  return commands.map((command) => {
    const { kernel, kernel: { anchor } } = command;
    if (command.barrier) isUsed = false;
    const uses = anchor?.kind === "op" &&
      sumsAccess(kernel, anchor, context).buffer === context.buffers.length - 1;
    const barrier = command.barrier || (uses && isUsed);
    isUsed ||= uses;
    return { ...command, barrier };
  });
}

function requireRoom({ name }: Plan, bytes: number): void {
  if (bytes <= maximumPages * pageBytes) return;
  throw pipelineError({
    code: "memory",
    path: "",
    message: `Cannot compile plan "${name}" for device "wasm"`,
    received: formatBytes(bytes),
    expected: `at most ${formatBytes(maximumPages * pageBytes)} of memory`,
    hint: "lower batchSize or evaluateBatchSize, or make the model smaller",
  });
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

/** The programs of a kernel: one, or two when results cannot follow the rows of an op's output. */
function programsOf(kernel: Kernel, context: ProgramContext): Program[] {
  if (kernel.anchor === null) return [elementwiseProgram(kernel, context)];
  return kernel.anchor.kind === "reduce"
    ? [reduceProgram(kernel, kernel.anchor, context)]
    : opPrograms(kernel, kernel.anchor, context);
}

/**
 * The programs of a kernel with an op as anchor. The op's own kernel writes raw sums into the buffer
 * of a result, or into scratch memory; the results are computed from them by an elementwise kernel,
 * row by row while the sums are in cache.
 */
function opPrograms(kernel: Kernel, anchor: OpAnchor, context: ProgramContext): Program[] {
  const inputs = anchor.operands.map(operandSpec);
  const make = findKernel(kernels, anchor.op, { inputs, params: anchor.params });
  if (make === null) {
    throw new TypeError(
      `Cannot compile op "${anchor.op.name}" for device "wasm": it has no kernel for ` +
        `${inputs.map(formatSpec).join(", ")}; add core/devices/wasm/kernels/${anchor.op.name}.ts`,
    );
  }
  const { buffers } = context;
  const sums = sumsAccess(kernel, anchor, context);
  const site = {
    module: context.module,
    arithmetic: context.arithmetic,
    threads: context.threads,
    wide: context.wide,
    operands: anchor.operands.map(plainOperand).map(({ access, shape }) => ({
      ...sourceOf(access, buffers),
      shape,
    })),
    output: { base: sourceOf(sums, buffers).base, shape: anchor.output.shape },
  };
  const [first, ...others] = kernel.results;
  const isPlain = others.length === 0 && first!.expression.kind === "anchor" &&
    first!.store.buffer === sums.buffer;
  if (isPlain) return [make({ ...site, finish: () => {} })];
  const results = resultsOf(kernel, sums);
  const rows = kernel.shape.at(-1) === anchor.output.shape.at(-1)
    ? rowwiseProgram(results, context)
    : null;
  if (rows === null) {
    return [make({ ...site, finish: () => {} }), elementwiseProgram(results, context)];
  }
  const body = context.module.function(
    3,
    (f) => rows.write(f, { begin: 0, end: 1, scratch: 2 }),
  );
  const program = make({
    ...site,
    finish: (f, { first, end }) => f.get(first).get(end).i32(0).call(body),
  });
  return program.leavesFinish === true
    ? [program, elementwiseProgram(results, context)]
    : [program];
}

/** The results of a kernel as an elementwise kernel that loads what the anchor gave. */
function resultsOf(kernel: Kernel, sums: Access): ElementwiseKernel {
  const memo = new Map<Scalar, Scalar>();
  const loaded = scalar.load(kernel.loads.length, scalar.scalarTypeOf(sums.dtype));
  const replace = (leaf: Scalar) => (leaf.kind === "anchor" ? loaded : leaf);
  return {
    shape: kernel.shape,
    loads: [...kernel.loads, sums],
    results: kernel.results.map(({ expression, store }) => ({
      expression: scalar.substitute(expression, replace, memo),
      store,
    })),
  };
}

/**
 * Where an op's raw sums go: into the buffer of a result that has no gaps and that nothing is read from,
 * or into scratch memory.
 */
function sumsAccess(kernel: Kernel, anchor: OpAnchor, { buffers }: ProgramContext): Access {
  const read = readsOf(kernel);
  const rowMajor = rowMajorStrides(kernel.shape);
  const free = kernel.results.find(({ store }) =>
    store.dtype === anchor.output.dtype && store.offset === 0 &&
    store.strides.every((stride, axis) => stride === rowMajor[axis]) &&
    !read.some(({ access }) => overlap(buffers[access.buffer]!, buffers[store.buffer]!))
  );
  return free?.store ?? {
    buffer: buffers.length - 1,
    dtype: anchor.output.dtype,
    offset: 0,
    strides: rowMajor,
  };
}

function overlap(a: Buffer, b: Buffer): boolean {
  const end = (buffer: Buffer) => buffer.byteOffset + buffer.length * elementBytes(buffer.dtype);
  return a.byteOffset < end(b) && b.byteOffset < end(a);
}

/** The scratch buffer for raw sums, which lies after the plan and holds the largest op's. */
function sumsBuffer(plan: Plan): Buffer {
  const lengths = plan.commands.map(({ kernel }) =>
    kernel.anchor?.kind === "op" ? sizeOf(kernel.shape) : 0
  );
  return {
    id: plan.buffers.length,
    name: "sums",
    dtype: "f32",
    length: Math.max(0, ...lengths),
    region: "workspace",
    byteOffset: padded(plan.bytes),
  };
}
