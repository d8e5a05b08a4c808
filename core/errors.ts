/**
 * Errors of the whole project: their classes, the list of issues that a check gathers, and the one
 * formatter. Everything a user did that cannot work ends in one of these classes; any other error
 * that escapes is a fault of Millrace itself and keeps its stack.
 *
 * @module
 */

/** One thing that is wrong with a pipeline, its configuration, its data or its device. */
export interface Issue {
  /** Stable machine-readable kind, as `"shape"`, `"config"`, `"wiring"`. */
  readonly code: string;
  /** Where: stage path and port, as `"logits.dense1.input"`; empty for the pipeline itself. */
  readonly path: string;
  /** What cannot be done: a sentence without the path and without a final period. */
  readonly message: string;
  /** What was wanted. */
  readonly expected?: string;
  /** What was found. */
  readonly received?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** An error that lists everything that is wrong at once, each with its place. */
export class PipelineError extends Error {
  /** The problems found, in the order of the pipeline. */
  readonly issues: readonly Issue[];

  /** Makes the error; its message is the issues as text, several of them numbered. */
  constructor(issues: readonly Issue[], options?: ErrorOptions) {
    super(formatIssues(issues), options);
    this.name = "PipelineError";
    this.issues = issues;
  }
}

/** Where in a file of data something is wrong. Rows and columns count from 1. */
export interface DataPlace {
  /** Path or URL of the file. */
  readonly file: string;
  /** Row (line or record) number, from 1. */
  readonly row?: number;
  /** Column name, or number from 1. */
  readonly column?: string | number;
  /** What to do about it. */
  readonly hint?: string;
  /**
   * What kind of fault of one row it is, in few words and without its details: faults are counted by
   * it. Absent where no single row is at fault.
   */
  readonly reason?: string;
  /** The error underneath, if any. */
  readonly cause?: unknown;
}

/** Malformed, missing or unreadable data: names file, row and column. */
export class DataError extends Error {
  /** Path or URL of the file. */
  readonly file: string;
  /** Row number from 1, when one row is at fault. */
  readonly row: number | undefined;
  /** Column, when one column is at fault. */
  readonly column: string | number | undefined;
  /** What kind of fault of one row it is, when one row is at fault and may be left out. */
  readonly reason: string | undefined;

  /** Makes the error; its message ends with the place, and a hint where there is one. */
  constructor(message: string, place: DataPlace) {
    super(
      `${message} (${formatPlace(place)})${
        place.hint === undefined ? "" : `\n  hint: ${place.hint}`
      }`,
      place.cause === undefined ? undefined : { cause: place.cause },
    );
    this.name = "DataError";
    this.file = place.file;
    this.row = place.row;
    this.column = place.column;
    this.reason = place.reason;
  }
}

/** Wrong use of the command line: unknown option, missing argument. The exit status is 2. */
export class UsageError extends Error {
  /** Makes the error from a message that the command line prints as it is. */
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** Tells whether an error was written for the user, so that no stack need be shown. */
export function isUserError(error: unknown): error is PipelineError | DataError | UsageError {
  return error instanceof PipelineError || error instanceof DataError ||
    error instanceof UsageError;
}

/** Makes an error of one issue. */
export function pipelineError(issue: Issue, options?: ErrorOptions): PipelineError {
  return new PipelineError([issue], options);
}

/** Renders issues as text: one plain, several numbered; a hint that all share is said once. */
export function formatIssues(issues: readonly Issue[]): string {
  if (issues.length === 1) return formatIssue(issues[0]!);
  const hint = issues[0]?.hint;
  const isShared = hint !== undefined && issues.every((issue) => issue.hint === hint);
  const lines = issues.map(({ hint, ...issue }, i) => {
    const text = formatIssue(hint === undefined || isShared ? issue : { ...issue, hint });
    return `${i + 1}. ${text.replaceAll("\n", "\n   ")}`;
  });
  const end = isShared ? `\n  hint: ${hint}` : "";
  return `Found ${issues.length} problems:\n${lines.join("\n")}${end}`;
}

function formatIssue(issue: Issue): string {
  const where = issue.path === "" ? "" : `"${issue.path}": `;
  let text = where + issue.message;
  if (issue.received !== undefined && issue.expected !== undefined) {
    text += `: received ${issue.received}, expected ${issue.expected}`;
  } else if (issue.received !== undefined) text += `: received ${issue.received}`;
  else if (issue.expected !== undefined) text += `: expected ${issue.expected}`;
  if (issue.hint !== undefined) text += `\n  hint: ${issue.hint}`;
  return text;
}

function formatPlace(place: DataPlace): string {
  const parts = [`file "${place.file}"`];
  if (place.row !== undefined) parts.push(`row ${place.row}`);
  if (place.column !== undefined) {
    parts.push(
      typeof place.column === "number" ? `column ${place.column}` : `column "${place.column}"`,
    );
  }
  return parts.join(", ");
}

/**
 * Finds the known name nearest to a misspelled one, by Levenshtein distance.
 *
 * @returns The nearest name, or `undefined` when none is near enough to be meant.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    row = next;
  }
  return row[b.length]!;
}
