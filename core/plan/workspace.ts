/**
 * The workspace: values live from the kernel that writes them to the last that reads them, and those
 * whose lives do not overlap share addresses. An elementwise result takes the place of an operand
 * that dies where it is made, when each element is read only where it is written. Values that are parts
 * of another one live with it.
 *
 * @module
 */
import type { Value } from "../graph/mod.ts";
import { anchorLoads, type FusedKernel } from "./cluster.ts";
import type { Part } from "./joins.ts";
import { paddedBytes, storageOf } from "./layout.ts";
import type { Target } from "./target.ts";
import { isWhole } from "./views.ts";

/** Values that lie at one place, each in the place of the one before, or within the first. */
interface Tenancy {
  readonly values: Value[];
  readonly bytes: number;
  /** Bytes from its beginning to values that are parts. */
  readonly offsets: Map<Value, number>;
  /** The kernel that writes the first. */
  readonly first: number;
  /** The last kernel that reads the last. */
  last: number;
}

/**
 * Finds places for all values that have none: the largest first, each at the lowest place that is free
 * during its life.
 *
 * @param kept Values that are read after the last kernel.
 * @returns Bytes from the start of the workspace, by value, and the bytes of all.
 */
export function packWorkspace(
  kernels: readonly FusedKernel[],
  { isPlaced, kept, parts, halves, target }: {
    readonly isPlaced: (value: Value) => boolean;
    readonly kept: readonly Value[];
    readonly parts: ReadonlyMap<Value, Part>;
    /** Values that are stored in 16 bits; none of them is a part, or has parts. */
    readonly halves: ReadonlySet<Value>;
    readonly target: Target;
  },
): { readonly places: ReadonlyMap<Value, number>; readonly bytes: number } {
  const places = new Map<Value, number>();
  const packed: { readonly from: number; readonly to: number; readonly of: Tenancy }[] = [];
  let bytes = 0;
  const tenancies = tenanciesOf(kernels, { isPlaced, kept, parts, halves, target });
  for (const tenancy of tenancies.sort((a, b) => b.bytes - a.bytes)) {
    let from = 0;
    // in the order of their places, so that the first gap is found
    for (const other of packed) {
      if (other.of.first > tenancy.last || tenancy.first > other.of.last) continue;
      if (from + tenancy.bytes <= other.from) break;
      from = Math.max(from, other.to);
    }
    const to = from + tenancy.bytes;
    const at = packed.findIndex((other) => other.from > from);
    packed.splice(at < 0 ? packed.length : at, 0, { from, to, of: tenancy });
    for (const value of tenancy.values) places.set(value, from);
    for (const [value, offset] of tenancy.offsets) places.set(value, from + offset);
    bytes = Math.max(bytes, to);
  }
  return { places, bytes };
}

function tenanciesOf(
  kernels: readonly FusedKernel[],
  { isPlaced, kept, parts, halves, target }: Parameters<typeof packWorkspace>[1],
): Tenancy[] {
  const wholeOf = (value: Value): Value => parts.get(value)?.of ?? value;
  const last = new Map<Value, number>();
  kernels.forEach(({ cluster, loads }, i) => {
    for (const { base } of loads) last.set(wholeOf(base), i);
    for (const { base } of anchorLoads(cluster)) last.set(wholeOf(base), i);
  });
  for (const value of kept) last.set(value, kernels.length);
  const tenancies: Tenancy[] = [];
  const homes = new Map<Value, Tenancy>();
  const wholes = new Map<Value, Tenancy>();
  kernels.forEach((kernel, i) => {
    for (const { value, block } of kernel.results) {
      if (isPlaced(value)) continue;
      const whole = wholeOf(value);
      if (wholes.has(whole)) continue;
      if (block !== undefined && homes.has(whole)) continue;
      const isHalf = halves.has(value);
      const bytes = paddedBytes({ ...whole.spec, ...storageOf(isHalf) }, target);
      const end = last.get(whole) ?? i;
      const left = kernel.loads.find(({ base }) =>
        homes.get(base)?.last === i && base.spec.dtype === value.spec.dtype &&
        halves.has(base) === isHalf &&
        homes.get(base)?.bytes === bytes && readsInPlace(kernel, base)
      );
      const isPart = whole !== value;
      const isNew = left === undefined || isPart || block !== undefined;
      const tenancy: Tenancy = isNew
        ? { values: [], bytes, offsets: new Map(), first: i, last: end }
        : homes.get(left.base)!;
      if (isNew) tenancies.push(tenancy);
      tenancy.values.push(whole);
      tenancy.last = end;
      (isPart ? wholes : homes).set(whole, tenancy);
    }
  });
  for (const [value, { of, byteOffset }] of parts) wholes.get(of)!.offsets.set(value, byteOffset);
  return tenancies;
}

/** Whether a kernel reads a value only at the places where it writes, before it writes there. */
export function readsInPlace({ cluster, loads }: FusedKernel, value: Value): boolean {
  return cluster.anchor === null &&
    loads.every((load) => load.base !== value || isWhole(load));
}
