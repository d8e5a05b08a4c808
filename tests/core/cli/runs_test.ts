import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { PipelineError } from "../../../core/errors.ts";
import {
  hasCheckpoint,
  makeRunDirectory,
  newestRun,
  readCommand,
  removeIfUnused,
  sourceOf,
  writeCommand,
} from "../../../core/cli/runs.ts";

async function inTemporary(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const date = new Date(2026, 0, 2, 3, 4, 5);

Deno.test("makeRunDirectory() never gives one directory twice", async () => {
  await inTemporary(async (root) => {
    const runs = join(root, "runs");
    const made = await Promise.all(
      [1, 2, 3].map(() => makeRunDirectory(runs, { pipeline: "a/b c", date })),
    );
    assertEquals(made.toSorted(), [
      join(runs, "a-b-c-20260102-030405"),
      join(runs, "a-b-c-20260102-030405-2"),
      join(runs, "a-b-c-20260102-030405-3"),
    ]);
  });
});

Deno.test("newestRun() finds the newest of the very pipeline", async () => {
  await inTemporary(async (runs) => {
    assertEquals(await newestRun(join(runs, "none"), { pipeline: "mnist" }), undefined);
    for (
      const name of [
        "mnist-20260101-000000",
        "mnist-20260102-000000-9",
        "mnist-20260102-000000-10",
        "mnist_64-20270101-000000",
        "mnist-copy",
      ]
    ) await Deno.mkdir(join(runs, name));
    const newest = join(runs, "mnist-20260102-000000-10");
    assertEquals(await newestRun(runs, { pipeline: "mnist" }), newest);
    await Deno.writeTextFile(join(runs, "mnist-20260101-000000", "model"), "");
    assertEquals(
      await newestRun(runs, { pipeline: "mnist", having: "model" }),
      join(runs, "mnist-20260101-000000"),
    );
  });
});

Deno.test("removeIfUnused() leaves a directory in which something was kept", async () => {
  await inTemporary(async (root) => {
    const run = await makeRunDirectory(root, { pipeline: "p", date });
    await Deno.writeTextFile(join(run, "run.json"), "{}");
    await Deno.writeTextFile(join(run, "command.json"), "{}");
    await removeIfUnused(run);
    assertEquals(await newestRun(root, { pipeline: "p" }), run);
    await Deno.remove(join(run, "run.json"));
    await removeIfUnused(run);
    assertEquals(await newestRun(root, { pipeline: "p" }), undefined);
  });
});

Deno.test("hasCheckpoint() is true only with a file to resume from", async () => {
  await inTemporary(async (run) => {
    assertEquals(await hasCheckpoint(run), false);
    await Deno.mkdir(join(run, "checkpoints"));
    assertEquals(await hasCheckpoint(run), false);
    await Deno.writeTextFile(join(run, "checkpoints", "step-1"), "");
    assertEquals(await hasCheckpoint(run), true);
  });
});

Deno.test("readCommand() gives what writeCommand() kept", async () => {
  await inTemporary(async (run) => {
    const command = {
      pipeline: "p.ts",
      workingDirectory: run,
      device: "wasm",
      set: { "optimizer.learningRate": 0.1 },
    };
    assertEquals(await readCommand(run), undefined);
    writeCommand(run, command);
    assertEquals(await readCommand(run), command);
    assertEquals((await Array.fromAsync(Deno.readDir(run))).length, 1);
  });
});

Deno.test("readCommand() refuses what is no record of a command", async () => {
  await inTemporary(async (run) => {
    for (const text of ["", "{}", "[]", "null", '{"pipeline":1,"set":{}}']) {
      await Deno.writeTextFile(join(run, "command.json"), text);
      const { message } = await assertRejects(() => readCommand(run), PipelineError);
      assertEquals(
        message,
        `Cannot read "${join(run, "command.json")}": it is no record of a command\n` +
          `  hint: name the pipeline: deno task resume <pipeline.ts> --run ${run}`,
      );
    }
  });
});

Deno.test("sourceOf() finds a pipeline from where the command was given", async () => {
  await inTemporary(async (directory) => {
    const command = { pipeline: "there.ts", workingDirectory: directory, set: {} };
    assertEquals(await sourceOf(command), "there.ts");
    await Deno.writeTextFile(join(directory, "there.ts"), "");
    assertEquals((await sourceOf(command)).endsWith("there.ts"), true);
    assertEquals(await sourceOf({ ...command, pipeline: "https://a.b/c.ts" }), "https://a.b/c.ts");
  });
});
