import { assertEquals } from "@std/assert";

/** Rooms from the top down; a room may import only rooms above it. */
const rooms = [
  "core/errors.ts",
  "core/format.ts",
  "core/table.ts",
  "core/tensor/",
  "core/formats/",
  "core/graph/",
  "core/ops/",
  "core/declare/",
  "core/check/",
  "core/differentiate/",
  "core/plan/",
  "core/devices/",
  "core/execute/",
  "core/compile.ts",
  "core/verbs.ts",
  "core/explain/",
  "core/report/",
  "core/mod.ts",
  "core/cli/",
  "plugins/",
  "mod.ts",
  "pipelines/",
];

/** What a room may import from outside the tree. */
const packages: Readonly<Record<string, readonly string[]>> = {
  "core/formats/": ["@std/csv"],
  "core/declare/": ["zod"],
  "core/report/": ["@observablehq/plot", "linkedom", "@dagrejs/dagre"],
  "core/cli/": ["@std/cli"],
  "plugins/": ["zod"],
  "pipelines/": ["@millrace/millrace"],
};

/**
 * Files of phases that call ops: they write some arithmetic of their own. Whatever else a phase wants
 * of an op, it reads from the op's traits.
 */
const callOps = [
  "core/check/trace.ts",
  "core/check/updates.ts",
  "core/check/variables.ts",
  "core/differentiate/loss_scale.ts",
  "core/differentiate/reverse.ts",
];

const root = new URL("../", import.meta.url);

interface Import {
  readonly file: string;
  readonly target: string;
}

async function* sourceFiles(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(`${path}/`);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

async function allImports(): Promise<Import[]> {
  const imports: Import[] = [];
  const files = ["mod.ts"];
  for (const folder of ["core/", "plugins/", "pipelines/"]) {
    for await (const file of sourceFiles(folder)) files.push(file);
  }
  for (const file of files) {
    const text = (await Deno.readTextFile(new URL(file, root)))
      .replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
    for (const [, target] of text.matchAll(/\b(?:from |import |import\()"([\w@./:-]+)"/g)) {
      imports.push({ file, target: target! });
    }
  }
  return imports;
}

function roomOf(path: string): string | undefined {
  return rooms.find((room) => room.endsWith("/") ? path.startsWith(room) : path === room);
}

function resolved({ file, target }: Import): string {
  return new URL(target, new URL(file, root)).href.slice(root.href.length);
}

Deno.test("layering: a room imports only rooms above it", async () => {
  const wrong: string[] = [];
  for (const found of await allImports()) {
    if (!found.target.startsWith(".") || found.target.endsWith("deno.json")) continue;
    const from = roomOf(found.file);
    const to = roomOf(resolved(found));
    if (from === undefined || to === undefined || rooms.indexOf(to) > rooms.indexOf(from)) {
      wrong.push(`${found.file} imports ${found.target}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("layering: other rooms are imported through their mod.ts", async () => {
  const wrong: string[] = [];
  for (const found of await allImports()) {
    if (!found.target.startsWith(".")) continue;
    const target = resolved(found);
    const to = roomOf(target);
    if (to === undefined || !to.endsWith("/") || roomOf(found.file) === to) continue;
    if (target !== `${to}mod.ts`) wrong.push(`${found.file} imports ${found.target}`);
  }
  assertEquals(wrong, []);
});

Deno.test("layering: phases call no op but where they write arithmetic", async () => {
  const phases = /^core\/(check|differentiate|plan|execute)\//;
  const found = (await allImports()).filter((found) =>
    phases.test(found.file) && resolved(found).startsWith("core/ops/")
  );
  assertEquals([...new Set(found.map(({ file }) => file))].sort(), callOps);
});

Deno.test("layering: packages are imported only where they belong", async () => {
  const wrong: string[] = [];
  for (const { file, target } of await allImports()) {
    if (/^(\.|node:)/.test(target)) continue;
    const known = packages[roomOf(file) ?? ""] ?? [];
    if (!known.some((name) => target.replace(/^npm:/, "").startsWith(name))) {
      wrong.push(`${file} imports ${target}`);
    }
  }
  assertEquals(wrong, []);
});
