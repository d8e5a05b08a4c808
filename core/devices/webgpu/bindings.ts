/**
 * Which ranges of memory a shader is bound to. All buffers of a plan lie in one arena, and a shader
 * is bound to the ranges that it touches: so its text holds no addresses, and ranges that overlap,
 * or are too many for the device, are bound as one that covers them.
 *
 * @module
 */
import { elementBytes } from "../../tensor/mod.ts";
import { type Access, type Buffer, storedBytes } from "../../plan/mod.ts";

/** Every buffer, and so every binding, begins at a multiple of this: what WebGPU demands at most. */
export const bindingAlignment = 256;

/** Elements of memory that can be bound as they are. */
export type ElementType = "f32" | "i32" | "u32" | "f16";

/**
 * Elements of a binding. Bytes are read out of words, and so are elements of ranges that hold several
 * types; parts of words are written by atomic operations.
 */
export type BindingType = ElementType | `vec4<${ElementType}>` | "atomic<u32>";

/** A range of memory that a shader reads and writes as one array. */
export interface Binding {
  /** The plan's memory, or what dispatches of one command leave for each other. */
  readonly memory: "arena" | "scratch";
  readonly type: BindingType;
  readonly byteOffset: number;
  /** A multiple of 4. */
  readonly byteLength: number;
}

/** How elements of a buffer lie: as their dtype says, or floats in 16 bits. */
export type StoredType = Buffer["dtype"] | "f16";

/** Where a shader finds a buffer. */
export interface Bound {
  /** Number of the binding. */
  readonly binding: number;
  readonly type: BindingType;
  /** How the buffer's elements lie. */
  readonly stored: StoredType;
  /** Elements from the binding's start to the buffer's. */
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
  readonly stored: Set<StoredType>;
  /** Whether elements are read or written four at a time. */
  hasFours: boolean;
  /** Of the element types that are written one at a time. */
  readonly writtenOneByOne: Set<StoredType>;
}

/** What a shader touches. */
export interface Touched {
  readonly reads: readonly Access[];
  readonly writes: readonly Access[];
  /** Those that it reads or writes four at a time, all of its writes to the buffer among them. */
  readonly fours?: readonly Access[];
}

/**
 * Binds the buffers that accesses name.
 *
 * @param most Greatest number of bindings.
 */
export function bindBuffers(
  { reads, writes, fours = [] }: Touched,
  { buffers, most }: { readonly buffers: readonly Buffer[]; readonly most: number },
): BoundBuffers {
  const numbers = new Set([...reads, ...writes].map((access) => access.buffer));
  const inFours = new Set(fours.map((access) => access.buffer));
  const oneByOne = new Set(
    writes.filter((access) => !fours.includes(access)).map((access) => access.buffer),
  );
  const used = [...numbers].map((number) => buffers[number]!);
  const ranges = used.map((buffer): Range => {
    const { id, byteOffset, length } = buffer;
    const bytes = length * storedBytes(buffer, { elementBytes });
    const stored = storedType(buffer);
    return {
      from: byteOffset,
      to: byteOffset + Math.max(4, Math.ceil(bytes / 4) * 4),
      stored: new Set([stored]),
      hasFours: inFours.has(id),
      writtenOneByOne: new Set(oneByOne.has(id) ? [stored] : []),
    };
  }).sort((a, b) => a.from - b.from);
  for (let i = 0; i + 1 < ranges.length;) {
    if (ranges[i + 1]!.from < ranges[i]!.to) join(ranges, i);
    else i++;
  }
  while (ranges.length > most) {
    const gaps = ranges.slice(1).map((range, i) => range.from - ranges[i]!.to);
    const smallest = gaps.indexOf(Math.min(...gaps));
    join(ranges, smallest);
  }
  const bindings = ranges.map((range): Binding => {
    const type = typeOf(range);
    // what pads a buffer to the alignment is its own
    const whole = type.startsWith("vec4") ? 16 : 4;
    return {
      memory: "arena",
      type,
      byteOffset: range.from,
      byteLength: Math.ceil((range.to - range.from) / whole) * whole,
    };
  });
  const byBuffer = new Map(used.map((buffer) => {
    const { id, byteOffset } = buffer;
    const binding = ranges.findIndex(({ from, to }) => from <= byteOffset && byteOffset < to);
    const base = (byteOffset - ranges[binding]!.from) / storedBytes(buffer, { elementBytes });
    const { type } = bindings[binding]!;
    return [id, { binding, type, stored: storedType(buffer), base }];
  }));
  return { bindings, byBuffer };
}

/** Makes one of a range and the one behind it. */
function join(ranges: Range[], first: number): void {
  const [one, next] = ranges.slice(first, first + 2) as [Range, Range];
  one.to = Math.max(one.to, next.to);
  next.stored.forEach((type) => one.stored.add(type));
  one.hasFours ||= next.hasFours;
  next.writtenOneByOne.forEach((type) => one.writtenOneByOne.add(type));
  ranges.splice(first + 1, 1);
}

function storedType({ dtype, storage }: Buffer): StoredType {
  return storage ?? dtype;
}

function typeOf({ stored, hasFours, writtenOneByOne }: Range): BindingType {
  const [only] = stored;
  if (stored.size === 1 && only !== "u8") {
    return hasFours && writtenOneByOne.size === 0 ? `vec4<${only!}>` : only!;
  }
  const isPart = (type: StoredType) => type === "u8" || type === "f16";
  return [...writtenOneByOne].some(isPart) ? "atomic<u32>" : "u32";
}
