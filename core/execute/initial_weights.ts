/**
 * Starting from weights that another run trained: tensors of a safetensors file, by the start of their
 * paths, become the first values of parameters, state and fitted values. Nothing of the file is run.
 *
 * @module
 */
import { DataError, type Issue, nearestName, PipelineError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import { formatSpec, type HostTensor, sameSpec } from "../tensor/mod.ts";
import { decodeSafetensors, readBytes, sha256 } from "../formats/mod.ts";
import type { InitialWeights } from "../declare/mod.ts";
import { type Engine, isModelVariable } from "./engine.ts";

/** What was loaded of a file, for the record of a run. */
export interface LoadedWeights {
  /** The file, as it was read. */
  readonly file: string;
  /** Hash of the file's bytes. */
  readonly sha256: string;
  /** Variables that were set, with the tensor of the file that each was set to. */
  readonly tensors: Readonly<Record<string, string>>;
  /** Tensors of the file, below the path that was asked for, that have no place here. */
  readonly unused: readonly string[];
}

/**
 * Sets the variables that a pipeline's `initialWeights` name.
 *
 * @returns What was loaded, file by file.
 * @throws {DataError} When a file is missing, torn or altered.
 * @throws {PipelineError} With every path that leads nowhere, every variable that a file lacks or has
 * in another shape, and every one that two files set.
 */
export async function loadInitialWeights(engine: Engine): Promise<readonly LoadedWeights[]> {
  const { initialWeights = [] } = engine.checked.resolved.run;
  const issues: Issue[] = [];
  const values: Record<string, HostTensor> = {};
  const loaded: LoadedWeights[] = [];
  for (const [i, source] of initialWeights.entries()) {
    const file = await readSource(source);
    const path = `initialWeights.${i}`;
    const found = matchTensors(engine, { source, path, file: file.name, tensors: file.tensors });
    issues.push(...found.issues);
    for (const variable of Object.keys(found.tensors).filter((name) => name in values)) {
      issues.push({
        code: "weights",
        path,
        message: `Cannot start "${variable}" from "${file.name}": a file before has set it`,
        hint: 'narrow one of them with "to"',
      });
    }
    for (const [variable, name] of Object.entries(found.tensors)) {
      values[variable] = file.tensors[name]!;
    }
    const { tensors, unused } = found;
    loaded.push({ file: file.name, sha256: file.sha256, tensors, unused });
  }
  if (issues.length > 0) throw new PipelineError(issues);
  for (const { path, of, standsIn } of engine.layout.slots) {
    // what stands in for a parameter begins as that
    if (standsIn === true && of !== undefined && of in values) values[path] = values[of]!;
  }
  await engine.load(values);
  return loaded;
}

/** A file of tensors, or the model in a run directory. */
async function readSource({ file, trainedBy }: InitialWeights): Promise<{
  readonly name: string;
  readonly sha256: string;
  readonly tensors: Readonly<Record<string, HostTensor>>;
}> {
  const name = file.endsWith(".safetensors")
    ? file
    : `${file.replace(/\/+$/, "")}/model.safetensors`;
  try {
    const { bytes } = await readBytes(name);
    return { name, sha256: sha256([bytes]), tensors: decodeSafetensors(bytes, name).tensors };
  } catch (cause) {
    if (trainedBy === undefined || !isMissing(cause)) throw cause;
    const directory = name.replace(/\/?[^/]*$/, "");
    throw new DataError("Cannot read initial weights: there is no such file", {
      file: name,
      hint: `train them first: deno task train ${trainedBy} --run ${directory}`,
      cause,
    });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof Deno.errors.NotFound;
}

/** Finds a tensor of a file for every variable that is to be set. */
function matchTensors(
  { layout, checked }: Engine,
  { source: { from, to = from }, path, file, tensors }: {
    readonly source: InitialWeights;
    readonly path: string;
    readonly file: string;
    readonly tensors: Readonly<Record<string, HostTensor>>;
  },
): Omit<LoadedWeights, "file" | "sha256"> & { readonly issues: readonly Issue[] } {
  const hosts = checked.resolved.stages.filter(({ definition }) =>
    definition.kind === "host" && definition.fit !== undefined
  );
  const given = Object.keys(tensors).filter((name) => isWithin(name, from));
  const slots = layout.slots.filter((slot) => isModelVariable(slot) && isWithin(slot.path, to));
  const hostNames = given.map((name) => moved(name, from, to))
    .filter((name) => hosts.some((host) => name.startsWith(`${host.path}.`)));
  const issues: Issue[] = [];
  if (given.length === 0) {
    issues.push(
      nowhere({ path: `${path}.from`, start: from, in: `"${file}"` }, Object.keys(tensors)),
    );
  } else if (slots.length === 0 && hostNames.length === 0) {
    const known = layout.slots.filter(isModelVariable).map((slot) => slot.path);
    issues.push(nowhere({ path: `${path}.to`, start: to, in: "the pipeline" }, known));
  }
  const found: Record<string, string> = Object.fromEntries(
    hostNames.map((name) => [name, moved(name, to, from)]),
  );
  // where nothing is there to begin with, one issue is enough
  for (const slot of issues.length > 0 ? [] : slots) {
    const name = moved(slot.path, to, from);
    const tensor = tensors[name];
    if (tensor !== undefined && sameSpec(tensor, slot.spec)) {
      found[slot.path] = name;
      continue;
    }
    const nearest = nearestName(name, given);
    issues.push({
      code: "weights",
      path: slot.path,
      message: `Cannot start from "${file}"`,
      received: tensor === undefined ? `no tensor "${name}"` : formatSpec(tensor),
      expected: formatSpec(slot.spec),
      hint: tensor === undefined && nearest !== undefined
        ? `the file has "${nearest}"`
        : `narrow ${path} with "from" and "to"; the file has ` +
          formatAmount(given.length, "tensor") + (from === undefined ? "" : ` below "${from}"`),
    });
  }
  const used = new Set(Object.values(found));
  return { tensors: found, unused: given.filter((name) => !used.has(name)), issues };
}

/** The issue of a path that nothing is at or below. */
function nowhere(
  { path, start, in: place }: {
    readonly path: string;
    readonly start: string | undefined;
    readonly in: string;
  },
  known: readonly string[],
): Issue {
  const starts = [...new Set(known.flatMap(startsOf))];
  const nearest = start === undefined ? undefined : nearestName(start, starts);
  const tops = [...new Set(known.map((name) => name.split(".")[0]!))];
  return {
    code: "weights",
    path,
    message: start === undefined
      ? `Cannot start from saved weights: there are none in ${place}`
      : `Cannot find weights at or below "${start}" in ${place}`,
    ...(tops.length === 0 ? {} : {
      hint: nearest === undefined ? `there are ${tops.join(", ")}` : `did you mean "${nearest}"?`,
    }),
  };
}

/** A path and every path above it. */
function startsOf(path: string): string[] {
  const parts = path.split(".");
  return parts.map((_, i) => parts.slice(0, i + 1).join("."));
}

function isWithin(path: string, start: string | undefined): boolean {
  return start === undefined || path === start || path.startsWith(`${start}.`);
}

/** A path with another beginning. */
function moved(path: string, before: string | undefined, now: string | undefined): string {
  const rest = before === undefined ? path : path.slice(before.length + 1);
  return [now, rest].filter((part) => part !== undefined && part !== "").join(".");
}
