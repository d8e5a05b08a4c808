/**
 * Tests that take minutes.
 *
 * @module
 */

/** Defines a test that runs when it is asked for, by `-- --whole`; else it is skipped, and says so. */
export function wholeTest(name: string, fn: () => Promise<void>): void {
  if (Deno.args.includes("--whole")) Deno.test(name, fn);
  else Deno.test.ignore(`${name}: skipped: it takes minutes; -- --whole runs it`, fn);
}
