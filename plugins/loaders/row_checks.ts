/**
 * What is done with rows that cannot be read, or break a rule: an error, left out, or told of. Loaders of
 * tables, lines, images and sounds pass their rows through here, so that what is left out is counted
 * alike.
 *
 * @module
 */
import { z } from "zod";
import {
  DataError,
  formatAmount,
  formatCount,
  type InvalidExample,
  type InvalidFault,
  type InvalidRows,
  type RowSource,
} from "../../core/mod.ts";
import type { Fields } from "../fields.ts";

/** What is done with rows that cannot be used. */
export interface InvalidOptions {
  /**
   * What is done with a row that cannot be read or breaks a rule: an error that names it (the default);
   * left out (`"drop"`); or, where it can be read, kept (`"report"`). What is left out or kept is counted
   * in the run's record, with the first of these rows.
   */
  readonly invalid?: "fail" | "drop" | "report" | undefined;
  /**
   * Most such rows, beyond which it is an error all the same: below 1 a share of the rows, else their
   * number. Default 0.1.
   */
  readonly mostInvalid?: number | undefined;
}

/** The same with every default. */
export interface InvalidConfig {
  readonly invalid: "fail" | "drop" | "report";
  readonly mostInvalid: number;
}

/** The fields of {@linkcode InvalidOptions}. */
export function invalidFields(): Fields<InvalidOptions, InvalidConfig> {
  return {
    invalid: z.enum(["fail", "drop", "report"]).default("fail").describe(
      "Whether a row that cannot be used is an error, left out, or kept where it can be read",
    ),
    mostInvalid: z.number().min(0).refine((most) => most < 1 || Number.isInteger(most), {
      error: "expected a share below 1, or a whole number of rows",
    }).default(0.1).describe("Most rows that cannot be used: a share below 1, or their number"),
  };
}

/** How many rows with faults are told of one by one. */
const mostExamples = 5;
/** Kinds of faults that are told apart; what users' own schemas say may be different for each row. */
const mostFaults = 100;

/** Counts the rows of a split that cannot be used. */
export class RowChecks {
  readonly #config: InvalidConfig;
  readonly #isCounting: boolean;
  readonly #faults = new Map<string, { -readonly [K in keyof InvalidFault]: InvalidFault[K] }>();
  readonly #examples: InvalidExample[] = [];
  #checked = 0;
  #dropped = 0;
  #kept = 0;

  /** Begins with no row. */
  constructor(
    config: InvalidConfig,
    { isCounting = true }: { readonly isCounting?: boolean } = {},
  ) {
    this.#config = config;
    this.#isCounting = isCounting;
  }

  /** Whether every row must be looked at before any is used, for some may be left out. */
  get mayDrop(): boolean {
    return this.#config.invalid !== "fail";
  }

  /** The same for rows that are read again, which were counted when they were read first. */
  again(): RowChecks {
    return new RowChecks(this.#config, { isCounting: false });
  }

  /**
   * Takes a row, unless it cannot be used.
   *
   * @param read Reads it; throws a `DataError` with a `reason` where it cannot, and gives the rules that
   * it breaks.
   * @returns Whether it is a row of the split; `false` where it is left out.
   * @throws {DataError} When it cannot be used and that is an error.
   */
  take(read: () => readonly DataError[]): boolean {
    if (!this.mayDrop) {
      const [broken] = read();
      if (broken !== undefined) throw broken;
      return true;
    }
    try {
      return this.#accept(read());
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Takes rows of which each can be used, and breaks no rule. */
  takeAll(rows: number): void {
    if (this.#isCounting && this.mayDrop) this.#checked += rows;
  }

  #accept(broken: readonly DataError[]): boolean {
    const isKept = broken.length === 0 || this.#config.invalid === "report";
    this.#count(broken, isKept);
    return isKept;
  }

  #refuse(error: unknown): false {
    // a package that is missing, a schema that throws: no row is at fault
    if (!(error instanceof DataError) || error.reason === undefined) throw error;
    this.#count([error], false);
    return false;
  }

  #count(faults: readonly DataError[], isKept: boolean): void {
    if (!this.#isCounting) return;
    this.#checked++;
    const [first] = faults;
    if (first === undefined) return;
    if (isKept) this.#kept++;
    else this.#dropped++;
    for (const { reason = "", column } of faults) {
      const key = `${column ?? ""}\n${reason}`;
      const known = this.#faults.get(key);
      if (known !== undefined) known.rows++;
      else if (this.#faults.size < mostFaults) {
        this.#faults.set(key, { reason, ...(column === undefined ? {} : { column }), rows: 1 });
      }
    }
    if (this.#examples.length < mostExamples) this.#examples.push(exampleOf(first));
    const { mostInvalid } = this.#config;
    if (mostInvalid >= 1 && this.#dropped + this.#kept > mostInvalid) this.requireFew(first.file);
  }

  /**
   * Demands that not too many of all rows cannot be used, when all have been looked at.
   *
   * @throws {DataError} When they are more than `mostInvalid`, or all.
   */
  requireFew(file: string): void {
    const { mostInvalid } = this.#config;
    const invalid = this.#dropped + this.#kept;
    const most = mostInvalid < 1 ? mostInvalid * this.#checked : mostInvalid;
    const isNone = this.#checked > 0 && this.#dropped === this.#checked;
    if (invalid <= most && !isNone) return;
    const faults = this.#sorted.slice(0, 3).map(faultText).join(", ");
    throw new DataError(
      `Cannot use the rows: ${formatCount(invalid)} of the ${
        formatAmount(this.#checked, "row")
      } looked at cannot be used (${faults}), expected at most ${
        mostInvalid < 1 ? `a share of ${mostInvalid}` : mostInvalid
      }`,
      {
        file,
        hint: `the first: ${this.#examples[0]?.message}\n` +
          "  mend the data or what is declared of it, or set mostInvalid",
      },
    );
  }

  get #sorted(): InvalidFault[] {
    return [...this.#faults.values()].sort((a, b) => b.rows - a.rows);
  }

  /** What was found; `undefined` where rows that cannot be used are errors. */
  get found(): InvalidRows | undefined {
    const { invalid } = this.#config;
    if (invalid === "fail") return undefined;
    return {
      policy: invalid,
      checked: this.#checked,
      dropped: this.#dropped,
      kept: this.#kept,
      faults: this.#sorted,
      examples: this.#examples,
    };
  }
}

/** Rows with what was found of those that cannot be used. */
export function withInvalid(source: RowSource, checks: RowChecks): RowSource {
  const { found } = checks;
  return found === undefined ? source : Object.defineProperty(source, "invalid", { value: found });
}

function exampleOf({ message, file, row, column }: DataError): InvalidExample {
  return {
    file,
    ...(row === undefined ? {} : { row }),
    ...(column === undefined ? {} : { column }),
    message: message.split("\n")[0]!,
  };
}

/** `"age" not a number: 12 rows`. */
function faultText({ reason, column, rows }: InvalidFault): string {
  return `${column === undefined ? "" : `"${column}" `}${reason}: ${formatAmount(rows, "row")}`;
}
