/**
 * Sums of slices into a table, in float32 and with any strides.
 *
 * Algorithm: each invocation has one element of the table, walks the whole list, and adds the updates
 * of its slice in the order of the list: no atomic addition, so that sums have one order. The list is
 * read in parts of 256 indices, which a workgroup keeps in its memory.
 *
 * Memory traffic: the list once for each workgroup, each update once, the table once.
 *
 * @module
 */
import { sizeOf, type TensorSpec } from "../../../tensor/mod.ts";
import { type PlainOperand, plainOperand } from "../../../plan/mod.ts";
import type { ScatterAddParams } from "../../../ops/mod.ts";
import { coordinatesOf } from "../loops.ts";
import { finishFunction, placesPerGroup } from "../places.ts";
import { Shader } from "../shader.ts";
import type { WriteShaders } from "./kernel.ts";

/** The kernel of `scatterAdd`: it always applies. */
export function scatterAddKernel(
  _: readonly TensorSpec[],
  { axis }: ScatterAddParams,
): WriteShaders {
  return ({ kernel, context, operands, output }) => {
    const [updates, list] = operands.map(plainOperand) as [PlainOperand, PlainOperand];
    const size = sizeOf(output.shape);
    if (size === 0) return [];
    const length = sizeOf(list.shape);
    const shader = new Shader(kernel, { context });
    const table = coordinatesOf("inside", { sizes: output.shape, prefix: "i" });
    const taken = coordinatesOf("number", { sizes: list.shape, prefix: "j" });
    const from = [
      ...table.names.slice(0, axis),
      ...taken.names,
      ...table.names.slice(axis + 1),
    ];
    return [shader.dispatch({
      invocations: placesPerGroup,
      units: Math.ceil(size / placesPerGroup),
      declarations: [
        `var<workgroup> indices: array<u32, ${placesPerGroup}>;`,
        finishFunction(shader),
      ],
      body: [
        `let place = unit * ${placesPerGroup}u + lane;`,
        // all invocations take part in reading the list
        `let inside = min(place, ${size - 1}u);`,
        ...table.statements,
        "var sum = 0.0;",
        `for (var first = 0u; first < ${length}u; first += ${placesPerGroup}u) {`,
        `let count = min(${length}u - first, ${placesPerGroup}u);`,
        "workgroupBarrier();",
        "if (lane < count) {",
        "let number = first + lane;",
        ...taken.statements,
        `indices[lane] = u32(${shader.load(list.access, taken.names)});`,
        "}",
        "workgroupBarrier();",
        "for (var at = 0u; at < count; at++) {",
        `if (indices[at] == ${table.names[axis]}) {`,
        "let number = first + at;",
        ...taken.statements,
        `sum += ${shader.load(updates.access, from)};`,
        "}",
        "}",
        "}",
        `if (place < ${size}u) { finish(place, sum); }`,
      ],
    })];
  };
}
