/**
 * Help texts: of the command line, of a verb, and of the settings of one pipeline.
 *
 * @module
 */
import {
  type ConfigField,
  fieldsOf,
  type Pipeline,
  runConfigSchema,
  type Schema,
  type Stage,
  validate,
} from "../declare/mod.ts";
import { commandOf } from "./command.ts";
import { optionsOf, type Verb } from "./options.ts";
import { formatTable } from "../table.ts";
import { bold, dim, type TextStream } from "./terminal.ts";

/** The help of the whole command line. */
export function generalHelp(verbs: readonly Verb[], stream: TextStream): string {
  return [
    "Millrace trains neural networks that are written as typed pipelines.\n",
    `${bold(stream, "Usage:")} ${commandOf("<verb>")} <pipeline.ts> [options]\n`,
    `${bold(stream, "Verbs:")}\n` +
    formatTable(verbs.map(({ name, summary }) => [name, summary]), { indent: "  " }),
    `Each verb explains itself: "${commandOf("train")} --help". With a pipeline, as in\n` +
    `"${commandOf("train")} <pipeline.ts> --help", the settings of that pipeline are listed too.\n`,
  ].join("\n");
}

/** The help of a verb. */
export function verbHelp(verb: Verb, stream: TextStream): string {
  const operand = verb.operand === undefined ? "" : ` ${verb.operand}`;
  const rows = optionsOf(verb).map(({ name, value, description, repeatable }) => [
    `--${name}${value === undefined ? "" : ` ${bracketed(value)}`}`,
    repeatable === true ? `${description}; repeatable` : description,
  ]);
  return [
    `${verb.summary}.\n`,
    `${bold(stream, "Usage:")} ${commandOf(verb.name)}${operand} [options]\n`,
    `${bold(stream, "Options:")}\n${formatTable(rows, { indent: "  " })}`,
    ...(verb.notes === undefined ? [] : [`${verb.notes}\n`]),
  ].join("\n");
}

function bracketed(value: string): string {
  return value.includes("|") ? value : `<${value}>`;
}

/** A field that `--set` can set. */
export interface Setting {
  /** Path, as `"logits.dense1.units"`. */
  readonly path: string;
  /** What values it takes, as text. */
  readonly type: string;
  /** Value in this pipeline; empty where it cannot be written on a command line. */
  readonly value: string;
  /** The schema's default, where the pipeline has another value. */
  readonly default?: string;
  readonly description: string;
}

/** The stage, or the run when the name is empty, and its settings. */
export interface SettingGroup {
  readonly name: string;
  readonly kind: string;
  readonly formula?: string;
  readonly settings: readonly Setting[];
}

/** Every setting of a pipeline by stage, children included. Works on a pipeline with issues too. */
export function settingsOf(pipeline: Pipeline): readonly SettingGroup[] {
  const run: SettingGroup = {
    name: "",
    kind: "run",
    settings: settingsIn(runConfigSchema as Schema<unknown, unknown>, {
      config: configOf(runConfigSchema as Schema<unknown, unknown>, pipeline.run),
      path: "",
    }),
  };
  return [run, ...pipeline.stages.flatMap(({ name, call }) => stageSettings(call, name))];
}

function stageSettings(stage: Stage, path: string): SettingGroup[] {
  const { definition } = stage;
  const options = stage.options ?? {};
  const config = configOf(definition.config, options);
  const children = definition.kind === "traced" && config !== undefined
    ? definition.children?.(config) ?? {}
    : {};
  const inner = Object.entries(children).flatMap(([name, child]) =>
    stageSettings(child, `${path}.${name}`)
  );
  const { formula } = definition;
  const own: SettingGroup = {
    name: path,
    kind: definition.name,
    ...(formula === undefined ? {} : { formula }),
    // What a stage with children is made of is set in the children.
    settings: inner.length > 0 ? [] : settingsIn(definition.config, { config, path }),
  };
  return [own, ...inner];
}

function configOf(schema: Schema<unknown, unknown>, options: unknown): unknown {
  const validated = validate(schema, options, "");
  return validated.ok ? validated.config : undefined;
}

function settingsIn(
  schema: Schema<unknown, unknown>,
  { config, path }: { readonly config: unknown; readonly path: string },
): readonly Setting[] {
  const values = (typeof config === "object" && config !== null ? config : {}) as Readonly<
    Record<string, unknown>
  >;
  return fieldsOf(schema).filter(isSettable).map((field) => {
    const value = textOf(values[field.name]);
    const preset = textOf(field.default);
    return {
      path: path === "" ? field.name : `${path}.${field.name}`,
      type: field.type,
      value,
      ...(preset === "" || preset === value ? {} : { default: preset }),
      description: field.description ?? "",
    };
  });
}

/** Functions and other things without a type in JSON cannot be written on a command line. */
function isSettable(field: ConfigField): boolean {
  return field.type !== "";
}

/** A value as the command line would write it; empty for what has no such text. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  if (typeof value === "object" && value !== null && "name" in value) return String(value.name);
  const text = typeof value === "function" ? "" : JSON.stringify(value) ?? "";
  return text.length > 32 ? "…" : text;
}

/** The settings of a pipeline as help. */
export function pipelineHelp(pipeline: Pipeline, stream: TextStream): string {
  const groups = settingsOf(pipeline);
  const rows = groups.flatMap(({ settings }) => settings.map(settingCells));
  const lines = formatTable(rows, { indent: "  " }).split("\n");
  let text = bold(stream, `Settings of "${pipeline.name}", changed with --set path=value:`) + "\n";
  for (const group of groups) {
    const about = group.formula === undefined ? group.kind : `${group.kind}: ${group.formula}`;
    if (group.name !== "") text += `\n${group.name}  ${dim(stream, about)}\n`;
    for (const _ of group.settings) text += `${lines.shift()}\n`;
  }
  return text;
}

/** Characters of a value that are shown: one that is longer would push every description aside. */
const widestValue = 48;

function settingCells({ path, value, type, description, default: preset }: Setting): string[] {
  const facts = [type.replaceAll('"', ""), ...(preset === undefined ? [] : [`default ${preset}`])];
  const shown = value.length > widestValue ? `${value.slice(0, widestValue - 1)}…` : value;
  return [path, shown, `${description} (${facts.join("; ")})`.trimStart()];
}
