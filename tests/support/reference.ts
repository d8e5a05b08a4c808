/**
 * Writes `plugins/README.md`: every part of every family, with its counterparts in Keras 3, PyTorch
 * and TensorFlow.js. All of it comes from the docstrings, whose line
 *
 *     Counterparts: Keras `Dense`; PyTorch `Linear`; TensorFlow.js `layers.dense`
 *
 * every part must have; what a library lacks is `none`.
 *
 * `deno task reference`
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** Where the reference lies. */
export const referenceFile: URL = new URL("plugins/README.md", root);

/** Exported functions that are no parts of a pipeline. */
const helpers = ["resolveInitializer"];

const libraries = ["Keras", "PyTorch", "TensorFlow.js"] as const;

/** A part, as its docstring tells of it. */
export interface Part {
  readonly name: string;
  /** Folder below `plugins`. */
  readonly family: string;
  /** First sentence of the docstring. */
  readonly meaning: string;
  /** Names in the libraries, in their order; `undefined` where the docstring has no such line. */
  readonly counterparts: readonly string[] | undefined;
}

interface Symbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly location: { readonly filename: string };
    readonly jsDoc?: { readonly doc?: string };
  }[];
}

/** Reads the parts of all families from their docstrings. */
export async function readParts(): Promise<readonly Part[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "plugins/mod.ts"],
    cwd: fileURLToPath(root),
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    readonly nodes: Readonly<Record<string, { readonly symbols: readonly Symbol[] }>>;
  };
  const symbols = Object.values(nodes).flatMap(({ symbols }) => symbols);
  return symbols.flatMap(({ name, declarations: [declaration] }): Part[] => {
    if (declaration?.kind !== "function" || helpers.includes(name)) return [];
    const doc = declaration.jsDoc?.doc ?? "";
    const [, family = ""] = /\/plugins\/(\w+)\//.exec(declaration.location.filename) ?? [];
    return [{ name, family, meaning: firstSentence(doc), counterparts: counterpartsOf(doc) }];
  }).sort((a, b) => a.family.localeCompare(b.family) || a.name.localeCompare(b.name));
}

function firstSentence(doc: string): string {
  const [paragraph = ""] = doc.split("\n\n");
  const text = paragraph.replaceAll(/\s+/g, " ").trim();
  return (/^.*?[^.\d]\.(?= |$)/.exec(text)?.[0] ?? text).replaceAll(/\{@linkcode (\w+)\}/g, "`$1`");
}

/** The names of a part in the libraries; `undefined` where the line is missing or malformed. */
export function counterpartsOf(doc: string): readonly string[] | undefined {
  const [, line] = /^Counterparts: ([\s\S]*?)(?:\n\n|$(?![\s\S]))/m.exec(doc) ?? [];
  const parts = line?.replaceAll(/\s+/g, " ").trim().split("; ") ?? [];
  const names = libraries.map((library, i) =>
    parts[i]?.startsWith(`${library} `) ? parts[i].slice(library.length + 1) : undefined
  );
  return parts.length === libraries.length && names.every((name) => name !== undefined)
    ? names
    : undefined;
}

/** Renders the reference. */
export function referenceText(parts: readonly Part[]): string {
  const cell = (text: string) => (text === "none" ? "–" : text).replaceAll("|", "\\|");
  const families = [...new Set(parts.map(({ family }) => family))];
  const tables = families.map((family) => {
    const rows = parts.filter((part) => part.family === family).map((
      { name, meaning, counterparts = [] },
    ) => `| \`${name}\` | ${[meaning, ...counterparts].map(cell).join(" | ")} |\n`);
    const title = family[0]!.toUpperCase() + family.slice(1);
    return `\n## ${title}\n\n| part | what it is | Keras 3 | PyTorch | TensorFlow.js |\n` +
      `| --- | --- | --- | --- | --- |\n${rows.join("")}`;
  });
  return "# Parts\n\nWhat a pipeline is made of, beside its nearest counterparts elsewhere. Names of " +
    "losses, optimizers and the like are below `keras`, `torch` or `torch.nn`, and `tf`. How a part " +
    "differs from them, its docstring says.\n\n" +
    "Written by `deno task reference` from the docstrings; do not edit it.\n" + tables.join("");
}

if (import.meta.main) await Deno.writeTextFile(referenceFile, referenceText(await readParts()));
