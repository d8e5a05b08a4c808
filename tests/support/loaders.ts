/**
 * Loaders opened by hand, as the runtime opens them.
 *
 * @module
 */
import { assert } from "@std/assert";
import {
  allocateElements,
  type DataPort,
  type Elements,
  PipelineError,
  type RowSource,
  sizeOf,
  type Split,
  stageCallOf,
  validate,
} from "@millrace/millrace";

/** A loader's ports and one of its splits. */
export async function openLoader(
  handles: unknown,
  split: Split = "train",
  limit?: number,
): Promise<{ ports: Readonly<Record<string, DataPort>>; source: RowSource | null }> {
  const { definition, options } = stageCallOf(handles)!;
  assert(definition.kind === "loader");
  const validated = validate(definition.config, options, "table");
  assert(validated.ok, JSON.stringify(validated));
  const { config } = validated;
  return {
    ports: definition.ports(config),
    source: await definition.open({ config, split, seed: 0, path: "table", limit }),
  };
}

/** Reads rows of a split as plain numbers, by port. */
export async function rowsOf(
  handles: unknown,
  { split = "train", rows }: { split?: Split; rows?: readonly number[] } = {},
): Promise<Record<string, number[]>> {
  const { ports, source } = await openLoader(handles, split);
  assert(source !== null, `there is no split "${split}"`);
  const wanted = Uint32Array.from(rows ?? Array.from({ length: source.rows }, (_, i) => i));
  const into: Record<string, Elements> = {};
  for (const [name, port] of Object.entries(ports)) {
    const width = port.kind === "tensor" ? sizeOf(port.shape) : 1;
    into[name] = allocateElements(port.dtype, wanted.length * width);
  }
  await source.read(wanted, into);
  source.close?.();
  return Object.fromEntries(Object.entries(into).map(([name, data]) => [name, [...data]]));
}

/** A folder with the files given, removed in the end. */
export async function withFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, contents] of Object.entries(files)) {
      const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is told of the options of a stage that cannot be used; nothing where they can. */
export function problemsOf(handles: unknown): string {
  const { definition, options } = stageCallOf(handles)!;
  const validated = validate(definition.config, options, definition.name);
  return validated.ok ? "" : new PipelineError(validated.issues).message;
}
