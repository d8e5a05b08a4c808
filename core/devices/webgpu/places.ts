/**
 * The part of a kernel that is computed place by place: each result is an expression of what is loaded
 * there, and of what the anchor gave. It is one function of every shader, `finish`.
 *
 * It finishes one place, or four neighbours: then what lies side by side is loaded and stored as one
 * vector of 16 bytes, the widest that GPUs move, which takes a quarter of the instructions that load,
 * store and find addresses; and bytes are stored as whole words, without atomic operations. The
 * expression itself is a function that is called for each place, so that results are the same bits.
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
  type Loops,
  mergeAxes,
  positionWalk,
  type Walk,
} from "./loops.ts";
import { type Dispatch, isInFours, Shader, type ShaderContext } from "./shader.ts";

/** Invocations of a workgroup that computes place by place. */
export const placesPerGroup = 256;

/** Places from which on an invocation has four of them: with fewer, there were too few invocations. */
const leastForFours = 2 ** 14;

/** Type of what a kernel's anchor gives; `null` where there is none. */
function anchorTypeOf({ anchor }: Kernel): ScalarType | null {
  if (anchor === null) return null;
  return anchor.kind === "reduce" ? anchor.body.type : scalar.scalarTypeOf(anchor.output.dtype);
}

/** The loops of what a kernel computes place by place. */
interface FinishLoops extends Loops {
  /** By result, in the type that is stored. */
  readonly expressions: readonly Scalar[];
  readonly leaves: WalkedLeaves;
  /** Where results go; the first of `walks` are theirs, those of the leaves follow. */
  readonly stores: readonly Access[];
}

function finishLoops({ shape, loads, results }: Kernel): FinishLoops {
  const expressions = results.map(({ expression, store }) =>
    scalar.cast(expression, scalar.scalarTypeOf(store.dtype))
  );
  const leaves = new WalkedLeaves(expressions, shape, loads);
  const stores = results.map(({ store }) => store);
  return { expressions, leaves, stores, ...mergeAxes(shape, [...stores, ...leaves.walks]) };
}

/**
 * What a kernel reads and writes four at a time when it finishes four places; `null` where results do
 * not lie in fours.
 */
export function foursOf(kernel: Kernel): readonly Access[] | null {
  const { sizes, walks, stores, leaves } = finishLoops(kernel);
  const last = sizes.at(-1);
  if (last === undefined || last % 4 !== 0) return null;
  if (!walks.slice(0, stores.length).every(isInFours)) return null;
  const read = leaves.found.flatMap(({ access }, i) =>
    access !== null && isInFours(walks[stores.length + i]!) ? [access] : []
  );
  return [...stores, ...read];
}

const merged = (access: Access, walk: Walk): Access => ({ ...access, ...walk });

/** The function `finish(place, anchor)`, which computes the results at a place and stores them. */
export function finishFunction(shader: Shader): string {
  const { kernel } = shader;
  const { expressions, leaves, stores, sizes, walks } = finishLoops(kernel);
  const { statements, names } = coordinatesOf("place", { sizes, prefix: "i" });
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

/**
 * The function `finish(place, anchor)` for the four places from one on, whose number is a multiple of
 * 4; the anchor is a vector. The shader has `foursOf` its kernel.
 */
export function finishFourFunction(shader: Shader): string {
  const { kernel } = shader;
  const { expressions, leaves, stores, sizes, walks } = finishLoops(kernel);
  const { statements, names } = coordinatesOf("place", { sizes, prefix: "i" });
  const given = leaves.found.map(({ access }, number): GivenFour => {
    const walk = walks[stores.length + number]!;
    const name = `given${number}`;
    const stride = walk.strides.at(-1)!;
    if (access === null) {
      return {
        type: "u32",
        statements: [`let ${name} = ${elementAt(walk, names)};`],
        each: lanes.map((_, i) => `${name} + ${(i * stride) >>> 0}u`),
      };
    }
    const type = scalar.scalarTypeOf(access.dtype);
    const at = merged(access, walk);
    if (stride === 0) {
      return {
        type,
        statements: [`let ${name} = ${shader.load(at, names)};`],
        each: lanes.map(() => name),
      };
    }
    if (isInFours(walk)) {
      return {
        type,
        statements: [`let ${name} = ${shader.loadFour(at, names)};`],
        each: lanes.map((lane) => `${name}.${lane}`),
      };
    }
    return {
      type,
      statements: [],
      each: lanes.map((_, i) => shader.load({ ...at, offset: at.offset + i * stride }, names)),
    };
  });
  const written = writeExpressions(expressions, {
    leaf: (leaf) => leaf.kind === "anchor" ? "anchor" : `given${leaves.numberOf(leaf)}`,
  });
  const types = expressions.map(({ type }) => type);
  const type = anchorTypeOf(kernel);
  const parameters = [
    ...given.map(({ type }, i) => `given${i}: ${type}`),
    ...(type === null ? [] : [`anchor: ${type}`]),
  ];
  return [
    `struct Results { ${types.map((type, i) => `result${i}: ${type}`).join(", ")} }`,
    `fn results_of(${parameters.join(", ")}) -> Results {`,
    ...written.statements,
    `return Results(${written.values.join(", ")});`,
    "}",
    `fn finish(place: u32${type === null ? "" : `, anchor: vec4<${type}>`}) {`,
    ...statements,
    ...given.flatMap(({ statements }) => statements),
    ...lanes.map((lane, i) => {
      const parts = [
        ...given.map(({ each }) => each[i]!),
        ...(type === null ? [] : [`anchor.${lane}`]),
      ];
      return `let ${lane} = results_of(${parts.join(", ")});`;
    }),
    ...stores.map((store, i) =>
      shader.storeFour(
        merged(store, walks[i]!),
        names,
        lanes.map((lane) => `${lane}.result${i}`),
      )
    ),
    "}",
  ].join("\n");
}

/** The parts of a vector. */
const lanes = ["x", "y", "z", "w"] as const;

/** What an expression reads at four places. */
interface GivenFour {
  readonly type: ScalarType;
  readonly statements: readonly string[];
  /** Its text at each of them. */
  readonly each: readonly string[];
}

/** The shaders of a kernel without anchor. */
export function elementwiseDispatches(kernel: Kernel, context: ShaderContext): Dispatch[] {
  const size = sizeOf(kernel.shape);
  const fours = size < leastForFours ? null : foursOf(kernel);
  if (fours === null) return dispatchPlaces(new Shader(kernel, { context }));
  const shader = new Shader(kernel, { context, fours });
  return [shader.dispatch({
    invocations: placesPerGroup,
    units: Math.ceil(size / 4 / placesPerGroup),
    declarations: [finishFourFunction(shader)],
    body: [
      `let place = (unit * ${placesPerGroup}u + lane) * 4u;`,
      `if (place < ${size}u) { finish(place); }`,
    ],
  })];
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

  /** Each that is read, in order; counts of places are of no access. */
  get found(): readonly { readonly walk: Walk; readonly access: Access | null }[] {
    return [...this.#found.values()];
  }

  /** How each is walked over the shape. */
  get walks(): readonly Walk[] {
    return this.found.map(({ walk }) => walk);
  }

  /** The place of a leaf among those that are read. */
  numberOf(leaf: Scalar): number {
    return [...this.#found.keys()].indexOf(keyOf(leaf));
  }

  /** The text of leaves, from the walks over merged axes. */
  textWith(walks: readonly Walk[], { load, number }: {
    readonly load: (access: Access, walk: Walk) => string;
    readonly number: (walk: Walk) => string;
  }): LeafText {
    return (leaf) => {
      if (leaf.kind === "anchor") return "anchor";
      const walk = walks[this.numberOf(leaf)]!;
      const { access } = this.#found.get(keyOf(leaf))!;
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
