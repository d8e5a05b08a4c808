import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../core/cli/main.ts";
import { inFolder } from "../../support/runs.ts";
import { webgpuTest } from "../../support/webgpu.ts";
import { keptIo } from "./support.ts";

const points = "tests/core/cli/pipelines/points.ts";
const mixed = ["--device", "webgpu", "--precision", "mixed"] as const;

async function run(args: readonly string[]) {
  const io = keptIo();
  const status = await main(args, io);
  return { status, stdout: io.stdout.text, stderr: io.stderr.text };
}

webgpuTest("main() trains with mixed precision, says so, and resumes with it", async () => {
  await inFolder(async (folder) => {
    const trained = await run([
      "train",
      points,
      ...mixed,
      "--run",
      folder,
      "--epochs",
      "1",
      "--json",
    ]);
    assertEquals(trained.status, 0, trained.stderr);
    assertStringIncludes(trained.stderr, "device webgpu, 1 thread, mixed precision, seed");
    const { precision, skippedSteps } = JSON.parse(trained.stdout);
    assertEquals([precision, skippedSteps], ["mixed", 0]);
    const resumed = await run(["resume", folder, "--epochs", "2", "--json"]);
    assertEquals(resumed.status, 0, resumed.stderr);
    assertEquals(JSON.parse(resumed.stdout).precision, "mixed");
    // as a run that a program has trained
    await Deno.remove(`${folder}/command.json`);
    const again = [
      "resume",
      points,
      "--run",
      folder,
      "--device",
      "webgpu",
      "--epochs",
      "3",
      "--json",
    ];
    const { status, stdout, stderr } = await run(again);
    assertEquals(status, 0, stderr);
    assertEquals(JSON.parse(stdout).precision, "mixed");
  });
});

Deno.test("main() prints what a plan of mixed precision stores in 16 bits, and what that saves", async () => {
  const { stdout } = await run(["plan", "pipelines/mnist.ts", ...mixed]);
  const [, buffers] = stdout.match(
    /^ +stored in 16 bits \(f16\): (\d+) buffers of the workspace, which saves [\d.]+ \w+$/m,
  ) ?? [];
  const { stdout: json } = await run(["plan", "pipelines/mnist.ts", ...mixed, "--json"]);
  const { stored16, savedBytes } = JSON.parse(json);
  assertEquals([stored16.length, savedBytes > 0], [Number(buffers), true]);
  assertStringIncludes(stdout, ` -> ${stored16[0]} f16`);
});

Deno.test("main() refuses mixed precision without webgpu, and precisions that there are not", async () => {
  const wasm = await run(["train", points, "--precision", "mixed", "--no-run"]);
  assertEquals(wasm.status, 1);
  assertStringIncludes(
    wasm.stderr,
    'Cannot train with precision "mixed" on device "wasm": it stores floats in 32 bits only',
  );
  const unknown = await run(["train", points, "--precision", "mixd", "--no-run"]);
  assertEquals(unknown.status, 2);
  assertStringIncludes(unknown.stderr, 'Cannot use "--precision": received "mixd"');
  assertStringIncludes(unknown.stderr, 'did you mean "mixed"?');
});
