/**
 * Runs that are killed outright, as by a power cut: nothing gets a chance to clean up.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { inFolder } from "../../support/runs.ts";

const points = "tests/core/cli/pipelines/points.ts";

function start(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "core/cli/main.ts", ...args, "--quiet"],
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** Runs to the end. */
async function finish(args: readonly string[]): Promise<void> {
  const { code, stderr } = await start(args).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

function checkpoints(run: string): string[] {
  try {
    return [...Deno.readDirSync(`${run}/checkpoints`)].map(({ name }) => name)
      .filter((name) => name.endsWith(".safetensors")).sort();
  } catch {
    return []; // the directory is not made yet
  }
}

/** Kills a command with SIGKILL as soon as it has written another checkpoint; gives its name. */
async function killAtCheckpoint(args: readonly string[], run: string): Promise<string> {
  const before = checkpoints(run).at(-1);
  const child = start(args);
  try {
    for (let waited = 0; checkpoints(run).at(-1) === before; waited += 5) {
      assert(waited < 30_000, "no checkpoint is written");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } finally {
    child.kill("SIGKILL");
    await child.stderr.cancel();
    await child.status;
  }
  return checkpoints(run).at(-1)!;
}

Deno.test({
  name: "main.ts resumes a run that was killed, twice, to the same model to the byte",
  ignore: Deno.build.os === "windows",
  async fn() {
    await inFolder(async (folder) => {
      const settings = ["--epochs", "400", "--set", "evaluateBatchSize=4"];
      await finish(["train", points, "--run", `${folder}/whole`, ...settings]);
      const run = `${folder}/killed`;
      const first = await killAtCheckpoint(["train", points, "--run", run, ...settings], run);
      const second = await killAtCheckpoint(["resume", run], run);
      assert(first < second && second < "step-000001200", `killed at ${first} and ${second}`);
      await finish(["resume", run]);
      const [killed, whole] = await Promise.all(
        [run, `${folder}/whole`].map((path) => Deno.readFile(`${path}/model.safetensors`)),
      );
      assertEquals(killed, whole);
    });
  },
});
