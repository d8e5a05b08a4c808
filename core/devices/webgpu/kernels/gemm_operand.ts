/**
 * The operands of products: elements that are in memory, or that a formula gives of what is, computed
 * while they are brought into workgroup memory.
 *
 * A formula is a function of its own: of what it loads at one place to the element there. Where four
 * neighbours are read at once, so is all that has four neighbours there, and the function is called for
 * each: bytes come four in a word.
 *
 * @module
 */
import { scalar } from "../../../graph/mod.ts";
import { type Access, type Operand, operandReads } from "../../../plan/mod.ts";
import { writeExpressions } from "../expression.ts";
import { isInFours, type Shader } from "../shader.ts";

/** How elements of a product's side are read, one or the four from one on as a vector. */
export interface ElementReader {
  /** The text of the element, or of the four, of the operand from a place on. */
  load(coordinates: readonly string[]): string;
  /** What stands for elements that are not there. */
  readonly zero: "0.0" | "vec4<f32>()";
  /** The functions that `load` calls. */
  readonly declarations: readonly string[];
}

/** What an operand reads. */
function accessesOf(operand: Operand): readonly Access[] {
  return operandReads(operand).map(({ access }) => access);
}

/** What tells how an operand lies: of what it reads, that with most axes of its own. */
export function leadingAccess(operand: Operand): Access {
  const axes = ({ strides }: Access) => strides.filter((stride) => stride !== 0).length;
  return accessesOf(operand).reduce((most, next) => axes(next) > axes(most) ? next : most);
}

/** Whether an access is read in fours along an axis. */
function isInFoursAlong({ offset, strides }: Access, axis: number): boolean {
  const others = strides.filter((_, i) => i !== axis);
  return isInFours({ offset, strides: [...others, strides[axis]!] });
}

/** Whether an operand can be read four at a time along an axis. */
export function isOperandInFours(operand: Operand, axis: number): boolean {
  return isInFoursAlong(leadingAccess(operand), axis) &&
    accessesOf(operand).every((access) =>
      access.strides[axis] === 0 || isInFoursAlong(access, axis)
    );
}

/** What is read four at a time of an operand that is. */
export function foursOfOperand(operand: Operand, axis: number): readonly Access[] {
  return accessesOf(operand).filter((access) => isInFoursAlong(access, axis));
}

/**
 * Reads elements of an operand.
 *
 * @param name Begins the names of functions.
 * @param foursAlong The axis along which four are read at once; `null` for one by one.
 */
export function elementReader(
  shader: Shader,
  operand: Operand,
  { name, foursAlong }: { readonly name: string; readonly foursAlong: number | null },
): ElementReader {
  const zero = foursAlong === null ? "0.0" : "vec4<f32>()";
  if ("access" in operand) {
    const { access } = operand;
    const load = (at: readonly string[]) =>
      foursAlong === null ? shader.load(access, at) : shader.loadFour(access, at);
    return { load, zero, declarations: [] };
  }
  const { body, loads, shape } = operand;
  const names = shape.map((_, axis) => `i${axis}`);
  const isFour = loads.map((access) => foursAlong !== null && isInFoursAlong(access, foursAlong));
  const given = loads.map((access, i) =>
    `let given${i} = ${isFour[i] ? shader.loadFour(access, names) : shader.load(access, names)};`
  );
  const of = (lane: string) =>
    `${name}_of(${loads.map((_, i) => isFour[i] ? `given${i}.${lane}` : `given${i}`).join(", ")})`;
  const { statements, values } = writeExpressions([body], {
    leaf: (leaf) => leaf.kind === "load" ? `given${leaf.operand}` : "",
  });
  const parameters = loads.map(({ dtype }, i) => `given${i}: ${scalar.scalarTypeOf(dtype)}`);
  const [type, result] = foursAlong === null
    ? ["f32", of("x")]
    : ["vec4<f32>", `vec4<f32>(${["x", "y", "z", "w"].map(of).join(", ")})`];
  return {
    load: (at) => `${name}_value(${at.join(", ")})`,
    zero,
    declarations: [
      `fn ${name}_of(${parameters.join(", ")}) -> f32 {`,
      ...statements,
      `return ${values[0]!};`,
      "}",
      `fn ${name}_value(${names.map((axis) => `${axis}: u32`).join(", ")}) -> ${type} {`,
      ...given,
      `return ${result};`,
      "}",
    ],
  };
}
