/**
 * What kernels that move elements share: walks over some axes of an operand, whatever its strides,
 * copies and fills, and blocks of units that are finished together.
 *
 * A copy of neighbours is one `memory.copy`, which is a `memmove` of the engine (on an EPYC of 2021, 2048
 * rows of 512 bytes out of 50,000: 140 us, with loops of vectors 225). A fill is `memory.fill`, a
 * `memset`, where all bytes of the value are the same (67 GB/s in a cache, loops of vectors 37; 16
 * and 15 beyond the caches).
 *
 * @module
 */
import { type DType, elementBytes } from "../../../tensor/mod.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import { mergeAxes } from "../nest.ts";
import type { Share } from "../program.ts";
import type { KernelSite, Operand } from "./kernel.ts";

/** Bytes up to which a call of `memory.copy` or `memory.fill` takes longer than its elements. */
const shortBytes = 16;

/** Bytes of units that are finished together, while they are in a first-level cache. */
const blockBytes = 8192;

/** Some neighbouring axes of an operand, merged as far as its strides allow. */
export interface Walk {
  /** Number of elements. */
  readonly size: number;
  /** Sizes of the merged axes, and bytes between neighbours along each. */
  readonly axes: readonly { readonly size: number; readonly step: number }[];
  readonly elementBytes: number;
  /** Whether the elements lie one behind the other. */
  readonly isDense: boolean;
}

/** The axes of an operand from `begin` up to but without `end`. */
export function walkOf(operand: Operand, begin: number, end: number): Walk {
  const { elementBytes } = operand;
  const shape = operand.shape.slice(begin, end);
  const source = { base: 0, elementBytes, strides: operand.strides.slice(begin, end) };
  const { axes, streams } = mergeAxes(shape, [source]);
  const walked = axes.map(({ size }, axis) => ({ size, step: streams[0]!.distances[axis]! }));
  const size = axes.reduce((product, axis) => product * axis.size, 1);
  const isDense = size === 1 || (walked.length === 1 && walked[0]!.step === elementBytes);
  return { size, axes: walked, elementBytes, isDense };
}

/** Puts the bytes from a walk's first element to the one of a number on the stack. */
export function writeOffset(f: FunctionBody, { axes }: Walk, number: Local): void {
  let inner = 1;
  axes.toReversed().forEach(({ size, step }, i) => {
    f.get(number);
    if (inner > 1) f.i32(inner).op("i32.div_u");
    if (i < axes.length - 1) f.i32(size).op("i32.rem_u");
    f.i32(step).op("i32.mul");
    if (i > 0) f.op("i32.add");
    inner *= size;
  });
}

/**
 * Runs `element` for each element of a walk in order: the pointer `along` goes along it, `dense` over
 * as many elements that lie one behind the other. Both are back, or behind the last, at the end.
 */
export function writeElements(
  f: FunctionBody,
  { axes, elementBytes }: Walk,
  { along, dense }: { readonly along: Local; readonly dense: Local },
  element: () => void,
): void {
  const over = (axis: number): void => {
    if (axis === axes.length) {
      element();
      f.advance(dense, elementBytes);
      return;
    }
    const { size, step } = axes[axis]!;
    f.repeat(size, () => {
      over(axis + 1);
      f.advance(along, step);
    });
    f.advance(along, -size * step);
  };
  over(0);
}

/** Copies the elements of a walk, from the address in `from` on, one behind the other to that in `to`, and moves `to` behind them. */
export function writeCopy(
  f: FunctionBody,
  walk: Walk,
  { from, to, dtype }: { readonly from: Local; readonly to: Local; readonly dtype: DType },
): void {
  const bytes = walk.size * walk.elementBytes;
  if (walk.isDense && bytes > shortBytes) {
    f.get(to).get(from).i32(bytes).bulk("memory.copy").advance(to, bytes);
    return;
  }
  writeElements(f, walk, { along: from, dense: to }, () => {
    f.get(to).get(from);
    loadBits(f, dtype);
    storeBits(f, dtype);
  });
}

/** Writes a value to so many elements, from the address in `to` on, and moves that behind them. */
export function writeFill(
  f: FunctionBody,
  count: number,
  { to, value, dtype }: { readonly to: Local; readonly value: number; readonly dtype: DType },
): void {
  const bits = bitsOf(value, dtype);
  const size = elementBytes(dtype);
  const bytes = count * size;
  const byte = bits & 0xff;
  const isOneByte = size === 1 || bits === Math.imul(byte, 0x01010101);
  if (isOneByte && bytes > shortBytes) {
    f.get(to).i32(byte).i32(bytes).bulk("memory.fill").advance(to, bytes);
    return;
  }
  const vectors = size === 4 ? count >> 2 : 0;
  f.repeat(vectors, () => {
    f.get(to).get(f.constant(bits, bits, bits, bits)).memory("v128.store", 0).advance(to, 16);
  });
  f.repeat(count - 4 * vectors, () => {
    f.get(to).i32(bits);
    storeBits(f, dtype);
    f.advance(to, size);
  });
}

/** Loads an element as it lies in memory, from the address on the stack. */
export function loadBits(f: FunctionBody, dtype: DType): void {
  f.memory(elementBytes(dtype) === 1 ? "i32.load8_u" : "i32.load", 0);
}

/** Stores an element as `loadBits` gives it. */
function storeBits(f: FunctionBody, dtype: DType): void {
  f.memory(elementBytes(dtype) === 1 ? "i32.store8" : "i32.store", 0);
}

/** A number as an element of a dtype lies in memory. */
function bitsOf(value: number, dtype: DType): number {
  return dtype === "f32" ? new Int32Array(Float32Array.of(value).buffer)[0]! : value | 0;
}

/**
 * Writes a share of units that lie one behind the other in the output, and finishes their rows block
 * by block.
 *
 * @param options `bytes` of a unit; `rows` in it, or `null` where it is a part of one.
 * @param write Writes the unit to the address in `to`, and moves that behind it.
 */
export function writeBlocks(
  site: KernelSite,
  { f, share }: { readonly f: FunctionBody; readonly share: Share },
  { bytes, rows }: { readonly bytes: number; readonly rows: number | null },
  write: (place: { readonly unit: Local; readonly to: Local }) => void,
): void {
  const [unit, to, stop] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const [first, end] = [f.local("i32"), f.local("i32")];
  f.get(share.begin).tee(unit).get(share.end).op("i32.lt_u").if(() => {
    f.get(unit).i32(bytes).op("i32.mul").i32(site.output.base).op("i32.add").set(to);
    f.loop((nextBlock) => {
      f.get(unit).i32(Math.max(1, Math.floor(blockBytes / bytes))).op("i32.add").tee(stop);
      f.get(share.end).get(stop).get(share.end).op("i32.lt_u").op("select").set(stop);
      if (rows !== null) f.get(unit).i32(rows).op("i32.mul").set(first);
      f.loop((next) => {
        f.scope(() => write({ unit, to }));
        f.advance(unit, 1).get(unit).get(stop).op("i32.lt_u").branchIf(next);
      });
      if (rows !== null) {
        f.get(stop).i32(rows).op("i32.mul").set(end);
        site.finish(f, { first, end });
      }
      f.get(unit).get(share.end).op("i32.lt_u").branchIf(nextBlock);
    });
  });
}
