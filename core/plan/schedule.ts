/**
 * Commands -> commands: neighbours that do the same to ranges that lie side by side become one. The
 * updates of all parameters, whose variables and gradients are contiguous, become one kernel.
 *
 * @module
 */
import { sizeOf } from "../tensor/mod.ts";
import { type Scalar, scalar } from "../graph/mod.ts";
import type { Memory, PlacedKernel } from "./memory.ts";
import type { Target } from "./target.ts";
import type { Access, Buffer, Kernel } from "./types.ts";

/** A command in the making: a kernel, and the fused kernels that went into it. */
export interface ScheduledKernel {
  readonly kernel: Kernel;
  readonly from: readonly PlacedKernel["from"][];
}

/** Merges neighbouring kernels; buffers are added for the ranges that arise. */
export function schedule(
  memory: Memory,
  target: Target,
): { readonly kernels: readonly ScheduledKernel[]; readonly buffers: readonly Buffer[] } {
  const kernels = memory.kernels.map(({ kernel, from }) => ({ kernel, from: [from] }));
  const buffers = [...memory.buffers];
  if (!target.fuses) return { kernels, buffers };
  const scheduled: ScheduledKernel[] = [];
  for (let i = 0; i < kernels.length; i++) {
    const group = [kernels[i]!];
    const merger = rangesOf(kernels[i]!.kernel, { buffers, target });
    while (merger !== undefined && i + 1 < kernels.length) {
      const next = rangesOf(kernels[i + 1]!.kernel, { buffers, target });
      if (next === undefined || !merger.append(next)) break;
      group.push(kernels[++i]!);
    }
    scheduled.push(
      group.length === 1 || merger === undefined
        ? group[0]!
        : { kernel: merger.kernel(), from: group.flatMap((member) => member.from) },
    );
  }
  return { kernels: scheduled, buffers };
}

/** One operand of a flat kernel: a number that all places share, or a range of addresses. */
interface Range {
  readonly buffer: Buffer;
  readonly repeated: boolean;
  readonly start: number;
  end: number;
}

/** A kernel over whole ranges, that grows by kernels that do the same to the ranges behind. */
class FlatKernel {
  constructor(
    readonly source: Kernel,
    readonly text: string,
    readonly ranges: readonly Range[],
    readonly context: { readonly buffers: Buffer[]; readonly target: Target },
  ) {}

  append(next: FlatKernel): boolean {
    const fits = next.text === this.text && next.ranges.every((range, i) => {
      const own = this.ranges[i]!;
      return range.repeated
        ? own.repeated && range.buffer.id === own.buffer.id
        : !own.repeated && range.start === own.end && range.buffer.dtype === own.buffer.dtype &&
          range.buffer.region === own.buffer.region;
    });
    if (!fits || this.#feeds(next) || next.#feeds(this)) return false;
    next.ranges.forEach((range, i) => this.ranges[i]!.end = range.end);
    return true;
  }

  /** Whether this kernel writes what another one reads: then they are not one. */
  #feeds(other: FlatKernel): boolean {
    const loads = this.source.loads.length;
    const written = this.ranges.slice(loads);
    return other.ranges.slice(0, loads).some((read) => {
      const { byteOffset, length, dtype } = read.buffer;
      const end = byteOffset + length * this.context.target.elementBytes(dtype);
      const [from, to] = read.repeated ? [byteOffset, end] : [read.start, read.end];
      return written.some((range) => range.start < to && from < range.end);
    });
  }

  kernel(): Kernel {
    const { buffers, target } = this.context;
    const numbers = this.ranges.map(({ buffer, repeated, start, end }) => {
      if (repeated) return buffer.id;
      const length = (end - start) / target.elementBytes(buffer.dtype);
      const known = buffers.find((other) =>
        other.byteOffset === start && other.length === length && other.dtype === buffer.dtype
      );
      if (known !== undefined) return known.id;
      return buffers.push({
        ...buffer,
        id: buffers.length,
        name: `${buffer.region}…`,
        length,
        byteOffset: start,
      }) - 1;
    });
    const wide = this.ranges.find((range) => !range.repeated)!;
    const length = (wide.end - wide.start) / target.elementBytes(wide.buffer.dtype);
    const { loads, results } = this.source;
    const widen = (access: Access, i: number): Access => ({
      ...access,
      buffer: numbers[i]!,
      strides: this.ranges[i]!.repeated ? [0] : [1],
    });
    return {
      shape: [length],
      anchor: null,
      loads: loads.map(widen),
      results: results.map(({ expression, store }, i) => ({
        expression,
        store: widen(store, loads.length + i),
      })),
    };
  }
}

/** A kernel as a flat one, when every operand is a whole buffer or one number for all places. */
function rangesOf(
  kernel: Kernel,
  context: { readonly buffers: Buffer[]; readonly target: Target },
): FlatKernel | undefined {
  if (kernel.anchor !== null) return undefined;
  const { buffers, target } = context;
  const size = sizeOf(kernel.shape);
  const ranges: Range[] = [];
  for (const access of [...kernel.loads, ...kernel.results.map((result) => result.store)]) {
    const buffer = buffers[access.buffer]!;
    const bytes = target.elementBytes(access.dtype);
    if (
      buffer.length === 1 && kernel.shape.length > 0 &&
      access.strides.every((stride) => stride === 0)
    ) {
      ranges.push({ buffer, repeated: true, start: 0, end: 0 });
      continue;
    }
    if (buffer.length !== size || !isRowMajor(access, kernel.shape) || bytes !== 4) {
      return undefined;
    }
    const padded = Math.ceil(size * bytes / target.alignment) * target.alignment;
    ranges.push({
      buffer,
      repeated: false,
      start: buffer.byteOffset,
      end: buffer.byteOffset + padded,
    });
  }
  const text = textOf(kernel.results.map((result) => result.expression));
  return /^(position|index)/m.test(text)
    ? undefined
    : new FlatKernel(kernel, text, ranges, context);
}

function isRowMajor(access: Access, shape: readonly number[]): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && access.strides[axis] !== stride) return false;
    stride *= shape[axis]!;
  }
  return access.offset === 0;
}

/** Expressions as text in which equal expressions are equal; a shared part is written once. */
function textOf(expressions: readonly Scalar[]): string {
  const lines: string[] = [];
  const numbers = new Map<Scalar, number>();
  const numberOf = (expression: Scalar): number => {
    const known = numbers.get(expression);
    if (known !== undefined) return known;
    const parts = scalar.partsOf(expression).map(numberOf).join();
    const { kind, type } = expression;
    const own = kind === "load"
      ? expression.operand
      : kind === "constant"
      ? Object.is(expression.value, -0) ? "-0" : expression.value
      : "operator" in expression
      ? expression.operator
      : "";
    const number = lines.push(`${kind} ${own} ${type} ${parts}`) - 1;
    numbers.set(expression, number);
    return number;
  };
  const results = expressions.map(numberOf);
  return [...lines, results.join()].join("\n");
}
