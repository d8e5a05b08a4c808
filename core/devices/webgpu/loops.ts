/**
 * From the number of a place to the elements that are read there. All that is walked over a shape (loads,
 * stores, and the numbers of places that expressions read) is a *walk*: a first element and a distance
 * for each axis. Axes that every walk goes over as one are merged, which leaves fewer divisions.
 *
 * @module
 */
import { rowMajorStrides, type Shape } from "../../tensor/mod.ts";

/** A way over the places of a shape: number `offset + Σ coordinate·strides`. */
export interface Walk {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** A shape with merged axes, and the walks over them. */
export interface Loops {
  readonly sizes: readonly number[];
  readonly walks: readonly Walk[];
}

/** The numbers of places in row-major order. */
export function positionWalk(shape: Shape): Walk {
  return { offset: 0, strides: rowMajorStrides(shape) };
}

/** The coordinates along an axis. */
export function indexWalk(shape: Shape, axis: number): Walk {
  return { offset: 0, strides: shape.map((_, i) => (i === axis ? 1 : 0)) };
}

/** Merges the axes of a shape that are in `among` (all by default); those of size 1 go. */
export function mergeAxes(
  shape: Shape,
  walks: readonly Walk[],
  among: (axis: number) => boolean = () => true,
): Loops {
  const sizes: number[] = [];
  const merged: number[][] = walks.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1 || !among(axis)) return;
    const isOne = sizes.length > 0 &&
      walks.every(({ strides }, i) => merged[i]!.at(-1) === strides[axis]! * size);
    if (isOne) sizes[sizes.length - 1]! *= size;
    else sizes.push(size);
    walks.forEach(({ strides }, i) => {
      if (isOne) merged[i]!.pop();
      merged[i]!.push(strides[axis]!);
    });
  });
  return {
    sizes,
    walks: walks.map(({ offset }, i) => ({ offset, strides: merged[i]! })),
  };
}

/** Statements that take the number of a place apart, and the coordinates that they name. */
export interface Coordinates {
  readonly statements: readonly string[];
  readonly names: readonly string[];
}

/** Takes a number, in row-major order of sizes, apart; coordinates are named `<prefix>0`, … */
export function coordinatesOf(
  number: string,
  { sizes, prefix }: { readonly sizes: readonly number[]; readonly prefix: string },
): Coordinates {
  const names = sizes.map((_, axis) => `${prefix}${axis}`);
  const statements: string[] = [];
  // from the last axis on; the first one needs no remainder
  let inner = 1;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const divided = inner === 1 ? number : `${number} / ${inner}u`;
    const coordinate = axis === 0 ? divided : `(${divided}) % ${sizes[axis]}u`;
    statements.push(`let ${names[axis]} = ${coordinate};`);
    inner *= sizes[axis]!;
  }
  return { statements, names };
}

/** The number of an element, from coordinates; arithmetic is modulo 2³², so that walks may go back. */
export function elementAt({ offset, strides }: Walk, coordinates: readonly string[]): string {
  const terms = strides.flatMap((stride, axis) =>
    stride === 0
      ? []
      : [stride === 1 ? coordinates[axis]! : `${coordinates[axis]} * ${stride >>> 0}u`]
  );
  if (offset !== 0 || terms.length === 0) terms.push(`${offset}u`);
  return terms.join(" + ");
}
