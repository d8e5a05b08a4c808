/**
 * `deno task fuzz [parser …]`: the tests of damaged files with 100,000 copies each instead of 2,000.
 * A parser is named by a part of its function's name, as `npy`; `--copies n` sets another number.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";

const { copies, _: words } = parseArgs(Deno.args, {
  string: ["copies", "_"],
  default: { copies: "100000" },
});
/** A filter has no flags: each letter in both cases. */
const anyCase = (word: string) =>
  word.replaceAll(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
const names = words.map((word) => anyCase(String(word))).join("|");
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "test",
    "-A",
    "--no-check",
    `--filter=/(${names}).*survives damaged/`,
    "tests/core/execute/checkpoint_test.ts",
    "tests/core/cli/inspect_damage_test.ts",
    "tests/core/formats",
    "tests/core/report/damaged_run_test.ts",
    "tests/plugins/loaders",
    "tests/plugins/transforms/tokenizer_test.ts",
  ],
  env: { MILLRACE_FUZZ_COPIES: copies },
}).spawn().status;
Deno.exit(code);
