/**
 * Kernels with a reduction as anchor: for each place of the results, an expression is combined over
 * the reduced axes, and the results are expressions of what came out.
 *
 * Algorithm: a workgroup of 256 has a few results and for each some lanes. A lane combines every so
 * many elements, one after the other, then the lanes are combined in a tree in workgroup memory. Where
 * the innermost axis is reduced, lanes are neighbours, else results are, so that neighbouring
 * invocations read neighbouring elements. Lanes that are neighbours in a subgroup, where the GPU has
 * them, read each other's numbers: the last steps of the tree then need no memory and no barrier, and
 * are the same. Few results of many elements are taken in chunks, which a second dispatch combines. All
 * numbers follow from the shape: the order of a sum is the same on every GPU. Memory traffic: each
 * operand once.
 *
 * Source: Harris, "Optimizing parallel reduction in CUDA", 2007.
 *
 * @module
 */
import { sizeOf } from "../../tensor/mod.ts";
import type { Kernel, ReduceAnchor } from "../../plan/mod.ts";
import { combineText, identityText, writeExpressions } from "./expression.ts";
import { coordinatesOf, elementAt, type Loops, mergeAxes } from "./loops.ts";
import { finishFunction, WalkedLeaves } from "./places.ts";
import { type Dispatch, Shader, type ShaderContext } from "./shader.ts";

/** Invocations of a workgroup. */
const invocations = 256;
/** Elements that a lane combines one by one where there are enough lanes. */
const elementsPerLane = 8;
/** Invocations from which on more lanes for each result gain nothing. */
const enoughInvocations = 2 ** 16;

/** How a reduction is divided. */
interface Division {
  /** Results, and elements of each. */
  readonly results: number;
  readonly elements: number;
  /** Lanes of a result, a power of 2. */
  readonly lanes: number;
  /** Parts in which the elements of a result are taken. */
  readonly chunks: number;
  /** Whether the innermost axis is reduced. */
  readonly lanesAreNeighbours: boolean;
}

/** The dispatches of a kernel with a reduction. */
export function reduceDispatches(
  kernel: Kernel,
  anchor: ReduceAnchor,
  context: ShaderContext,
): Dispatch[] {
  const division = divide(kernel, anchor);
  if (division.results === 0) return [];
  const { chunks } = division;
  const shader = new Shader(kernel, { context, scratch: chunks > 1 });
  if (chunks === 1) {
    return [
      dispatchSums(shader, { anchor, division, finish: (place) => `finish(${place}, sum);` }),
    ];
  }
  const type = anchor.body.type as "f32" | "i32" | "u32";
  const partial = shader.scratch(division.results * chunks, type);
  const first = dispatchSums(shader, {
    anchor,
    division,
    finish: (place) => `${partial}[${place} * ${chunks}u + chunk] = sum;`,
  });
  return [first, dispatchChunks(kernel, anchor, { division, context })];
}

function divide({ shape }: Kernel, { axes, shape: whole }: ReduceAnchor): Division {
  const results = sizeOf(shape);
  const elements = axes.reduce((product, axis) => product * whole[axis]!, 1);
  const innermost = whole.findLastIndex((size) => size > 1);
  const lanesAreNeighbours = axes.includes(innermost);
  const useful = powerOfTwo(elements / elementsPerLane);
  const affordable = powerOfTwo(enoughInvocations / Math.max(1, results));
  // neighbouring lanes read a line of memory together
  const least = lanesAreNeighbours ? 16 : 1;
  const lanes = Math.min(invocations, useful, Math.max(least, affordable));
  const chunks = lanes < invocations || results > 64
    ? 1
    : Math.min(256, Math.ceil(elements / (invocations * 16)));
  return { results, elements, lanes, chunks, lanesAreNeighbours };
}

/** The power of 2 from 1 to 256 next above. */
function powerOfTwo(number: number): number {
  return Math.min(256, 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, number)))));
}

/** The shader that combines elements; `finish` says what is done with `sum` at a place. */
function dispatchSums(
  shader: Shader,
  { anchor, division, finish }: {
    readonly anchor: ReduceAnchor;
    readonly division: Division;
    readonly finish: (place: string) => string;
  },
): Dispatch {
  const { results, elements, lanes, chunks, lanesAreNeighbours } = division;
  const { operator, body } = anchor;
  const perGroup = invocations / lanes;
  const groups = Math.ceil(results / perGroup);
  const length = Math.ceil(elements / chunks);
  const [own, result] = lanesAreNeighbours
    ? [`lane % ${lanes}u`, `lane / ${lanes}u`]
    : [`lane / ${perGroup}u`, `lane % ${perGroup}u`];
  const { kept, reduced, written } = writeBody(shader, anchor);
  return shader.dispatch({
    invocations,
    units: groups * chunks,
    declarations: [
      ...(lanes > 1 ? [`var<workgroup> sums: array<${body.type}, ${invocations}>;`] : []),
      ...(chunks > 1 ? [] : [finishFunction(shader)]),
    ],
    body: [
      `let chunk = unit / ${groups}u;`,
      `let own = ${own};`,
      `let place = (unit % ${groups}u) * ${perGroup}u + ${result};`,
      `var sum = ${identityText(operator, body.type)};`,
      `if (place < ${results}u) {`,
      ...kept,
      `let end = min((chunk + 1u) * ${length}u, ${elements}u);`,
      `for (var element = chunk * ${length}u + own; element < end; element += ${lanes}u) {`,
      ...reduced,
      ...written.statements,
      `sum = ${combineText(operator, body.type, ["sum", written.values[0]!])};`,
      "}",
      "}",
      ...(lanes > 1 ? treeText(shader, { anchor, division }) : []),
      `if (own == 0u && place < ${results}u) { ${finish("place")} }`,
    ],
  });
}

/** Statements that combine the numbers of a result's lanes, half of them with the other half at a time. */
function treeText(
  { context }: Shader,
  { anchor: { operator, body: { type } }, division: { lanes, lanesAreNeighbours } }: {
    readonly anchor: ReduceAnchor;
    readonly division: Division;
  },
): string[] {
  const apart = lanesAreNeighbours ? 1 : invocations / lanes;
  const combine = (other: string) => `sum = ${combineText(operator, type, ["sum", other])};`;
  const together = lanesAreNeighbours ? context.subgroupSize : 1;
  return [
    "sums[lane] = sum;",
    `var half = ${lanes / 2}u;`,
    `for (; half >= ${together}u; half /= 2u) {`,
    "workgroupBarrier();",
    "if (own < half) {",
    combine(`sums[lane + half * ${apart}u]`),
    "sums[lane] = sum;",
    "}",
    "}",
    ...(together > 1
      ? [
        "for (; half > 0u; half /= 2u) {",
        "let other = subgroupShuffleDown(sum, half);",
        `if (own < half) { ${combine("other")} }`,
        "}",
      ]
      : []),
  ];
}

/** The body at a place of the results and an element: statements that find both, and the expression. */
function writeBody(shader: Shader, { shape, axes, loads, body }: ReduceAnchor) {
  const leaves = new WalkedLeaves([body], shape, loads);
  const { walks } = leaves;
  const keptLoops = mergeAxes(shape, walks, (axis) => !axes.includes(axis));
  const reducedLoops = mergeAxes(shape, walks, (axis) => axes.includes(axis));
  const kept = coordinatesOf("place", { sizes: keptLoops.sizes, prefix: "i" });
  const reduced = coordinatesOf("element", { sizes: reducedLoops.sizes, prefix: "j" });
  const names = [...kept.names, ...reduced.names];
  const written = writeExpressions([body], {
    leaf: leaves.textWith(sideBySide(keptLoops, reducedLoops), {
      load: (access, walk) => shader.load({ ...access, ...walk }, names),
      number: (walk) => elementAt(walk, names),
    }),
  });
  return { kept: kept.statements, reduced: reduced.statements, written };
}

function sideBySide(kept: Loops, reduced: Loops): Loops["walks"] {
  return kept.walks.map(({ offset, strides }, i) => ({
    offset,
    strides: [...strides, ...reduced.walks[i]!.strides],
  }));
}

/** The shader that combines the chunks of each result, in their order. */
function dispatchChunks(
  kernel: Kernel,
  { operator, body: { type } }: ReduceAnchor,
  { division: { results, chunks }, context }: {
    readonly division: Division;
    readonly context: ShaderContext;
  },
): Dispatch {
  const shader = new Shader(kernel, { context, scratch: true });
  const partial = shader.scratch(results * chunks, type as "f32" | "i32" | "u32");
  return shader.dispatch({
    invocations: 64,
    units: Math.ceil(results / 64),
    declarations: [finishFunction(shader)],
    body: [
      "let place = unit * 64u + lane;",
      `if (place < ${results}u) {`,
      `var sum = ${partial}[place * ${chunks}u];`,
      `for (var chunk = 1u; chunk < ${chunks}u; chunk++) {`,
      `sum = ${combineText(operator, type, ["sum", `${partial}[place * ${chunks}u + chunk]`])};`,
      "}",
      "finish(place, sum);",
      "}",
    ],
  });
}
