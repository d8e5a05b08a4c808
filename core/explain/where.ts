/**
 * What the names in a stage's formula are in this pipeline: `x = pixels`, `activation = relu`.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import type { ResolvedStage } from "../check/mod.ts";
import { formatConstant, render } from "./expression.ts";
import type { Reading } from "./reading.ts";

/** What the names in a stage's formula stand for; names that stand for themselves are left out. */
export function whereTexts(
  { graph, flows, notation }: Reading,
  { stage, inputs }: {
    readonly stage: ResolvedStage;
    /** What flows into its ports. */
    readonly inputs: Readonly<Record<string, Value>>;
  },
): string[] {
  const { formula } = stage.definition;
  if (formula === undefined) return [];
  const words = [...new Set(formula.match(/\p{L}[\p{L}\p{Nd}]*/gu) ?? [])];
  const config =
    (typeof stage.config === "object" && stage.config !== null ? stage.config : {}) as Readonly<
      Record<string, unknown>
    >;
  const own = flows.find(({ path, parameter }) => path === stage.path && parameter === undefined);
  return words.flatMap((word, i) => {
    const variable = graph.variables.find(({ path }) => path === `${stage.owner}.${word}`);
    if (variable !== undefined) {
      const name = notation.names.get(variable.value) ?? variable.path;
      return [`${name === word ? "" : `${word} = `}${name} ${formatSpec(variable.spec)}`];
    }
    const value = inputs[word] ?? (i === 0 ? own?.value : undefined);
    if (value !== undefined) {
      const name = render(notation.use(value));
      return name === word ? [] : [`${word} = ${name}`];
    }
    const text = Object.hasOwn(config, word) ? settingText(config[word]) : undefined;
    return text === undefined ? [] : [`${word} = ${text}`];
  });
}

function settingText(value: unknown): string | undefined {
  if (typeof value === "number") return formatConstant(value);
  if (typeof value === "boolean" || typeof value === "string") return String(value);
  const named = (typeof value === "object" && value !== null || typeof value === "function") &&
    "name" in value;
  if (named && typeof value.name === "string" && value.name !== "") return value.name;
  return typeof value === "function" ? "a function" : undefined;
}
