import { assert, assertEquals } from "@std/assert";

const folder = new URL("fixtures/outside/", import.meta.url);

async function deno(...args: string[]): Promise<{ success: boolean; text: string; error: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, text: decode(stdout), error: decode(stderr) };
}

Deno.test("a package outside defines stages and an op, and its wiring is type checked", async () => {
  const { success, error } = await deno("check", ".");
  assert(success, error);
});

Deno.test("a package outside trains with its own stages, with no permission", async () => {
  const { success, text, error } = await deno("run", "train.ts");
  assert(success, error);
  const { steps, train, test } = JSON.parse(text);
  assertEquals(steps, 600);
  assert(train.accuracy > 0.95 && test.accuracy > 0.95, text);
  assertEquals(Object.keys(test).sort(), ["accuracy", "loss", "score"]);
});
