/**
 * Options of the command line: what a verb declares, and how arguments are parsed by it. What a user
 * got wrong is a `UsageError` that names the nearest option.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { nearestName, UsageError } from "../errors.ts";
import { devices } from "../devices/mod.ts";
import { type Precision, precisions } from "../plan/mod.ts";
import { mostWorkers } from "../execute/mod.ts";
import { commandOf } from "./command.ts";
import type { Io } from "./terminal.ts";

/** An option of a verb. */
export interface Option {
  /** Name without hyphens. */
  readonly name: string;
  /** What stands for its value in the help; a flag when absent. */
  readonly value?: string;
  /** One line for the help. */
  readonly description: string;
  /** Whether it may be given several times; else the last one counts. */
  readonly repeatable?: boolean;
}

/** A verb of the command line. */
export interface Verb {
  /** Name, as on the command line. */
  readonly name: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** What stands for its operand in the help: `"<pipeline.ts>"`. */
  readonly operand?: string;
  /** Options, in the order of the help; `--help` is added. */
  readonly options: readonly Option[];
  /** More for the help: what cannot be said in a line. */
  readonly notes?: string;
  /** Does it, and gives the exit status. */
  run(invocation: Invocation, io: Io): Promise<number>;
}

const helpOption: Option = { name: "help", description: "Show this help" };

/** Options of every verb. */
export function optionsOf(verb: Verb): readonly Option[] {
  return [...verb.options, helpOption];
}

/** Names that `--device` accepts. */
function deviceNames(): readonly string[] {
  return ["auto", ...devices.map((device) => device.name)];
}

/** Options that several verbs share, in the order of the help. */
export const shared = {
  set: {
    name: "set",
    value: "path=value",
    repeatable: true,
    description: "Set a field of the run or of a stage, as optimizer.learningRate=0.01",
  },
  device: {
    name: "device",
    value: deviceNames().join("|"),
    description: "Where to compute; default wasm",
  },
  threads: { name: "threads", value: "n", description: "Threads; results never depend on it" },
  workers: {
    name: "workers",
    value: "n",
    description: "Workers that decode images and sounds ahead; 0: none; results never depend on it",
  },
  limit: { name: "limit", value: "n", description: "Use only the first n rows of every split" },
  seed: { name: "seed", value: "n", description: "Seed of weights, shuffling and dropout" },
  epochs: { name: "epochs", value: "n", description: "Passes over the training split" },
  batchSize: { name: "batch-size", value: "n", description: "Rows per training step" },
  evaluateBatchSize: { name: "batch-size", value: "n", description: "Rows per batch" },
  run: {
    name: "run",
    value: "directory",
    description: "Run to use; default: the newest of this pipeline under runs/",
  },
  model: {
    name: "model",
    value: "file",
    description: "Model to use instead of a run's model.safetensors",
  },
  precision: {
    name: "precision",
    value: precisions.join("|"),
    description: "How steps store floats: in 32 bits, or where webgpu can, activations in 16",
  },
  profile: {
    name: "profile",
    description: "Measure where the time goes, and print it at the end beside what is predicted",
  },
  uploadRows: {
    name: "upload-rows",
    description:
      "Copy each batch to the GPU anew, and keep no rows of training and validation in its memory",
  },
  quiet: { name: "quiet", description: "Print results and errors only" },
  json: { name: "json", description: "Print one JSON object on standard output at the end" },
} as const satisfies Record<string, Option>;

/** The arguments of a verb, parsed. */
export class Invocation {
  /** The verb whose arguments they are. */
  readonly verb: Verb;
  /** What is no option. */
  readonly operands: readonly string[];
  readonly #flags: ReadonlySet<string>;
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** Takes what was parsed. */
  constructor(verb: Verb, parsed: {
    readonly operands: readonly string[];
    readonly flags: ReadonlySet<string>;
    readonly values: ReadonlyMap<string, readonly string[]>;
  }) {
    this.verb = verb;
    this.operands = parsed.operands;
    this.#flags = parsed.flags;
    this.#values = parsed.values;
  }

  /**
   * The one operand.
   *
   * @throws {UsageError} When there is none, or more than one.
   */
  operand(): string {
    const [first, second] = this.operands;
    const usage = `${commandOf(this.verb.name)} ${this.verb.operand} [options]`;
    if (first === undefined) {
      throw new UsageError(`Cannot ${this.verb.name}: ${this.verb.operand} is missing\n  ${usage}`);
    }
    if (second !== undefined) {
      throw new UsageError(
        `Cannot use "${second}": one ${this.verb.operand} is enough\n  ${usage}`,
      );
    }
    return first;
  }

  /** Whether a flag is given. */
  flag(name: string): boolean {
    return this.#flags.has(name);
  }

  /** The value of an option; the last one where it is repeated. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** Every value of an option. */
  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /**
   * The value of an option that takes a whole number.
   *
   * @throws {UsageError} When it is no whole number in the range.
   */
  whole(
    name: string,
    { min, max = Number.MAX_SAFE_INTEGER }: { readonly min: number; readonly max?: number },
  ): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new UsageError(
      `Cannot use "--${name}": received "${text}", expected a whole number ${range}`,
    );
  }

  /**
   * The value of an option that takes one of some words.
   *
   * @throws {UsageError} When it is none of them; names the nearest.
   */
  choice<const C extends string>(name: string, choices: readonly C[]): C | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    const nearest = nearestName(text, choices);
    throw new UsageError(
      `Cannot use "--${name}": received "${text}", expected ${orList(choices)}` +
        (nearest === undefined ? "" : `\n  hint: did you mean "${nearest}"?`),
    );
  }
}

/**
 * Parses the arguments of a verb.
 *
 * @throws {UsageError} When an option is unknown or lacks its value; names the nearest option.
 */
export function parseArguments(verb: Verb, args: readonly string[]): Invocation {
  const options = optionsOf(verb);
  const valued = options.filter((option) => option.value !== undefined).map(({ name }) => name);
  const flags = options.filter((option) => option.value === undefined).map(({ name }) => name);
  const parsed: Readonly<Record<string, unknown>> = parseArgs(joinValues(args, valued), {
    boolean: flags,
    string: [...valued, "_"],
    collect: valued,
    alias: { help: "h" },
    unknown: (arg) => {
      if (arg.startsWith("-") && arg !== "-") throw unknownOption(arg, { verb, options });
      return true;
    },
  });
  const values = new Map<string, readonly string[]>();
  for (const name of valued) {
    const given = parsed[name];
    const texts = Array.isArray(given) ? given.map(String) : [];
    if (texts.includes("")) throw missingValue(options.find((option) => option.name === name)!);
    if (texts.length > 0) values.set(name, texts);
  }
  return new Invocation(verb, {
    operands: (parsed._ as readonly unknown[]).map(String),
    flags: new Set(flags.filter((name) => parsed[name] === true)),
    values,
  });
}

/** Joins an option and its value, so that a value may begin with a hyphen: `--seed -1`. */
function joinValues(args: readonly string[], valued: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") return [...joined, ...args.slice(i)];
    const next = args[i + 1];
    if (!valued.includes(arg.replace(/^--/, "")) || !arg.startsWith("--")) joined.push(arg);
    else if (next === undefined || next.startsWith("--") || next === "") joined.push(`${arg}=`);
    else {
      joined.push(`${arg}=${next}`);
      i++;
    }
  }
  return joined;
}

function unknownOption(
  arg: string,
  { verb, options }: { readonly verb: Verb; readonly options: readonly Option[] },
): UsageError {
  const [given, ...rest] = arg.split("=");
  const name = given!.replace(/^-+/, "");
  const known = options.find((option) => option.name === name);
  if (known !== undefined && known.value !== undefined) return missingValue(known);
  const nearest = nearestName(name, options.map((option) => option.name));
  const settable = name.includes(".") && options.some((option) => option.name === "set");
  const hint = nearest !== undefined
    ? `did you mean "--${nearest}"?`
    : settable
    ? `a field of a stage is set by "--set ${name}=${rest.join("=") || "value"}"`
    : `"${commandOf(verb.name)} --help" lists the options`;
  return new UsageError(`Unknown option "${given}" of ${verb.name}\n  hint: ${hint}`);
}

function missingValue(option: Option): UsageError {
  return new UsageError(`Cannot use "--${option.name}": its value <${option.value}> is missing`);
}

/**
 * Parses the texts of `--set path=value`: the value is JSON, else a string.
 *
 * @throws {UsageError} When there is no path or no `=`.
 */
export function parseSettings(texts: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(texts.map((text) => {
    const [, path, value] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(text) ?? [];
    if (path === undefined || value === undefined) {
      throw new UsageError(
        `Cannot use "--set ${text}": expected path=value, as optimizer.learningRate=0.01`,
      );
    }
    return [path, parseSetting(value)];
  }));
}

function parseSetting(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What the shared options say, as core takes it. */
export interface ExecuteSettings {
  readonly device?: string;
  readonly threads?: number;
  readonly workers?: number;
  readonly limit?: number;
  readonly precision?: Precision;
  readonly set: Readonly<Record<string, unknown>>;
}

/**
 * Reads the options that all running verbs share. `--epochs`, `--batch-size` and `--seed` are short
 * for `--set` of the run's fields, and come before it.
 *
 * @throws {UsageError} When a value cannot be used.
 */
export function executeSettings(
  invocation: Invocation,
  batchSizeField: "batchSize" | "evaluateBatchSize" = "batchSize",
): ExecuteSettings {
  return {
    ...defined({
      device: invocation.choice("device", deviceNames()),
      threads: invocation.whole("threads", { min: 1 }),
      workers: invocation.whole("workers", { min: 0, max: mostWorkers }),
      limit: invocation.whole("limit", { min: 1 }),
      precision: invocation.choice("precision", precisions),
    }),
    set: {
      ...parseSettings(invocation.texts("set")),
      ...defined({
        epochs: invocation.whole("epochs", { min: 1 }),
        [batchSizeField]: invocation.whole("batch-size", { min: 1 }),
        seed: invocation.whole("seed", { min: 0, max: 4294967295 }),
      }),
    },
  };
}

/** A record without the fields that are `undefined`. */
export function defined<T extends object>(
  record: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== undefined),
  ) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Renders choices: `a, b or c`. */
export function orList(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} or ${items.at(-1)}`;
}
