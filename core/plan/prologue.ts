/**
 * What a reduction's input is computed by, drawn into the reduction, so that the input is never in
 * memory.
 *
 * @module
 */
import { sizeOf } from "../tensor/mod.ts";
import { type Cluster, compactLoads, lengthOf } from "./cluster.ts";
import { finerAxes, type Formula, refineShapes, reshapeFormula, seenThrough } from "./formula.ts";
import { isWhole, type Load } from "./views.ts";

/** The formula that a reduction combines. */
export interface Prologue extends Formula {
  /** The axes of its shape that are reduced. */
  readonly axes: readonly number[];
}

/**
 * The formula of a reduction's input by the cluster that computes it; `undefined` where it has an
 * anchor, would be computed several times, or shows its places in no order that loops can walk.
 *
 * @param home Computes what the input shows.
 * @param axes The axes of the input that are reduced.
 */
export function prologueOf(
  home: Cluster,
  found: Load,
  axes: readonly number[],
): Prologue | undefined {
  const { base, view } = found;
  if (home.anchor !== null || sizeOf(view.shape) > lengthOf(base)) return undefined;
  const { loads, expressions } = compactLoads(home.loads, [home.members.get(base)!]);
  const own = { shape: home.shape, loads, expression: expressions[0]! };
  const seen = seenThrough(own, view);
  if (seen !== null) return { ...seen, axes };
  // the places of the cluster are finer: the reduction walks them
  const fine = isWhole(found) ? refineShapes(home.shape, view.shape) : null;
  const refined = fine === null ? null : reshapeFormula(own, fine);
  return refined === null
    ? undefined
    : { ...refined, axes: finerAxes(view.shape, axes, refined.shape) };
}
