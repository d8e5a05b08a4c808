/**
 * Golden values: what PyTorch computed in float64 (the scripts beside it), and the comparison with it.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { Numbers } from "../support/build_stage.ts";

/** Reads the cases of a golden file. */
export async function readGolden<Case>(name: string): Promise<readonly Case[]> {
  const text = await Deno.readTextFile(new URL(`${name}.json`, import.meta.url));
  return (JSON.parse(text) as { readonly cases: readonly Case[] }).cases;
}

/** Asserts that numbers are equal up to a relative error (absolute below 1); NaN equals NaN. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: Numbers | ArrayLike<number>,
  { tolerance = 1e-12, what = "value" }: {
    readonly tolerance?: number;
    readonly what?: string;
  } = {},
): void {
  const wanted = "data" in expected ? expected.data : expected;
  assert(
    actual.length === wanted.length,
    `${what}: received ${actual.length} numbers, expected ${wanted.length}`,
  );
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [actual[i]!, Number(wanted[i])];
    const near = Object.is(a, b) ||
      (Number.isFinite(b) && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)));
    assert(near, `${what}, element ${i}: received ${a}, expected ${b}`);
  }
}
