/**
 * What kernels over tables and lists of indices share: addresses and walks over some axes of an
 * operand, whatever its strides.
 *
 * @module
 */
import { type DType, elementBytes } from "../../../tensor/mod.ts";
import type { FunctionBody, Local } from "../assembler.ts";
import { mergeAxes } from "../nest.ts";
import type { Operand } from "./kernel.ts";

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

/** Loads an element as it lies in memory, from the address on the stack. */
export function loadBits(f: FunctionBody, dtype: DType): void {
  f.memory(elementBytes(dtype) === 1 ? "i32.load8_u" : "i32.load", 0);
}

/** Stores an element as `loadBits` gives it. */
export function storeBits(f: FunctionBody, dtype: DType): void {
  f.memory(elementBytes(dtype) === 1 ? "i32.store8" : "i32.store", 0);
}
