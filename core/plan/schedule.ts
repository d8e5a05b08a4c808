/**
 * Commands -> commands: neighbours that do the same to ranges that lie side by side become one. The
 * updates of all parameters, whose variables and gradients are contiguous, become one kernel.
 *
 * @module
 */
import { sizeOf } from "../tensor/mod.ts";
import { type Scalar, scalar } from "../graph/mod.ts";
import { storedBytes } from "./layout.ts";
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
  const flat = kernels.map(({ kernel }) => flatten(kernel, { buffers, target }));
  for (let i = 0; i < kernels.length; i++) {
    const group = [kernels[i]!];
    const merger = flat[i];
    while (merger !== undefined && i + 1 < kernels.length) {
      const next = flat[i + 1];
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
  /** Unknown where there is one place, of which both is true. */
  repeated: boolean | undefined;
  readonly start: number;
  end: number;
}

/**
 * Whether two operands are the same number, or else the second lies behind the first; `undefined`
 * where neither is so.
 */
function isNumber(own: Range, next: Range): boolean | undefined {
  const isSame = own.buffer.id === next.buffer.id;
  if (isSame && own.repeated !== false && next.repeated !== false) return true;
  const isBehind = next.start === own.end && next.buffer.dtype === own.buffer.dtype &&
    next.buffer.region === own.buffer.region;
  return isBehind && own.repeated !== true && next.repeated !== true ? false : undefined;
}

/** A kernel over whole ranges, that grows by kernels that do the same to the ranges behind. */
class FlatKernel {
  constructor(
    readonly source: Kernel,
    readonly ranges: readonly Range[],
    readonly context: { readonly buffers: Buffer[]; readonly target: Target },
  ) {}

  append(next: FlatKernel): boolean {
    const fits = next.ranges.length === this.ranges.length &&
      next.ranges.every((range, i) => isNumber(this.ranges[i]!, range) !== undefined);
    if (!fits || !computeSame(this.source, next.source)) return false;
    if (this.#feeds(next) || next.#feeds(this)) return false;
    next.ranges.forEach((range, i) => {
      const own = this.ranges[i]!;
      own.repeated = isNumber(own, range)!;
      own.end = range.end;
    });
    return true;
  }

  /** Whether this kernel writes what another one reads: then they are not one. */
  #feeds(other: FlatKernel): boolean {
    const loads = this.source.loads.length;
    const written = this.ranges.slice(loads);
    return other.ranges.slice(0, loads).some((read) => {
      const { byteOffset, length } = read.buffer;
      const end = byteOffset + length * storedBytes(read.buffer, this.context.target);
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
function flatten(
  kernel: Kernel,
  context: { readonly buffers: Buffer[]; readonly target: Target },
): FlatKernel | undefined {
  if (kernel.anchor !== null) return undefined;
  const { buffers, target } = context;
  const size = sizeOf(kernel.shape);
  const ranges: Range[] = [];
  for (const access of [...kernel.loads, ...kernel.results.map((result) => result.store)]) {
    const buffer = buffers[access.buffer]!;
    const bytes = storedBytes(buffer, target);
    const repeated = buffer.length === 1 && (size === 1 ? undefined : true);
    if (repeated !== true) {
      if (buffer.length !== size || !isRowMajor(access, kernel.shape) || bytes !== 4) {
        return undefined;
      }
    }
    const padded = Math.ceil(size * bytes / target.alignment) * target.alignment;
    ranges.push({
      buffer,
      repeated,
      start: buffer.byteOffset,
      end: buffer.byteOffset + padded,
    });
  }
  return new FlatKernel(kernel, ranges, context);
}

function isRowMajor(access: Access, shape: readonly number[]): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && access.strides[axis] !== stride) return false;
    stride *= shape[axis]!;
  }
  return access.offset === 0;
}

/** Whether two kernels compute the same of what they load, wherever it lies. */
function computeSame(one: Kernel, other: Kernel): boolean {
  const known = new Map<Scalar, Scalar>();
  const isSame = (a: Scalar, b: Scalar): boolean => {
    if (known.get(a) === b) return true;
    const [parts, others] = [scalar.partsOf(a), scalar.partsOf(b)];
    const same = sameOperation(a, b) && parts.every((part, i) => isSame(part, others[i]!));
    if (same) known.set(a, b);
    return same;
  };
  return one.loads.length === other.loads.length && one.results.length === other.results.length &&
    one.results.every(({ expression }, i) => isSame(expression, other.results[i]!.expression));
}

/** Whether two expressions are the same operation, on whatever parts, at any place. */
function sameOperation(a: Scalar, b: Scalar): boolean {
  if (a.kind !== b.kind || a.type !== b.type) return false;
  switch (a.kind) {
    case "load":
      return a.operand === (b as typeof a).operand;
    case "constant":
      return Object.is(a.value, (b as typeof a).value);
    case "unary":
    case "binary":
      return a.operator === (b as typeof a).operator;
    default:
      // numbers of places differ between kernels
      return a.kind !== "position" && a.kind !== "index";
  }
}
