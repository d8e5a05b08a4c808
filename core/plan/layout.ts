/**
 * Places of the variables of a run, the same in all its plans. Parameters lie one after the other;
 * each piece of optimizer state lies in the parameters' order; so an update of all parameters is one
 * kernel over a few contiguous ranges.
 *
 * @module
 */
import { sizeOf, type TensorSpec } from "../tensor/mod.ts";
import type { Variable, VariableRole } from "../graph/mod.ts";
import type { Target } from "./target.ts";
import type { Buffer, Region, VariableLayout, VariableSlot } from "./types.ts";

const regionOf: Readonly<Record<VariableRole, Region>> = {
  parameter: "parameters",
  state: "state",
  progress: "state",
  fitted: "fitted",
  constant: "constants",
};

/** Bytes of an element as a buffer holds it. */
export function storedBytes(
  { dtype, storage }: Pick<Buffer, "dtype" | "storage">,
  target: Pick<Target, "elementBytes">,
): number {
  return storage === "f16" ? 2 : target.elementBytes(dtype);
}

/** How a buffer's elements lie, as its field `storage` says it. */
export function storageOf(isHalf: boolean): Pick<Buffer, "storage"> {
  return isHalf ? { storage: "f16" } : {};
}

/** Bytes that a tensor takes, padded to the target's alignment. */
export function paddedBytes(
  { shape, ...stored }: TensorSpec & Pick<Buffer, "storage">,
  target: Target,
): number {
  const bytes = sizeOf(shape) * storedBytes(stored, target);
  return Math.ceil(bytes / target.alignment) * target.alignment;
}

/** What the layout must know of a variable. */
export type LaidOut = Omit<Variable, "value">;

/** Lays variables out. */
export function layoutVariables(
  variables: readonly LaidOut[],
  target: Target,
): VariableLayout {
  const order = new Map(variables.map((variable, i) => [variable.path, i]));
  const groups = new Map<string, number>();
  for (const variable of variables) {
    const group = groupOf(variable);
    if (!groups.has(group)) groups.set(group, groups.size);
  }
  const roles: readonly VariableRole[] = ["parameter", "state", "progress", "fitted", "constant"];
  const sorted = [...variables].sort((a, b) =>
    roles.indexOf(a.role) - roles.indexOf(b.role) ||
    groups.get(groupOf(a))! - groups.get(groupOf(b))! ||
    order.get(a.of ?? a.path)! - order.get(b.of ?? b.path)!
  );
  let byteOffset = target.reservedBytes;
  const slots = sorted.map((variable): VariableSlot => {
    const { path, spec, role, of, standsIn, initialize } = variable;
    const slot: VariableSlot = {
      path,
      spec,
      role,
      ...(of === undefined ? {} : { of }),
      ...(standsIn === undefined ? {} : { standsIn }),
      region: regionOf[role],
      byteOffset,
      initialize,
    };
    byteOffset += paddedBytes(spec, target);
    return slot;
  });
  return { slots, bytes: byteOffset };
}

/** What a variable is laid out beside: state of one name for all parameters; else its role. */
function groupOf(variable: LaidOut): string {
  return variable.of === undefined || !variable.path.endsWith(variable.of)
    ? variable.role
    : variable.path.slice(0, -variable.of.length);
}
