/**
 * Parameters by path: how a stage names some of them.
 *
 * @module
 */
import { nearestName } from "../core/mod.ts";

/** Whether a path is `start` or below it: `"logits.dense1.weight"` is below `"logits.dense1"`. */
export function isWithin(path: string, start: string): boolean {
  return path === start || path.startsWith(`${start}.`);
}

/** Whether a path is that name, below it, or ends with it, as `"logits.dense1.bias"` with `"bias"`. */
export function isNamed(path: string, name: string): boolean {
  return isWithin(path, name) || path.endsWith(`.${name}`);
}

/**
 * Demands that every name means some parameter.
 *
 * @param names What was given.
 * @param options.paths Every parameter there is.
 * @param options.matches Whether a name means a path.
 * @param options.refusal What cannot be done with an unknown name, as `(name) => "Cannot …"`.
 * @throws {RangeError} When one means none.
 */
export function requireKnown(
  names: readonly string[],
  { paths, matches, refusal }: {
    readonly paths: readonly string[];
    readonly matches: (path: string, name: string) => boolean;
    readonly refusal: (name: string) => string;
  },
): void {
  for (const name of names) {
    if (paths.some((path) => matches(path, name))) continue;
    const near = nearestName(name, paths.flatMap(partsOf));
    throw new RangeError(
      `${refusal(name)} ${paths.map((path) => `"${path}"`).join(", ")}` +
        (near === undefined ? "" : `; did you mean "${near}"?`),
    );
  }
}

/** A path, every path above it, and its last part. */
function partsOf(path: string): string[] {
  const parts = path.split(".");
  return [...parts.map((_, i) => parts.slice(0, i + 1).join(".")), parts.at(-1)!];
}
