/**
 * What `inspect` says, for tests.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Split } from "@millrace/millrace";
import { main } from "../../../core/cli/main.ts";
import { openLoader } from "../../support/loaders.ts";
import { keptIo } from "./support.ts";

/** Runs the verb. */
export async function inspect(...args: string[]) {
  const io = keptIo();
  const status = await main(["inspect", ...args], io);
  return { status, stdout: io.stdout.text, stderr: io.stderr.text };
}

/** What it says as JSON. */
export async function summaryOf(file: string, ...args: string[]) {
  const { status, stdout, stderr } = await inspect(file, "--json", ...args);
  assertEquals([status, stderr], [0, ""]);
  return JSON.parse(stdout);
}

/** Opens the stage that is suggested, pasted into a module. */
export async function openStage(stage: string, module: string, split: Split = "train") {
  const millrace = new URL("../../../mod.ts", import.meta.url).href;
  const [, variable] = /^const (\w+) = /.exec(stage)!;
  const parts = [...stage.matchAll(/ = (\w+)\(/g)].map(([, name]) => name);
  await Deno.writeTextFile(
    module,
    `import { ${parts.join(", ")} } from ${JSON.stringify(millrace)};
${stage}
export default ${variable};
`,
  );
  const { default: handles } = await import(`file://${module}`);
  return await openLoader(handles, split);
}
