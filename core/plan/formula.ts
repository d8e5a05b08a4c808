/**
 * Formulas: what is computed at each place of a shape, over loads; and the same formula at the places
 * of another shape, or as a view of its places shows it.
 *
 * @module
 */
import { rowMajorStrides, sameShape, type Shape, sizeOf } from "../tensor/mod.ts";
import { reshapeView, type Scalar, scalar, type View } from "../graph/mod.ts";
import { isRowMajor, type Load, rowMajorView } from "./views.ts";

/** An expression over the places of a shape, with what it loads there. */
export interface Formula {
  readonly shape: Shape;
  /** Walked by the shape. */
  readonly loads: readonly Load[];
  readonly expression: Scalar;
}

/**
 * The coarsest shape whose axes make up the axes of two shapes of the same size, as `[4, 2, 3]` those
 * of `[4, 6]` and `[8, 3]`; `null` when there is none. Every view of either shape is one of it. Axes
 * of size 1 are left out.
 */
export function refineShapes(a: Shape, b: Shape): Shape | null {
  const sizes = new Set<number>();
  for (const shape of [a, b]) {
    let size = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) sizes.add(size *= shape[axis]!);
  }
  const axes: number[] = [];
  let before = 1;
  for (const size of [...sizes].sort((x, y) => x - y)) {
    if (size % before !== 0) return null;
    if (size !== before) axes.unshift(size / before);
    before = size;
  }
  return axes;
}

/** The axes of a refined shape that make up some axes of a shape. */
export function finerAxes(shape: Shape, axes: readonly number[], fine: Shape): number[] {
  const found: number[] = [];
  let at = fine.length - 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    for (let left = shape[axis]!; left > 1; left /= fine[at + 1]!) {
      if (axes.includes(axis)) found.unshift(at);
      at--;
    }
  }
  return found;
}

/** The same values in the same order at the places of another shape; `null` where no strides walk them. */
export function reshapeFormula(formula: Formula, shape: Shape): Formula | null {
  if (sameShape(formula.shape, shape)) return formula;
  const loads: Load[] = [];
  for (const { base, view } of formula.loads) {
    const reshaped = reshapeView(view, shape);
    if (reshaped === null) return null;
    loads.push({ base, view: reshaped });
  }
  const expressions = reshapeExpressions([formula.expression], formula.shape, shape);
  return expressions === null ? null : { shape, loads, expression: expressions[0]! };
}

/**
 * Expressions over the places of a shape at those of another with as many in the same order, their
 * coordinates replaced; `null` where these are no sums of the other's.
 */
export function reshapeExpressions(
  expressions: readonly Scalar[],
  from: Shape,
  to: Shape,
): readonly Scalar[] | null {
  if (sameShape(from, to)) return expressions;
  let coordinates: readonly Coordinate[] | null | undefined;
  const memo = new Map<Scalar, Scalar>();
  const replaced = expressions.map((expression) =>
    scalar.substitute(expression, (leaf) => {
      if (leaf.kind !== "index") return leaf;
      coordinates ??= coordinatesOf(rowMajorView(to), from);
      return coordinates === null ? leaf : sumOf(coordinates[leaf.axis]!);
    }, memo)
  );
  return coordinates === null ? null : replaced;
}

/** A formula as a view of its places shows it; `null` where the places are no sums of coordinates. */
export function seenThrough(formula: Formula, view: View): Formula | null {
  const { shape, loads, expression } = formula;
  if (isRowMajor(view) && sizeOf(view.shape) === sizeOf(shape)) {
    const reshaped = reshapeFormula(formula, view.shape);
    if (reshaped !== null) return reshaped;
  }
  const coordinates = coordinatesOf(view, shape);
  if (coordinates === null) return null;
  const moved = loads.map(({ base, view: own }): Load => {
    const strides = view.shape.map(() => 0);
    let { offset } = own;
    coordinates.forEach((coordinate, axis) => {
      offset += coordinate.offset * own.strides[axis]!;
      for (const [of, factor] of coordinate.factors) {
        strides[of]! += factor * own.strides[axis]!;
      }
    });
    return { base, view: { shape: view.shape, strides, offset } };
  });
  const replaced = scalar.substitute(expression, (leaf) => {
    if (leaf.kind === "index") return sumOf(coordinates[leaf.axis]!);
    if (leaf.kind !== "position") return leaf;
    return sumOf({ offset: view.offset, factors: new Map(view.strides.entries()) });
  });
  return { shape: view.shape, loads: moved, expression: replaced };
}

/** One axis as a sum over the axes of a view: `offset + Σ index·factor`. */
interface Coordinate {
  readonly offset: number;
  readonly factors: ReadonlyMap<number, number>;
}

/**
 * The coordinates, in a row-major shape, of what a view shows at each of its places; `null` where
 * they are no sums of the view's own coordinates.
 */
function coordinatesOf(view: View, shape: Shape): Coordinate[] | null {
  if (sizeOf(shape) === 0) return null;
  const strides = rowMajorStrides(shape);
  const offsets = strides.map((stride, axis) => Math.floor(view.offset / stride) % shape[axis]!);
  const factors = strides.map(() => new Map<number, number>());
  const reach = [...offsets];
  for (const [axis, size] of view.shape.entries()) {
    const step = view.strides[axis]!;
    if (size === 1 || step === 0) continue;
    const of = strides.findIndex((stride, own) => shape[own] !== 1 && step % stride === 0);
    const factor = of < 0 ? -1 : step / strides[of]!;
    if (factor < 0) return null;
    factors[of]!.set(axis, factor);
    reach[of]! += factor * (size - 1);
  }
  if (reach.some((last, axis) => last >= shape[axis]!)) return null;
  return offsets.map((offset, axis) => ({ offset, factors: factors[axis]! }));
}

function sumOf({ offset, factors }: Coordinate): Scalar {
  let sum: Scalar = scalar.constant(offset, "u32");
  for (const [axis, factor] of factors) {
    if (factor !== 0) sum = scalar.add(sum, scalar.mul(scalar.index(axis), factor));
  }
  return sum;
}
