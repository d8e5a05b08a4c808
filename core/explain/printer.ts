/**
 * An explanation as text.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import { numberLines, tableLines } from "./numbers.ts";
import type { Equation, Explanation, ExplanationBlock, ExplanationSection } from "./types.ts";

/** Characters of a line. */
const width = 100;

/** Prints an explanation. */
export function printExplanation(explanation: Explanation): string {
  const { sections, signs } = explanation;
  const column = specColumn(sections);
  const lines = [
    ...headLines(explanation),
    ...(signs.length === 0 ? [] : ["", ...signs.map((text) => `  ${text}`)]),
    ...sections.flatMap(({ title, blocks }, i) => [
      "",
      `${i + 1}. ${title}`,
      ...blocks.flatMap((block) => ["", ...blockLines(block, column)]),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function headLines(
  { pipeline, rows, batchSize, trainingRows, seed }: Explanation,
): string[] {
  const examples = rows === 1 ? "example" : "examples";
  if (trainingRows === null) return [`${pipeline}: one step of training, on ${rows} ${examples}`];
  const which = rows === trainingRows
    ? `all ${rows} ${examples}`
    : `the first ${rows === 1 ? "" : `${rows} `}of ${trainingRows} examples`;
  const usual = rows === batchSize || rows === trainingRows
    ? ""
    : ` (training takes ${batchSize} a step)`;
  return [`${pipeline}: the first step of training, on ${which}${usual}, seed ${seed}`];
}

/** Where shapes are written: behind the equations, those of usual length. */
function specColumn(sections: readonly ExplanationSection[]): number {
  const lengths = sections.flatMap(({ blocks }) => blocks).flatMap(({ equations }) => equations)
    .filter(({ spec }) => spec !== null)
    .map((equation) => equationText(equation).length + 4 + 3);
  return Math.min(80, Math.max(40, ...lengths));
}

function equationText({ left, right }: Equation): string {
  return right === null ? left : `${left} = ${right}`;
}

function blockLines(
  { stage, kind, formula, where, equations, tables }: ExplanationBlock,
  column: number,
): string[] {
  const isNamed = kind === "" || stage.split(".").at(-1) === kind;
  const title = stage === "" ? kind : isNamed ? stage : `${stage}, ${kind}`;
  const head = `  ${title}${formula === null ? "" : ":"}`;
  const isShort = formula === null || head.length + 2 + formula.length <= width;
  return [
    ...(formula === null
      ? [head]
      : isShort
      ? [`${head}  ${formula}`]
      : [head, ...wrapEquation(`    ${formula}`, "      ")]),
    ...(where.length === 0 ? [] : wrapParts(
      ["where", ...where.map((part, i) => i < where.length - 1 ? `${part},` : part)],
      "    ",
    )),
    ...equations.flatMap((equation, i) => [
      ...(i > 0 && equations.some(({ numbers }) => numbers !== null) ? [""] : []),
      ...equationLines(equation, column),
    ]),
    ...tables.flatMap((table) => ["", ...tableLines(table).map((line) => `    ${line}`)]),
  ];
}

function equationLines(equation: Equation, column: number): string[] {
  const { left, spec, words, numbers } = equation;
  const indent = " ".repeat(4 + left.length + 1);
  // behind a long left side there is no room to go on
  const further = left.length > width / 3 ? "      " : `${indent}  `;
  const lines = wrapEquation(`    ${equationText(equation)}`, further);
  if (spec !== null) {
    const last = lines.pop()!;
    const text = formatSpec(spec);
    if (last.length + 2 <= column || last.length + 2 + text.length <= width) {
      lines.push(`${last.padEnd(column - 2)}  ${text}`);
    } else lines.push(last, `${" ".repeat(column)}${text}`);
  }
  for (const text of words) lines.push(...wrapParts(text.split(" "), "      "));
  if (numbers !== null && !isNumber(equation.right)) {
    const shape = spec?.shape ?? [];
    numberLines(numbers, { shape, width: width - indent.length - 2 })
      .forEach((line, i) => lines.push(`${indent}${i === 0 ? "= " : "  "}${line}`));
  }
  return lines;
}

/** Breaks an equation before signs, else behind commas or the sign of equality, where it is too long for a line. */
function wrapEquation(text: string, indent: string): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const room = rest.slice(0, width);
    const sign = Math.max(
      ...[" + ", " - ", " · ", " ⊙ ", " / "].map((sign) => room.lastIndexOf(sign)),
    );
    const breaks = [sign, room.lastIndexOf(", ") + 1, room.lastIndexOf(" = ") + 2];
    const at = breaks.find((place) => place > indent.length);
    if (at === undefined) break;
    lines.push(rest.slice(0, at));
    rest = `${indent}${rest.slice(at + 1)}`;
  }
  return [...lines, rest];
}

function isNumber(text: string | null): boolean {
  return text !== null && Number.isFinite(Number(text));
}

/** Joins parts by blanks, in lines that are not too long. */
function wrapParts(parts: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of parts) {
    if (line.length + 1 + word.length > width && line.trim() !== "") {
      lines.push(line);
      line = `${indent}  `;
    }
    line += line.trim() === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}

const meanings: readonly (readonly [sign: RegExp, meaning: string])[] = [
  [
    / · /,
    "a · b     the product: of matrices rows by columns, with a number each element times it",
  ],
  [/⊙/, "a ⊙ b     each element of a times the same element of b"],
  [/ᵀ/, "aᵀ        the transposed matrix: rows become columns"],
  [/Σ\(/, "Σ(a)      the sum of all elements"],
  [/Σ₀/, "Σ₀(a)     the sums along axis 0, over the examples"],
  [/Σ₁/, "Σ₁(a)     the sums along axis 1, within each example"],
  [/\[[^\]]* [=≠<>≤≥] [^\]]*\]/, "[a > b]   1 where it holds, else 0; so for = ≠ < ≤ ≥"],
  [/\(0 … /, "(0 … n)   the whole numbers from 0 to n, one in each column"],
  [/∂/, "∂loss/∂a  the gradient of loss by a: how much loss changes with each element of a"],
  [/′/, "a′        what a becomes by the step"],
  [/\bt\b/, "t         number of the step, from 1"],
];

/** What the signs mean that occur in the equations. */
export function signsIn(sections: readonly ExplanationSection[]): string[] {
  const text = sections.flatMap(({ blocks }) => blocks).flatMap(({ equations }) => equations)
    .map(equationText).join("\n");
  return meanings.filter(([sign]) => sign.test(text)).map(([, meaning]) => meaning);
}
