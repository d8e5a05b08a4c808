/**
 * Stand-in for `@std/cli/parse-args`: the original descends from minimist, so this is minimist with
 * the original's differences put over it. The last of repeated options wins unless the option is in
 * `collect`; `--no-x` negates only what is in `negatable`. Types of dotted and aliased options are
 * `unknown` here, and `unknown(arg, key, value)` gets a value only when it stands after `=`.
 *
 * @module
 */
// @ts-types="npm:@types/minimist@1.2.5"
import minimist from "npm:minimist@1.2.8";

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions<
  B extends string = string,
  S extends string = string,
  C extends string = string,
  N extends string = string,
  D extends Record<string, unknown> = Record<string, unknown>,
  DD extends boolean = boolean,
> {
  /** Puts what follows `--` into `["--"]` of the result instead of `_`. */
  "--"?: DD;
  /** Other names of options. */
  alias?: Record<string, string | readonly string[]>;
  /** Options without a value, `false` by default; `true` makes all double-hyphened ones so. */
  boolean?: boolean | B | readonly B[];
  /** Values of options that are not given. */
  default?: D;
  /** Leaves everything from the first non-option on in `_`. */
  stopEarly?: boolean;
  /** Options whose value is text even if it looks like a number. */
  string?: S | readonly S[];
  /** Options that may be repeated, giving an array, `[]` by default. */
  collect?: C | readonly C[];
  /** Options that `--no-` makes `false`. */
  negatable?: N | readonly N[];
  /** Called for what the options do not name; returning `false` leaves it out of the result. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What {@linkcode parseArgs} returns. */
export type Args<
  T extends Record<string, unknown> = Record<string, unknown>,
  DD extends boolean = false,
> =
  & T
  & { _: Array<string | number> }
  & (true extends DD ? { "--": string[] } : unknown);

type Values<
  B extends string,
  S extends string,
  C extends string,
  N extends string,
  D extends Record<string, unknown>,
> =
  & Record<string, unknown>
  & { [K in B]: K extends C ? boolean[] : boolean }
  & { [K in Exclude<S, C | keyof D>]?: string | (K extends N ? false : never) }
  & { [K in Exclude<S & keyof D, C>]: D[K] | string | (K extends N ? false : never) }
  & { [K in S & C]: string[] }
  & { [K in Exclude<C, S | B>]: unknown[] };

/** Parses command line arguments into options and the rest, `_`. */
export function parseArgs<
  const B extends string = never,
  const S extends string = never,
  const C extends string = never,
  const N extends string = never,
  D extends Record<string, unknown> = Record<never, never>,
  DD extends boolean = false,
>(args: string[], options: ParseOptions<B, S, C, N, D, DD> = {}): Args<Values<B, S, C, N, D>, DD> {
  const alias = options.alias ?? {};
  const withAliases = (names: string | readonly string[] | boolean | undefined): Set<string> => {
    const set = new Set(typeof names === "boolean" ? [] : listOf(names));
    for (const [key, others] of Object.entries(alias)) {
      const group = [key, ...listOf(others)];
      if (group.some((name) => set.has(name))) group.forEach((name) => set.add(name));
    }
    return set;
  };
  const booleans = withAliases(options.boolean);
  const strings = withAliases(options.string);
  const collected = withAliases(options.collect);
  const negatable = withAliases(options.negatable);
  const unknown = options.unknown ?? (() => true);
  const defaults: Record<string, unknown> = options.default ?? {};

  const unnegatable: string[] = [];
  const end = args.indexOf("--");
  const rest = args.filter((arg, i) => {
    const name = /^--no-([^=]+)$/.exec(arg)?.[1];
    if (name === undefined || (end >= 0 && i > end) || negatable.has(name)) return true;
    const key = `no-${name}`;
    if (booleans.has(key) || unknown(arg, key, true) !== false) unnegatable.push(key);
    return false;
  });

  const parsed: Record<string, unknown> = minimist(rest, {
    "--": options["--"] ?? false,
    alias: Object.fromEntries(Object.entries(alias).map(([key, names]) => [key, listOf(names)])),
    boolean: options.boolean === true ? true : [...booleans],
    string: [...strings],
    default: { ...defaults },
    stopEarly: options.stopEarly ?? false,
    unknown: (arg: string) => {
      const [, key, value] = /^--?([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
      return (key === undefined ? unknown(arg) : unknown(arg, key, value)) !== false;
    },
  });
  for (const key of unnegatable) parsed[key] = true;
  for (const [key, value] of Object.entries(parsed)) {
    if (key === "_" || key === "--" || value === defaults[key]) continue;
    if (collected.has(key)) {
      const unset = value === false && !rest.some((arg) => arg.startsWith("-"));
      parsed[key] = Array.isArray(value) ? value : unset ? [] : [value];
    } else if (Array.isArray(value)) parsed[key] = value.at(-1);
  }
  for (const key of collected) {
    if ((strings.has(key) || booleans.has(key)) && parsed[key] === undefined) parsed[key] = [];
  }
  return parsed as Args<Values<B, S, C, N, D>, DD>;
}

function listOf(names: string | readonly string[] | undefined): string[] {
  return typeof names === "string" ? [names] : [...(names ?? [])];
}
