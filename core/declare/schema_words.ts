/**
 * What a schema library found, in the project's words: zod's issues by what they carry, those of others
 * by their messages.
 *
 * @module
 */
import type { Issue } from "../errors.ts";
import type { SchemaIssue } from "./schema.ts";

/** What zod tells of an issue beside its message; which of it is there depends on the code. */
export interface ZodIssue extends SchemaIssue {
  readonly code?: string;
  readonly expected?: string;
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly inclusive?: boolean;
  readonly exact?: boolean;
  readonly divisor?: number | bigint;
  readonly format?: string;
  readonly pattern?: string;
  readonly values?: readonly unknown[];
  readonly options?: readonly unknown[];
  readonly keys?: readonly string[];
  /** Of a union: the issues of each of its schemas. */
  readonly errors?: readonly (readonly ZodIssue[])[];
  /** Of a key or an item: its own issues. */
  readonly issues?: readonly ZodIssue[];
}

/** The words for an issue, and the keys to what it is about, below those of the issue itself. */
export interface IssueWords extends Pick<Issue, "message" | "received" | "expected"> {
  readonly keys: readonly string[];
}

/** Puts an issue into words; `value` is what the field holds. */
export function issueWords(issue: ZodIssue, value: unknown): IssueWords {
  if (issue.code === "invalid_key") {
    const { keys, ...words } = issueWords(issue.issues?.[0] ?? issue, keysOf(issue).at(-1));
    return { ...words, message: "Cannot use this name", keys };
  }
  const inner = issue.code === "invalid_union" && isDefault(issue) ? nearestOf(issue) : undefined;
  if (inner !== undefined) {
    const keys = keysOf(inner);
    const words = issueWords(inner, valueAt(value, keys));
    return { ...words, keys: [...keys, ...words.keys] };
  }
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys ?? [];
    return { message: `Cannot use this value: there is no field "${key}"`, keys: [key] };
  }
  const expected = isDefault(issue)
    ? expectedOf(issue)
    : /^expected (.*)$/s.exec(issue.message)?.[1];
  if (expected !== undefined || issue.message === "Invalid input") {
    return {
      message: "Cannot use this value",
      // what is wrong with lists, objects and what is not given may be in what others hold
      ...(issue.code === "custom" && issue.message !== "Invalid input" && !isSingle(value)
        ? {}
        : { received: receivedText(value) }),
      ...(expected === undefined ? {} : { expected }),
      keys: [],
    };
  }
  return {
    message: `Cannot use this value - ${issue.message}`,
    ...(isSingle(value) ? { received: receivedText(value) } : {}),
    keys: [],
  };
}

/** Whether a value is one, and not made of others. */
function isSingle(value: unknown): boolean {
  return value === null || !["undefined", "object"].includes(typeof value);
}

/** Keys from the options to what an issue is about. */
export function keysOf({ path = [] }: SchemaIssue): string[] {
  return path.map((part) => String(typeof part === "object" ? part.key : part));
}

/** What is found in options by keys. */
export function valueAt(options: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | null | undefined)?.[key],
    options,
  );
}

/** Whether the words are zod's, and not those that a schema gives for what is wrong with it. */
function isDefault({ code, message }: ZodIssue): boolean {
  return code !== undefined && code !== "custom" &&
    /^(?:Invalid|Too (?:small|big))\b/.test(message);
}

/** Of a union, the issue of the one schema that is of the value's kind, and finds fault within it. */
function nearestOf({ errors = [] }: ZodIssue): ZodIssue | undefined {
  const within = errors.map(([first]) => first)
    .filter((first) => first !== undefined && !isOfKind(first));
  return within.length === 1 ? within[0] : undefined;
}

/** Whether an issue is that the value is of another kind, and not what is wrong with one of the kind. */
function isOfKind(issue: ZodIssue): boolean {
  return keysOf(issue).length === 0 &&
    (issue.code === "invalid_type" && issue.expected !== "int" || issue.code === "invalid_value");
}

function expectedOf(issue: ZodIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return kindText(issue.expected ?? "");
    case "too_small":
      return sizeText(issue, issue.minimum!, "least");
    case "too_big":
      return sizeText(issue, issue.maximum!, "most");
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_format":
      return issue.pattern !== undefined && issue.format === "regex"
        ? `text that matches ${issue.pattern}`
        : `text in the form of ${issue.format}`;
    case "invalid_value":
      return choiceText(issue.values ?? []);
    case "invalid_union":
      return unionText(issue);
  }
}

const kinds: Readonly<Record<string, string>> = {
  int: "a whole number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  null: "null",
  undefined: "nothing",
  never: "nothing",
  void: "nothing",
};

function kindText(kind: string): string {
  return kinds[kind] ?? `a ${kind}`;
}

/** `a number of 1 or more`, `a number below 1`, `a list of at most 2`, `text that is not empty`. */
function sizeText(
  { origin, inclusive, exact }: ZodIssue,
  bound: number | bigint,
  end: "least" | "most",
): string {
  const isText = origin === "string";
  if (isText || !["number", "int", "bigint"].includes(origin ?? "")) {
    const noun = isText ? "text" : kindText(origin ?? "list");
    const amount = isText ? `${bound} character${Number(bound) === 1 ? "" : "s"}` : String(bound);
    if (isText && end === "least" && !exact && Number(bound) === 1) return "text that is not empty";
    if (exact) return `${noun} of exactly ${amount}`;
    return end === "most" ? `${noun} of at most ${amount}` : `${noun} of ${amount} or more`;
  }
  const noun = origin === "int" ? "a whole number" : "a number";
  if (inclusive) return `${noun} of ${bound} or ${end === "least" ? "more" : "less"}`;
  return `${noun} ${end === "least" ? "above" : "below"} ${bound}`;
}

function choiceText(values: readonly unknown[]): string {
  const texts = values.map((value) => receivedText(value));
  return texts.length === 1 ? texts[0]! : `one of ${texts.join(", ")}`;
}

function unionText({ errors = [], options }: ZodIssue): string | undefined {
  if (errors.length === 0) return options === undefined ? undefined : choiceText(options);
  const texts = errors.map(([first]) => first === undefined ? undefined : expectedOf(first));
  return texts.includes(undefined) ? undefined : [...new Set(texts)].join(", or ");
}

/** What a value is, or it itself where it is short. */
function receivedText(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  }
  const kind = value.constructor?.name ?? "Object";
  return kind === "Object" || kind === "" ? "an object" : `a ${kind}`;
}
