import { assertEquals, assertStringIncludes } from "@std/assert";
import { commandOf, quoteArgument } from "../../../core/cli/command.ts";

Deno.test("commandOf() gives the task in the clone, the file outside it, and else the package", () => {
  const main = "file:///clone/core/cli/main.ts";
  assertEquals(commandOf("train", { main, directory: "/clone" }), "deno task train");
  assertEquals(
    commandOf("train", { main, directory: "/mine" }),
    "deno run -A ../clone/core/cli/main.ts train",
  );
  assertEquals(
    commandOf("resume", {
      main: "https://jsr.io/@millrace/millrace/0.1.0/core/cli/main.ts",
      directory: "/mine",
    }),
    "deno run -A jsr:@millrace/millrace/cli resume",
  );
});

Deno.test('the export "./cli" is a program', async () => {
  const { default: config } = await import("../../../deno.json", { with: { type: "json" } });
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", config.exports["./cli"], "--help"],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0);
  assertStringIncludes(new TextDecoder().decode(stdout), "Usage: deno task <verb>");
});

Deno.test("quoteArgument() quotes what a shell would take apart", () => {
  assertEquals(quoteArgument("runs/mnist-20260101-120000"), "runs/mnist-20260101-120000");
  assertEquals(quoteArgument("my runs/it's"), `'my runs/it'\\''s'`);
});
