import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { PipelineError } from "../../../core/errors.ts";
import { isPipeline, loadPipeline } from "../../../core/cli/load.ts";

const points = new URL("pipelines/points.ts", import.meta.url);

/** Loads files of a temporary directory; gives their errors. */
async function messages(files: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(directory, name), text);
    }
    const found: Record<string, string> = {};
    for (const name of Object.keys(files)) {
      const error = await assertRejects(() => loadPipeline(join(directory, name)), PipelineError);
      found[name] = error.message.replaceAll(directory, "DIR");
    }
    return found;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("loadPipeline() loads a path and a URL", async () => {
  for (const source of [points.href, "tests/core/cli/pipelines/points.ts"]) {
    const loaded = await loadPipeline(source);
    assertEquals(loaded.pipeline.name, "points");
    assertEquals(loaded.source, source);
  }
});

Deno.test("loadPipeline() names a similar file when there is none", async () => {
  const { message } = await assertRejects(
    () => loadPipeline("tests/core/cli/pipelines/point.ts"),
    PipelineError,
  );
  assertEquals(
    message,
    'Cannot find the pipeline "tests/core/cli/pipelines/point.ts"\n' +
      '  hint: did you mean "tests/core/cli/pipelines/points.ts"?',
  );
});

Deno.test("loadPipeline() looks for a file in the folder of pipelines, and passes over mod.ts", async () => {
  const refuses = async (source: string, hint: string) => {
    const { message } = await assertRejects(() => loadPipeline(source), PipelineError);
    assertEquals(message, `Cannot find the pipeline "${source}"\n  hint: ${hint}`);
  };
  await refuses("mnist.ts", 'did you mean "pipelines/mnist.ts"?');
  await refuses(
    "modd.ts",
    "the folder has " + (await pipelineFiles()).slice(0, 8).join(", ") + ", …",
  );
});

async function pipelineFiles(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir("pipelines"));
  return entries.filter(({ isFile }) => isFile).map(({ name }) => `pipelines/${name}`).sort();
}

Deno.test("loadPipeline() lists the files of a directory", async () => {
  const { message } = await assertRejects(
    () => loadPipeline("tests/core/cli/pipelines/"),
    PipelineError,
  );
  assertStringIncludes(message, "it is a directory");
  assertStringIncludes(message, "name a file of it: tests/core/cli/pipelines/points.ts");
});

Deno.test("loadPipeline() says what is wrong with a file", async () => {
  const found = await messages({
    "syntax.ts": "export const a = ;",
    "import.ts": 'import "./nowhere.ts";',
    "throws.ts": '\nthrow new RangeError("boom");',
    "bare.ts": "export const a = 1;",
    "number.ts": "export default 42;",
  });
  assertStringIncludes(found["syntax.ts"]!, 'Cannot load "DIR/syntax.ts": SyntaxError: ');
  assertStringIncludes(found["syntax.ts"]!, ":1:18");
  assertStringIncludes(found["import.ts"]!, 'Cannot load "DIR/import.ts": Module not found ');
  assertStringIncludes(found["import.ts"]!, "nowhere.ts");
  assertStringIncludes(found["throws.ts"]!, 'Cannot load "DIR/throws.ts": RangeError: boom\n  at ');
  assertStringIncludes(found["throws.ts"]!, "throws.ts:2:7");
  assertEquals(
    found["bare.ts"],
    'Cannot use "DIR/bare.ts": it has no default export\n' +
      "  hint: end the file with: export default pipeline({ name, stages: { … } })",
  );
  assertStringIncludes(
    found["number.ts"]!,
    "its default export is no pipeline: received a number, expected pipeline({ … })",
  );
});

Deno.test("loadPipeline() runs no file of data", async () => {
  const found = await messages({ "plants.csv": "throw 1\n", "plants": "throw 1\n" });
  for (const name of ["plants.csv", "plants"]) {
    assertEquals(
      found[name],
      `Cannot load "DIR/${name}" as a pipeline: it is no TypeScript or JavaScript\n` +
        "  hint: name the .ts file that declares the pipeline",
    );
  }
});

Deno.test("loadPipeline() names a pipeline that is exported by another name", async () => {
  const found = await messages({
    "named.ts": "export const net = { name: 'n', run: {}, stages: [], strangers: [] };",
  });
  assertStringIncludes(
    found["named.ts"]!,
    'it exports a pipeline as "net": add "export default net"',
  );
});

Deno.test("isPipeline() is false for anything else", () => {
  for (const value of [null, undefined, 1, "x", [], {}, { name: "x", stages: {} }]) {
    assertEquals(isPipeline(value), false);
  }
});
