/**
 * Which ranges of memory a shader is bound to. All buffers of a plan lie in one arena, and a shader
 * is bound to the ranges that it touches: so its text holds no addresses, and ranges that overlap,
 * or are too many for the device, are bound as one that covers them.
 *
 * @module
 */
import { type DType, elementBytes } from "../../tensor/mod.ts";
import type { Access, Buffer } from "../../plan/mod.ts";

/** Every buffer, and so every binding, begins at a multiple of this: what WebGPU demands at most. */
export const bindingAlignment = 256;

/** Elements of a binding: bytes are read out of words, and written to words by atomic operations. */
export type BindingType = "f32" | "i32" | "u32" | "atomic<u32>";

/** A range of memory that a shader reads and writes as one array. */
export interface Binding {
  /** The plan's memory, or what dispatches of one command leave for each other. */
  readonly memory: "arena" | "scratch";
  readonly type: BindingType;
  readonly byteOffset: number;
  /** A multiple of 4. */
  readonly byteLength: number;
}

/** Where a shader finds a buffer. */
export interface Bound {
  /** Number of the binding. */
  readonly binding: number;
  readonly type: BindingType;
  /** Elements of the buffer's dtype from the binding's start to the buffer's. */
  readonly base: number;
}

/** The bindings of a command, and where in them its buffers are. */
export interface BoundBuffers {
  readonly bindings: readonly Binding[];
  readonly byBuffer: ReadonlyMap<number, Bound>;
}

interface Range {
  from: number;
  to: number;
  readonly dtypes: Set<DType>;
  isByteTarget: boolean;
}

/**
 * Binds the buffers that accesses name.
 *
 * @param most Greatest number of bindings.
 */
export function bindBuffers(
  { reads, writes }: { readonly reads: readonly Access[]; readonly writes: readonly Access[] },
  { buffers, most }: { readonly buffers: readonly Buffer[]; readonly most: number },
): BoundBuffers {
  const numbers = new Set([...reads, ...writes].map((access) => access.buffer));
  const byteTargets = new Set(
    writes.filter(({ dtype }) => dtype === "u8").map((access) => access.buffer),
  );
  const used = [...numbers].map((number) => buffers[number]!);
  const ranges = used.map(({ id, dtype, byteOffset, length }): Range => ({
    from: byteOffset,
    to: byteOffset + Math.max(4, Math.ceil(length * elementBytes(dtype) / 4) * 4),
    dtypes: new Set([dtype]),
    isByteTarget: byteTargets.has(id),
  })).sort((a, b) => a.from - b.from);
  for (let i = 0; i + 1 < ranges.length;) {
    if (ranges[i + 1]!.from < ranges[i]!.to) join(ranges, i);
    else i++;
  }
  while (ranges.length > most) {
    const gaps = ranges.slice(1).map((range, i) => range.from - ranges[i]!.to);
    const smallest = gaps.indexOf(Math.min(...gaps));
    join(ranges, smallest);
  }
  const bindings = ranges.map((range): Binding => ({
    memory: "arena",
    type: typeOf(range),
    byteOffset: range.from,
    byteLength: range.to - range.from,
  }));
  const byBuffer = new Map(used.map(({ id, dtype, byteOffset }) => {
    const binding = ranges.findIndex(({ from, to }) => from <= byteOffset && byteOffset < to);
    const base = (byteOffset - ranges[binding]!.from) / elementBytes(dtype);
    return [id, { binding, type: bindings[binding]!.type, base }];
  }));
  return { bindings, byBuffer };
}

/** Makes one of a range and the one behind it. */
function join(ranges: Range[], first: number): void {
  const [one, next] = ranges.slice(first, first + 2) as [Range, Range];
  one.to = Math.max(one.to, next.to);
  next.dtypes.forEach((dtype) => one.dtypes.add(dtype));
  one.isByteTarget ||= next.isByteTarget;
  ranges.splice(first + 1, 1);
}

function typeOf({ dtypes, isByteTarget }: Range): BindingType {
  if (isByteTarget) return "atomic<u32>";
  const [only] = dtypes;
  return dtypes.size > 1 || only === "u8" ? "u32" : only!;
}
