import { assertEquals, assertRejects } from "@std/assert";
import { environment, lastWords, runProgram, wideFlag } from "../../../bench/support/process.ts";

Deno.test("environment() sets the flag for wide vectors and keeps what else was given", () => {
  const own = { HOME: "/h", DENO_V8_FLAGS: "--max-heap-size=9" };
  const both = `--max-heap-size=9,${wideFlag}`;
  assertEquals(environment(own, true), { HOME: "/h", DENO_V8_FLAGS: both });
  assertEquals(environment({ ...own, DENO_V8_FLAGS: both }, true).DENO_V8_FLAGS, both);
  assertEquals(environment({ ...own, DENO_V8_FLAGS: both }, false), own);
});

Deno.test("environment() leaves no empty list of flags, which Deno refuses", () => {
  assertEquals(environment({ HOME: "/h", DENO_V8_FLAGS: wideFlag }, false), { HOME: "/h" });
  assertEquals(environment({ DENO_V8_FLAGS: wideFlag }, undefined), { DENO_V8_FLAGS: wideFlag });
});

Deno.test("lastWords() finds what went wrong in what a process said", () => {
  assertEquals(
    lastWords(
      "Hi, looks like you are running in Node.js\n" +
        "\x1b[1m\x1b[31merror\x1b[0m: Uncaught (in promise) Error: Kernel 'A' not registered\n" +
        '    throw new Error("Kernel");\n    at file:///a.ts:1:1\n',
    ),
    "Error: Kernel 'A' not registered",
  );
  assertEquals(
    lastWords(
      'Traceback (most recent call last):\n  File "<string>", line 1\n' +
        "ModuleNotFoundError: No module named 'torch'\n",
    ),
    "ModuleNotFoundError: No module named 'torch'",
  );
  assertEquals(lastWords("killed\n\n"), "killed");
});

Deno.test("runProgram() fails with what the program said last", async () => {
  const args = ["eval", "--no-config", 'throw new RangeError("too far")'];
  await assertRejects(() => runProgram(Deno.execPath(), { args }), Error, "RangeError: too far");
});
