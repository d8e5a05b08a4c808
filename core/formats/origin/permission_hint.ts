/**
 * What to type where Deno was started without a permission that a loader needs.
 *
 * @module
 */

/**
 * A hint that names the command with the permission: the tasks ask for no more than most pipelines need.
 *
 * @param flag The permission, as `"--allow-ffi"`.
 */
export function permissionHint(flag: string): string {
  const { main, args, flags } = started();
  return `start Deno with ${flag} too: deno run ${flags}--allow-read --allow-write --allow-sys ${flag} ` +
    `${main} ${args}`.trim() + "; on a terminal, without --no-prompt, Deno asks for it";
}

/** What was started: the command line of this clone by its path, and its arguments; flags of its tasks. */
function started(): { readonly main: string; readonly args: string; readonly flags: string } {
  const main = Deno.mainModule;
  const own = /(?:^|\/)(core\/cli\/main\.ts)$/.exec(main)?.[1];
  return own === undefined
    ? { main: main.startsWith("file:") ? main.split("/").at(-1)! : main, args: "", flags: "" }
    : { main: own, args: Deno.args.slice(0, 2).join(" "), flags: `${taskFlags} ` };
}

/** What the tasks give V8, so that kernels are as fast without them. */
const taskFlags = "--v8-flags=--experimental-wasm-revectorize";
