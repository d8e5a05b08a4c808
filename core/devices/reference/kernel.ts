/**
 * One kernel of a plan as a function over the reference device's memory: plain loops, in the order
 * in which the plan's types describe them.
 *
 * @module
 */
import { rowMajorStrides, type Shape, sizeOf } from "../../tensor/mod.ts";
import type { Op, ReduceOperator, ScalarType } from "../../graph/mod.ts";
import {
  type Access,
  type Buffer,
  type Kernel,
  type OpAnchor,
  operandReads,
  type ReduceAnchor,
} from "../../plan/mod.ts";
import { compileScalar, type Place } from "./scalar.ts";

/** Bytes of an element: all are float64. */
export const referenceElementBytes = 8;

/** Makes a kernel into a function of the memory. */
export function compileKernel(
  kernel: Kernel,
  buffers: readonly Buffer[],
): (memory: Float64Array) => void {
  const { shape, anchor, loads, results } = kernel;
  const anchored = anchor === null
    ? () => undefined
    : anchor.kind === "reduce"
    ? compileReduction(anchor, shape, buffers)
    : compileOp(anchor, buffers);
  const walkers = loads.map((load) => walkerOf(load, buffers));
  const stores = results.map(({ store }) => walkerOf(store, buffers));
  const expressions = results.map(({ expression }) => compileScalar(expression));
  const isByte = results.map(({ store }) => store.dtype === "u8");
  const values = new Float64Array(results.length);
  return (memory) => {
    const given = anchored(memory);
    walk(
      { shape, walkers: [...walkers, ...stores], loads: walkers.length },
      memory,
      (place, at) => {
        place.anchor = given?.[place.position] ?? 0;
        for (let i = 0; i < values.length; i++) values[i] = expressions[i]!(place);
        for (let i = 0; i < values.length; i++) {
          memory[at[walkers.length + i]!] = isByte[i] ? values[i]! & 0xff : values[i]!;
        }
      },
    );
  };
}

/** How a walk goes over the memory: element `start + Σ index·strides`. */
interface Walker {
  readonly start: number;
  readonly strides: readonly number[];
}

function walkerOf({ buffer, offset, strides }: Access, buffers: readonly Buffer[]): Walker {
  return { start: buffers[buffer]!.byteOffset / referenceElementBytes + offset, strides };
}

/**
 * Goes over the places of a shape in row-major order. At each, `place` holds the elements of the
 * first walkers (`loads` of them), and `at` the element number of every walker.
 */
function walk(
  { shape, walkers, loads }: {
    readonly shape: Shape;
    readonly walkers: readonly Walker[];
    readonly loads: number;
  },
  memory: Float64Array,
  visit: (place: Place, at: readonly number[]) => void,
): void {
  const place: Place = {
    loads: new Float64Array(loads),
    anchor: 0,
    index: new Int32Array(shape.length),
    position: 0,
  };
  const at = walkers.map((walker) => walker.start);
  const size = sizeOf(shape);
  for (let position = 0; position < size; position++) {
    place.position = position;
    for (let i = 0; i < loads; i++) place.loads[i] = memory[at[i]!]!;
    visit(place, at);
    advance(place.index, { shape, walkers, at });
  }
}

/** Moves to the next place: the last axis that is not at its end goes on, those behind it begin anew. */
function advance(
  index: Int32Array,
  { shape, walkers, at }: {
    readonly shape: Shape;
    readonly walkers: readonly Walker[];
    readonly at: number[];
  },
): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const isInside = index[axis]! + 1 < shape[axis]!;
    const distance = isInside ? 1 : -index[axis]!;
    index[axis]! += distance;
    for (let i = 0; i < walkers.length; i++) at[i]! += distance * walkers[i]!.strides[axis]!;
    if (isInside) return;
  }
}

function compileReduction(
  { shape, axes, loads, body, operator }: ReduceAnchor,
  outputShape: Shape,
  buffers: readonly Buffer[],
): (memory: Float64Array) => Float64Array {
  const walkers = loads.map((load) => walkerOf(load, buffers));
  const expression = compileScalar(body);
  const combine = combiner(operator, body.type);
  const identity = identityOf(operator, body.type);
  const keptShape = shape.map((size, axis) => axes.includes(axis) ? 1 : size);
  const target: Walker = {
    start: 0,
    strides: rowMajorStrides(keptShape).map((stride, axis) => axes.includes(axis) ? 0 : stride),
  };
  const size = sizeOf(outputShape);
  return (memory) => {
    const totals = new Float64Array(size).fill(identity);
    walk({ shape, walkers: [...walkers, target], loads: walkers.length }, memory, (place, at) => {
      const to = at[walkers.length]!;
      totals[to] = combine(totals[to]!, expression(place));
    });
    return totals;
  };
}

function compileOp(
  { op, params, operands, output }: OpAnchor,
  buffers: readonly Buffer[],
): (memory: Float64Array) => Float64Array {
  const { reference } = definedByLoops(op);
  const readers = operands.map((operand) => {
    const { shape } = operand;
    const walkers = operandReads(operand).map(({ access }) => walkerOf(access, buffers));
    const body = "access" in operand ? undefined : compileScalar(operand.body);
    return (memory: Float64Array) => {
      const data = new Float64Array(sizeOf(shape));
      walk({ shape, walkers, loads: walkers.length }, memory, (place) => {
        data[place.position] = body === undefined ? place.loads[0]! : body(place);
      });
      return { shape, data };
    };
  });
  return (memory) => {
    const inputs = readers.map((read) => read(memory));
    const data = new Float64Array(sizeOf(output.shape));
    reference({ inputs, output: { shape: output.shape, data }, params });
    return data;
  };
}

function definedByLoops(op: Op): Extract<Op, { kind: "contraction" | "opaque" }> {
  if (op.kind === "contraction" || op.kind === "opaque") return op;
  throw new TypeError(`Cannot anchor a kernel at op "${op.name}": it is ${op.kind}`);
}

/** How two elements are combined, in the type's own arithmetic. */
function combiner(operator: ReduceOperator, type: ScalarType): (a: number, b: number) => number {
  const fit = type === "i32"
    ? (x: number) => x | 0
    : type === "u32"
    ? (x: number) => x >>> 0
    : (x: number) => x;
  switch (operator) {
    case "add":
      return (a, b) => fit(a + b);
    case "mul":
      return type === "f32" ? (a, b) => a * b : (a, b) => fit(Math.imul(a, b));
    case "max":
      return Math.max;
    case "min":
      return Math.min;
  }
}

/** What a reduction of nothing gives: the number that changes no other. */
function identityOf(operator: ReduceOperator, type: ScalarType): number {
  const [least, greatest] = type === "i32"
    ? [-2147483648, 2147483647]
    : type === "u32"
    ? [0, 4294967295]
    : [-Infinity, Infinity];
  return { add: 0, mul: 1, max: least, min: greatest }[operator];
}
