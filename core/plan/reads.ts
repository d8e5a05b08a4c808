/**
 * What kernels read: the accesses of results, of reductions and of operands, each with the shape that
 * it is walked by.
 *
 * @module
 */
import type { Shape, TensorSpec } from "../tensor/mod.ts";
import type { Access, Anchor, Kernel, Operand, PlainOperand } from "./types.ts";

/** An access that reads, and the shape that it is walked by. */
export interface Read {
  readonly access: Access;
  readonly shape: Shape;
}

/** What an operand reads. */
export function operandReads(operand: Operand): readonly Read[] {
  if ("access" in operand) return [operand];
  return operand.loads.map((access) => ({ access, shape: operand.shape }));
}

/** What an anchor reads. */
export function anchorReads(anchor: Anchor | null): readonly Read[] {
  if (anchor === null) return [];
  if (anchor.kind === "op") return anchor.operands.flatMap(operandReads);
  return anchor.loads.map((access) => ({ access, shape: anchor.shape }));
}

/** All that a kernel reads: for its anchor first. */
export function readsOf({ shape, anchor, loads }: Kernel): Read[] {
  return [...anchorReads(anchor), ...loads.map((access): Read => ({ access, shape }))];
}

/**
 * An operand that the device's kernel takes from memory alone.
 *
 * @throws {TypeError} When it is a formula, to which the device's `operandReads` did not agree.
 */
export function plainOperand(operand: Operand): PlainOperand {
  if ("access" in operand) return operand;
  throw new TypeError(
    "Cannot read an operand as it lies in memory: received a formula, expected an access",
  );
}

/** Shape and element type of an operand. */
export function operandSpec(operand: Operand): TensorSpec {
  const { dtype } = "access" in operand ? operand.access : operand;
  return { shape: operand.shape, dtype };
}
