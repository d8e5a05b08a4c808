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
  const { main, args } = started();
  return `start Deno with ${flag} too: deno run --allow-read --allow-write --allow-sys ${flag} ` +
    `${main} ${args}`.trim() + "; on a terminal, without --no-prompt, Deno asks for it";
}

/** What was started: the command line of this clone by its path, and its arguments. */
function started(): { readonly main: string; readonly args: string } {
  const main = Deno.mainModule;
  const own = /(?:^|\/)(core\/cli\/main\.ts)$/.exec(main)?.[1];
  const name = own ?? (main.startsWith("file:") ? main.split("/").at(-1)! : main);
  return { main: name, args: own === undefined ? "" : Deno.args.slice(0, 2).join(" ") };
}
