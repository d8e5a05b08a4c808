/**
 * The part of a kernel that is computed place by place: each result is an expression of what is loaded
 * there, and of what the anchor gave. It is one function of every shader, `finish`.
 *
 * @module
 */
import { type Shape, sizeOf } from "../../tensor/mod.ts";
import { type Scalar, scalar, type ScalarType } from "../../graph/mod.ts";
import type { Access, Kernel } from "../../plan/mod.ts";
import { type LeafText, writeExpressions } from "./expression.ts";
import {
  coordinatesOf,
  elementAt,
  indexWalk,
  mergeAxes,
  positionWalk,
  type Walk,
} from "./loops.ts";
import type { Dispatch, Shader } from "./shader.ts";

/** Invocations of a workgroup that computes place by place. */
export const placesPerGroup = 256;

/** Type of what a kernel's anchor gives; `null` where there is none. */
export function anchorTypeOf({ anchor }: Kernel): ScalarType | null {
  if (anchor === null) return null;
  return anchor.kind === "reduce" ? anchor.body.type : scalar.scalarTypeOf(anchor.output.dtype);
}

/** The function `finish(place, anchor)`, which computes the results at a place and stores them. */
export function finishFunction(shader: Shader): string {
  const { kernel } = shader;
  const { shape, loads, results } = kernel;
  const expressions = results.map(({ expression, store }) =>
    scalar.cast(expression, scalar.scalarTypeOf(store.dtype))
  );
  const leaves = new WalkedLeaves(expressions, shape, loads);
  const stores = results.map(({ store }) => store);
  const { sizes, walks } = mergeAxes(shape, [...stores, ...leaves.walks]);
  const { statements, names } = coordinatesOf("place", { sizes, prefix: "i" });
  const merged = (access: Access, walk: Walk): Access => ({ ...access, ...walk });
  const written = writeExpressions(expressions, {
    leaf: leaves.textWith(walks.slice(stores.length), {
      load: (access, walk) => shader.load(merged(access, walk), names),
      number: (walk) => elementAt(walk, names),
    }),
  });
  const type = anchorTypeOf(kernel);
  return [
    `fn finish(place: u32${type === null ? "" : `, anchor: ${type}`}) {`,
    ...statements,
    ...written.statements,
    ...stores.map((store, i) => shader.store(merged(store, walks[i]!), names, written.values[i]!)),
    "}",
  ].join("\n");
}

/** A shader in which each invocation finishes a place, whose anchor `value(place)` gives, if there is one. */
export function dispatchPlaces(
  shader: Shader,
  { declarations = [] }: { readonly declarations?: readonly string[] } = {},
): Dispatch[] {
  const { kernel } = shader;
  const size = sizeOf(kernel.shape);
  if (size === 0) return [];
  const given = kernel.anchor === null ? "" : ", value(place)";
  return [shader.dispatch({
    invocations: placesPerGroup,
    units: Math.ceil(size / placesPerGroup),
    declarations: [...declarations, finishFunction(shader)],
    body: [
      `let place = unit * ${placesPerGroup}u + lane;`,
      `if (place < ${size}u) { finish(place${given}); }`,
    ],
  })];
}

/** The leaves of expressions that are walked over a shape. */
export class WalkedLeaves {
  readonly #found = new Map<string, { readonly walk: Walk; readonly access: Access | null }>();

  constructor(roots: readonly Scalar[], shape: Shape, loads: readonly Access[]) {
    const seen = new Set<Scalar>();
    const visit = (part: Scalar): void => {
      if (seen.has(part)) return;
      seen.add(part);
      scalar.partsOf(part).forEach(visit);
      if (part.kind === "load") {
        const access = loads[part.operand]!;
        this.#found.set(keyOf(part), { walk: access, access });
      } else if (part.kind === "position") {
        this.#found.set(keyOf(part), { walk: positionWalk(shape), access: null });
      } else if (part.kind === "index") {
        this.#found.set(keyOf(part), { walk: indexWalk(shape, part.axis), access: null });
      }
    };
    roots.forEach(visit);
  }

  /** How each is walked over the shape. */
  get walks(): readonly Walk[] {
    return [...this.#found.values()].map(({ walk }) => walk);
  }

  /** The text of leaves, from the walks over merged axes. */
  textWith(walks: readonly Walk[], { load, number }: {
    readonly load: (access: Access, walk: Walk) => string;
    readonly number: (walk: Walk) => string;
  }): LeafText {
    const numbers = new Map([...this.#found.keys()].map((key, i) => [key, i]));
    return (leaf) => {
      if (leaf.kind === "anchor") return "anchor";
      const key = keyOf(leaf);
      const walk = walks[numbers.get(key)!]!;
      const { access } = this.#found.get(key)!;
      return access === null ? number(walk) : load(access, walk);
    };
  }
}

function keyOf(leaf: Scalar): string {
  switch (leaf.kind) {
    case "load":
      return `load ${leaf.operand}`;
    case "index":
      return `index ${leaf.axis}`;
    default:
      return leaf.kind;
  }
}
