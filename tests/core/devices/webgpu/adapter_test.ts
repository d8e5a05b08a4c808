import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Runs the command line where no driver of a GPU can be found. */
async function withoutAdapter(...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "core/cli/main.ts", ...args],
    cwd: root,
    env: { DENO_WEBGPU_BACKEND: "vulkan", VK_DRIVER_FILES: "/nonexistent", NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

const training = ["train", "pipelines/neuron.ts", "--epochs", "2"];

Deno.test("train --device webgpu without an adapter says so, and what to do", async () => {
  const run = await Deno.makeTempDir();
  const { code, stderr } = await withoutAdapter(...training, "--device", "webgpu", "--run", run);
  await Deno.remove(run, { recursive: true });
  assertEquals(code, 1);
  assertStringIncludes(stderr, 'error: Cannot use device "webgpu": no adapter was found');
  assertStringIncludes(stderr, "choose another with --device, or run doctor");
});

Deno.test("train --device auto without an adapter runs on wasm, and says so", async () => {
  const run = await Deno.makeTempDir();
  const { code, stderr } = await withoutAdapter(...training, "--device", "auto", "--run", run);
  await Deno.remove(run, { recursive: true });
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, 'Using device "wasm"');
  assertStringIncludes(stderr, "(webgpu: no adapter was found");
});

Deno.test("doctor without an adapter tells that webgpu is not available, and succeeds", async () => {
  const { code, stdout } = await withoutAdapter("doctor", "--json");
  assertEquals(code, 0);
  const { devices } = JSON.parse(stdout);
  const found = devices.find(({ name }: { name: string }) => name === "webgpu");
  assertEquals(found.available, false);
  assert(found.detail.includes("no adapter was found"), found.detail);
});
