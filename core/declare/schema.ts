/**
 * Configuration schemas. Any Standard Schema is accepted at the border; Millrace's own are written
 * with zod.
 *
 * @module
 */
import { z } from "zod";
import { type Issue, nearestName } from "../errors.ts";
import { issueWords, keysOf, valueAt } from "./schema_words.ts";

/**
 * A schema that turns what a user writes (`Options`) into a full configuration (`Config`): what
 * Millrace reads of a Standard Schema, version 1, so that any library's fits.
 *
 * Source: https://standardschema.dev
 */
export interface Schema<Options, Config> {
  /** The part that the specification prescribes. */
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    /** Gives the configuration, or what is wrong with the options; a promise is refused. */
    readonly validate: (value: unknown) => SchemaResult<Config> | Promise<SchemaResult<Config>>;
    /** Only types; what `Options` and `Config` are inferred from. */
    readonly types?: { readonly input: Options; readonly output: Config } | undefined;
  };
}

/** What a schema makes of options: the configuration, or issues. */
export type SchemaResult<Config> =
  | { readonly value: Config; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with options, in the schema library's words. */
export interface SchemaIssue {
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** Keys from the options to the offending field; absent for the options as a whole. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A schema that is made when it is first asked. A library of stages is imported whole, and making the
 * schemas of all of them takes longer than all else that its modules do: these wait for a stage that
 * is used.
 *
 * @param make Makes the schema; it is called once at most.
 * @returns The same schema, in any place where one fits.
 *
 * @example
 * ```ts
 * import { defineLayer, type Dim, lazySchema, ops, type Tensor } from "@millrace/millrace";
 * import { z } from "zod";
 *
 * const double = defineLayer<<S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>>()({
 *   name: "double",
 *   config: lazySchema(() => z.strictObject({})),
 *   build: ({ x }) => ops.mul(x, 2),
 * });
 * double({});
 * ```
 */
export function lazySchema<Options, Config>(
  make: () => Schema<Options, Config>,
): Schema<Options, Config> {
  return new LazySchema(make);
}

class LazySchema<Options, Config> implements Schema<Options, Config> {
  #made: Schema<Options, Config> | undefined;
  readonly #make: () => Schema<Options, Config>;

  constructor(make: () => Schema<Options, Config>) {
    this.#make = make;
  }

  /** The schema itself. */
  get made(): Schema<Options, Config> {
    return this.#made ??= this.#make();
  }

  get "~standard"(): Schema<Options, Config>["~standard"] {
    return this.made["~standard"];
  }
}

/** The outcome of a validation. */
export type Validated<Config> =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Validates options; every issue carries the path of the offending field below `path`. */
export function validate<Config>(
  schema: Schema<unknown, Config>,
  options: unknown,
  path: string,
): Validated<Config> {
  const result = outcomeOf(schema, options);
  if (result instanceof Promise) {
    return {
      ok: false,
      issues: [{
        code: "config",
        path,
        message: "Cannot use an asynchronous configuration schema",
        hint: "validate asynchronously in the loader's open()",
      }],
    };
  }
  if (result.issues === undefined) return { ok: true, config: result.value };
  const fields = fieldsOf(schema);
  return {
    ok: false,
    issues: result.issues.flatMap((issue) => configIssues(issue, { options, path, fields })),
  };
}

/**
 * What a schema makes of options. zod is told not to generate code for the fields of a schema, as its
 * own "~standard" does: that takes longer than to validate the few options of a stage once.
 */
function outcomeOf<Config>(
  given: Schema<unknown, Config>,
  options: unknown,
): SchemaResult<Config> | Promise<SchemaResult<Config>> {
  const schema = given instanceof LazySchema ? given.made : given;
  if ("_zod" in schema) {
    try {
      const { success, data, error } = z.safeParse(
        schema as unknown as z.ZodType<Config>,
        options,
        {
          jitless: true,
        },
      );
      return success ? { value: data } : { issues: error.issues };
    } catch {
      // asynchronous, or one of its own checks throws: the specification says what then happens
    }
  }
  return schema["~standard"].validate(options);
}

/** What a schema library found, in the project's words. */
function configIssues(
  issue: SchemaIssue,
  { options, path, fields }: {
    readonly options: unknown;
    readonly path: string;
    readonly fields: readonly ConfigField[];
  },
): Issue[] {
  const keys = keysOf(issue);
  const place = (...more: readonly string[]) =>
    [path, ...keys, ...more].filter((part) => part !== "").join(".");
  const unknown = unknownKeys(issue);
  if (unknown.length > 0) {
    const known = keys.length === 0 ? fields.map(({ name }) => name) : [];
    return unknown.map((key) => {
      const nearest = nearestName(key, known);
      return {
        code: "config",
        path: place(key),
        message: `Cannot use this value: there is no field "${key}"`,
        ...(known.length === 0 ? {} : {
          hint: (nearest === undefined ? "known: " : `did you mean "${nearest}"? Known: `) +
            known.join(", "),
        }),
      };
    });
  }
  const { keys: inner, ...words } = issueWords(issue, valueAt(options, keys));
  const description = keys.length === 1
    ? fields.find(({ name }) => name === keys[0])?.description
    : undefined;
  const isWhole = keys.length === 0 && words.expected === "an object" && fields.length > 0;
  const hint = isWhole
    ? `its fields: ${fields.map(({ name }) => name).join(", ")}`
    : description && `${keys[0]}: ${description}`;
  return [{
    code: "config",
    path: place(...inner),
    ...words,
    ...(hint === undefined ? {} : { hint }),
  }];
}

/** The keys that zod says it does not know. */
function unknownKeys(issue: SchemaIssue & { readonly keys?: unknown }): readonly string[] {
  return issue.message.startsWith("Unrecognized key") && Array.isArray(issue.keys)
    ? issue.keys.map(String)
    : [];
}

/** One field of a configuration, for the command line's help and for `--set`. */
export interface ConfigField {
  /** Key in the configuration, as `"learningRate"`. */
  readonly name: string;
  /** Its type as text: `number`, or the choices, as `"mean" | "sum"`. */
  readonly type: string;
  /** The schema's own words for it; `undefined` where it has none. */
  readonly description: string | undefined;
  /** The value it has when it is not given; `undefined` where it has none. */
  readonly default: unknown;
}

interface JsonSchemaField {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchemaField[];
}

/** The fields of a schema that can describe itself as JSON Schema, else none. */
export function fieldsOf(schema: Schema<unknown, unknown>): readonly ConfigField[] {
  const properties = jsonSchemaOf(schema)?.properties as
    | Readonly<Record<string, JsonSchemaField>>
    | undefined;
  return Object.entries(properties ?? {}).map(([name, field]) => ({
    name,
    type: typeText(field),
    description: field.description,
    default: field.default,
  }));
}

function typeText(field: JsonSchemaField): string {
  if (field.enum !== undefined) return field.enum.map((item) => JSON.stringify(item)).join(" | ");
  if (field.const !== undefined) return JSON.stringify(field.const);
  if (field.anyOf !== undefined) {
    return field.anyOf.map(typeText).filter((text) => text !== "").join(" | ");
  }
  return Array.isArray(field.type) ? field.type.join(" | ") : String(field.type ?? "");
}

/** A schema as data: what it says of itself as JSON Schema, else whose it is. */
export function describeSchema(
  schema: Schema<unknown, unknown>,
): Readonly<Record<string, unknown>> {
  return jsonSchemaOf(schema) ?? { vendor: schema["~standard"].vendor };
}

function jsonSchemaOf(
  schema: Schema<unknown, unknown>,
): Readonly<Record<string, unknown>> | undefined {
  const standard = schema["~standard"] as {
    readonly jsonSchema?: {
      input(options: Record<string, unknown>): Record<string, unknown>;
    };
  };
  try {
    return standard.jsonSchema?.input({
      target: "draft-2020-12",
      libraryOptions: { unrepresentable: "any" },
    });
  } catch {
    return undefined;
  }
}
