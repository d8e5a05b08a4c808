/**
 * Kernels of the wasm device run by themselves: share by share, over operands that lie in memory in any
 * order of their axes; or as the anchor of a plan.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import {
  type DType,
  elementBytes,
  type Elements,
  rowMajorStrides,
  type Shape,
  sizeOf,
  viewElements,
} from "../../core/tensor/mod.ts";
import {
  type ContractionOp,
  type Op,
  type OpaqueOp,
  type Scalar,
  scalar,
} from "../../core/graph/mod.ts";
import { ModuleAssembler } from "../../core/devices/wasm/assembler.ts";
import { findKernel } from "../../core/devices/kernel_list.ts";
import { kernels } from "../../core/devices/wasm/kernels/mod.ts";
import { type Arithmetic, Lanes } from "../../core/devices/wasm/lanes.ts";
import { ThreadFunctions } from "../../core/devices/wasm/thread_functions.ts";
import { wasmDevice } from "../../core/devices/wasm/mod.ts";
import { dtypeOf, HandPlan } from "./plans.ts";

/** An operand and its contents, row-major. */
export interface Operand {
  readonly shape: Shape;
  readonly data: Elements;
}

/** One op, its operands, and what its definition makes of them. */
export interface Problem {
  readonly op: Op;
  readonly params: unknown;
  readonly operands: readonly Operand[];
  readonly output: { readonly shape: Shape; readonly dtype: DType };
  readonly wanted: Float64Array;
}

/** How a kernel is run. */
export interface ShareOptions {
  /** Into how many parts its units are divided. */
  readonly shares: number;
  readonly arithmetic?: Arithmetic;
  /** Bits of the vectors, where the kernel can be written for either length; 128 by default. */
  readonly vectorBits?: 128 | 256;
  /** How each operand lies in memory: the order of its axes, outermost first. Row-major by default. */
  readonly orders?: readonly (readonly number[])[];
}

/** The problem of an op applied to operands: what its definition gives is wanted. */
export function problemOf<P>(
  op: ContractionOp<P> | OpaqueOp<P>,
  params: P,
  operands: readonly Operand[],
): Problem {
  const specs = operands.map(({ shape, data }) => ({ shape, dtype: dtypeOf(data) }));
  const output = op.infer(specs, params);
  const wanted = { shape: output.shape, data: new Float64Array(sizeOf(output.shape)) };
  const exact = operands.map(({ shape, data }) => ({ shape, data: Float64Array.from(data) }));
  op.reference({ inputs: exact, output: wanted, params });
  return { op, params, operands, output, wanted: wanted.data };
}

/**
 * Runs the kernel of a problem share by share, each with scratch memory full of other numbers, and
 * checks that nothing else is written, that each row is finished once, or none where the kernel leaves
 * that to others, and that the result is the same with the last share first.
 */
export function runShares(
  { op, params, operands, output: { shape, dtype } }: Problem,
  { shares, arithmetic = "fast", vectorBits = 128, orders = [] }: ShareOptions,
): Elements {
  let bytes = 1024;
  const reserve = (length: number) => {
    const base = bytes;
    bytes += Math.ceil(length / 64) * 64 + 64;
    return base;
  };
  const placed = operands.map(({ shape, data }, i) => {
    const order = orders[i] ?? shape.map((_, axis) => axis);
    const inOrder = rowMajorStrides(order.map((axis) => shape[axis]!));
    const strides = shape.map((_, axis) => inOrder[order.indexOf(axis)]!);
    const size = elementBytes(dtypeOf(data));
    return { shape, data, strides, elementBytes: size, base: reserve(data.length * size) };
  });
  const length = sizeOf(shape);
  const rows = sizeOf(shape.slice(0, -1));
  const outputBytes = length * elementBytes(dtype);
  const base = reserve(outputBytes);
  const finished = reserve(16 * rows);
  const specs = operands.map(({ shape, data }) => ({ shape, dtype: dtypeOf(data) }));
  const module = new ModuleAssembler();
  const wide = vectorBits === 256 ? new ThreadFunctions(module, 1) : null;
  const program = findKernel(kernels, op, { inputs: specs, params })!({
    module,
    arithmetic,
    wide,
    threads: 1,
    operands: placed,
    output: { base, shape },
    finish: (f, { first, end }) => {
      const v = new Lanes(f, "strict");
      const [count, at] = [f.local("i32"), f.local("i32")];
      f.get(end).get(first).op("i32.sub").set(count);
      f.get(first).i32(16).op("i32.mul").set(at);
      f.repeat({ local: count }, () => {
        const before = v.load("v128.load", at, finished);
        f.get(at).get(v.op("i32x4.add", before, v.word(1))).memory("v128.store", finished);
        f.advance(at, 16);
      });
    },
  });
  const scratch = bytes;
  const scratchEnd = scratch + Math.ceil(program.scratchBytes / 4) * 4;
  const pages = Math.ceil((scratchEnd + 64) / 65536);
  module.export(
    "run",
    module.function(3, (f) => program.write(f, { begin: 0, end: 1, scratch: 2 })),
  );
  wide?.write(() => scratch);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const instance = new WebAssembly.Instance(
    new WebAssembly.Module(module.encode(pages, pages)),
    { env: { memory } },
  );
  const untouched = 99;
  const whole = new Uint8Array(memory.buffer).fill(untouched);
  for (const { shape, data, strides, base } of placed) {
    const inner = rowMajorStrides(shape);
    const target = viewElements(memory.buffer, {
      dtype: dtypeOf(data),
      byteOffset: base,
      length: data.length,
    });
    data.forEach((value, i) => {
      const place = strides.reduce(
        (sum, stride, axis) => sum + stride * (Math.floor(i / inner[axis]!) % shape[axis]!),
        0,
      );
      target[place] = value;
    });
  }
  const counts = new Int32Array(memory.buffer, finished, 4 * rows);
  const run = instance.exports.run as (begin: number, end: number, scratch: number) => void;
  const view = viewElements(memory.buffer, { dtype, byteOffset: base, length });
  const ascending = Array.from({ length: program.units > 0 ? shares : 0 }, (_, share) => share);
  const [result, again] = [ascending.toReversed(), ascending].map((order) => {
    counts.fill(0);
    for (const share of order) {
      new Float32Array(memory.buffer, scratch, (scratchEnd - scratch) / 4).fill(NaN);
      const [begin, end] = [share, share + 1].map((i) => Math.floor(program.units * i / shares));
      run(begin!, end!, scratch);
    }
    return view.slice();
  });
  assertEquals(again, result, "the order of the shares");
  assertEquals(whole[scratchEnd], untouched, "memory behind scratch");
  for (const [from, what] of [[base - 64, "before"], [base + outputBytes, "behind"]] as const) {
    const around = whole.slice(from, from + 64);
    assertEquals(around, new Uint8Array(64).fill(untouched), `memory ${what} the output`);
  }
  if (length > 0) {
    const wanted = program.leavesFinish === true ? 0 : 1;
    assertEquals(counts.findIndex((count) => count !== wanted), -1, "rows finished otherwise");
  }
  return result!;
}

/** Whether the kernel of a problem is another program in vectors of 256 bits, on one thread. */
export function hasWideForm({ op, params, operands, output: { shape } }: Problem): boolean {
  const inputs = operands.map(({ shape, data }) => ({ shape, dtype: dtypeOf(data) }));
  const placed = inputs.map(({ shape, dtype }) => ({
    base: 0,
    elementBytes: elementBytes(dtype),
    shape,
    strides: rowMajorStrides(shape),
  }));
  const program = findKernel(kernels, op, { inputs, params })!({
    module: new ModuleAssembler(),
    arithmetic: "fast",
    wide: null,
    threads: 1,
    operands: placed,
    output: { base: 0, shape },
    finish: () => {},
  });
  return program.hasWide === true;
}

/**
 * Runs the kernel of a problem as the anchor of a plan: its result is an expression of what the kernel
 * gives and of another operand, which is walked by the output's shape.
 *
 * @param options `load`: the other operand, f32, and how it is walked, row-major by default.
 */
export async function runAsAnchor(
  { op, params, operands, output: { shape, dtype } }: Problem,
  { load: { data, strides = rowMajorStrides(shape) }, expression }: {
    readonly load: { readonly data: Float32Array; readonly strides?: readonly number[] };
    readonly expression: (given: Scalar, load: Scalar) => Scalar;
  },
): Promise<Elements> {
  const device = wasmDevice();
  const plan = new HandPlan(device.target);
  const placed = operands.map(({ shape, data }) => ({
    access: plan.access(plan.buffer(data), shape),
    shape,
  }));
  const loads = [plan.access(plan.buffer(data), shape, { strides })];
  const result = plan.buffer(new Float32Array(sizeOf(shape)));
  plan.kernel({
    shape,
    anchor: { kind: "op", op, params, operands: placed, output: { shape, dtype } },
    loads,
    results: [{
      expression: expression(scalar.anchor(scalar.scalarTypeOf(dtype)), scalar.load(0, "f32")),
      store: plan.access(result, shape),
    }],
  });
  return (await plan.run(device))[result]!;
}
