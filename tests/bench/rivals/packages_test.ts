import { assertEquals, assertMatch } from "@std/assert";
import { packages } from "../../../bench/rivals/packages.ts";
import config from "../../../deno.json" with { type: "json" };

const bench = new URL("../../../bench/", import.meta.url);

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

Deno.test("packages of rivals have one version each", () => {
  for (const version of Object.values(packages)) assertMatch(version, /^\d+\.\d+\.\d+$/);
});

Deno.test("packages of rivals are imported by no name that a tool could download", async () => {
  const named: string[] = [];
  for await (const source of sources(bench)) {
    const text = await Deno.readTextFile(source);
    for (const [, name] of text.matchAll(/(?:\bfrom |\bimport |import\()\s*"([^"]+)"/g)) {
      if (name!.startsWith("npm:")) named.push(name!);
    }
  }
  assertEquals(named, []);
  const imported = Object.values(config.imports).join(" ");
  for (const name of Object.keys(packages)) assertEquals(imported.includes(name), false, name);
});
