/**
 * Data on its way to a program: opens the loaders of a split, reads the rows of a batch, maps them
 * through the host stages, and leaves each column where the program reads it.
 *
 * @module
 */
import { isUserError, PipelineError, pipelineError } from "../errors.ts";
import {
  allocateElements,
  type Elements,
  type HostTensor,
  RandomStream,
  sizeOf,
} from "../tensor/mod.ts";
import type { DataPort, HostDefinition, RowSource, Split, Wire } from "../declare/mod.ts";
import {
  batchSpec,
  type CheckedPipeline,
  type DataInput,
  type ResolvedStage,
} from "../check/mod.ts";

/** Where a batch is in the run. */
export interface BatchPlace {
  /** Row numbers of the batch. */
  readonly rows: Uint32Array;
  readonly epoch: number;
  /** Number of the step; 0 outside training. */
  readonly step: number;
}

/** The opened data of one split. */
export interface Feed {
  /** Number of rows. */
  readonly rows: number;
  /** Hashes of the data by loader; computed when asked for. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** Fills windows, by the names of data inputs, with a batch. */
  fill(place: BatchPlace, windows: ReadonlyMap<string, Elements>): void | Promise<void>;
  /** Lets go of files. */
  close(): void;
}

/**
 * Opens what data inputs need of a split.
 *
 * @returns `null` when the loaders have no such split.
 * @throws {PipelineError} When loaders of one pipeline have different numbers of rows, or none.
 */
export async function openFeed(
  checked: CheckedPipeline,
  { inputs, split, limit }: {
    readonly inputs: readonly DataInput[];
    readonly split: Split;
    readonly limit?: number | undefined;
  },
): Promise<Feed | null> {
  const needed = hostStages(checked, inputs);
  const { seed } = checked.resolved.run;
  const sources = new Map<string, RowSource>();
  for (const stage of needed) {
    const { definition, config, path } = stage;
    if (definition.kind !== "loader") continue;
    const source = await own(
      { path, doing: `open split "${split}"` },
      () => definition.open({ config, split, seed, path }),
    );
    if (source === null) return null;
    sources.set(path, source);
  }
  const rows = Math.min(commonRows(sources, split), limit ?? Infinity);
  return {
    rows,
    get fingerprints() {
      return Object.fromEntries(
        [...sources].flatMap(([path, { fingerprint }]) =>
          fingerprint === undefined ? [] : [[path, fingerprint]]
        ),
      );
    },
    fill: makeFill(checked, { needed, inputs, sources, seed }),
    close: () => sources.forEach((source) => source.close?.()),
  };
}

/** Loaders and host stages that data inputs come from, in the pipeline's order. */
function hostStages(checked: CheckedPipeline, inputs: readonly DataInput[]): ResolvedStage[] {
  const wanted = new Set(inputs.map((input) => input.stage));
  return checked.resolved.stages.toReversed().filter((stage) => {
    if (!wanted.has(stage.path)) return false;
    for (const wire of Object.values(stage.inputs)) wanted.add(wire.stage);
    return true;
  }).toReversed();
}

/**
 * Runs a stage's own code. What it throws is told with the stage's path, and is no fault of Millrace;
 * errors written for the user pass as they are.
 */
function own<T>(
  { path, doing }: { readonly path: string; readonly doing: string },
  run: () => T | Promise<T>,
): T | Promise<T> {
  const told = (cause: unknown): Error =>
    isUserError(cause) ? cause : pipelineError({
      code: "stage",
      path,
      message: `Cannot ${doing}: the stage's own code threw "${
        cause instanceof Error ? cause.message : String(cause)
      }"`,
    }, { cause });
  try {
    const result = run();
    if (!(result instanceof Promise)) return result;
    return result.catch((cause) => {
      throw told(cause);
    });
  } catch (cause) {
    throw told(cause);
  }
}

function commonRows(sources: ReadonlyMap<string, RowSource>, split: Split): number {
  const counts = [...sources].map(([path, source]) => [path, source.rows] as const);
  const [first] = counts;
  if (first === undefined) return 0;
  const none = counts.find(([, rows]) => !Number.isSafeInteger(rows) || rows < 0);
  if (none !== undefined) {
    throw pipelineError({
      code: "rows",
      path: none[0],
      message: `Cannot use split "${split}"`,
      received: `${none[1]} rows`,
      expected: "a whole number of rows",
    });
  }
  const odd = counts.find(([, rows]) => rows !== first[1]);
  if (odd !== undefined) {
    throw new PipelineError([{
      code: "rows",
      path: odd[0],
      message: `Cannot read "${first[0]}" and "${odd[0]}" side by side in split "${split}"`,
      received: `${odd[1]} rows`,
      expected: `${first[1]} rows`,
    }]);
  }
  if (first[1] === 0) {
    throw new PipelineError([{
      code: "rows",
      path: first[0],
      message: `Cannot use split "${split}": it has no rows`,
    }]);
  }
  return first[1];
}

/** Scratch arrays of one batch size: a window of the program where it reads the port itself. */
type Columns = Readonly<Record<string, Elements>>;

function makeFill(
  checked: CheckedPipeline,
  { needed, inputs, sources, seed }: {
    readonly needed: readonly ResolvedStage[];
    readonly inputs: readonly DataInput[];
    readonly sources: ReadonlyMap<string, RowSource>;
    readonly seed: number;
  },
): Feed["fill"] {
  const scratch = new Map<string, Elements>();
  const column = (name: string, port: DataPort, batch: number): Elements => {
    const length = sizeOf(batchSpec(port, batch).shape);
    const known = scratch.get(name);
    if (known !== undefined && known.length === length) return known;
    const made = allocateElements(port.dtype, length);
    scratch.set(name, made);
    return made;
  };
  const columnsOf = (
    path: string,
    batch: number,
    windows: ReadonlyMap<string, Elements>,
  ): Columns =>
    Object.fromEntries(
      Object.entries(checked.ports.get(path)!).map(([port, data]) => {
        const name = `${path}.${port}`;
        return [port, windows.get(name) ?? column(name, data, batch)];
      }),
    );
  const hosts = needed.filter((stage) => stage.definition.kind === "host");
  const loaders = [...sources];
  const labels = labelsRead(checked, { inputs, hosts });
  const verify = (read: Iterable<readonly [stage: string, Columns]>, { rows }: BatchPlace) => {
    for (const [stage, columns] of read) {
      for (const column of labels) {
        if (column.stage === stage) requireClasses(columns[column.port]!, { column, rows });
      }
    }
  };

  const readAll = (place: BatchPlace, windows: ReadonlyMap<string, Elements>) => {
    const batch = place.rows.length;
    const read = new Map<string, Columns>();
    const pending: Promise<void>[] = [];
    for (const [path, source] of loaders) {
      const columns = columnsOf(path, batch, windows);
      read.set(path, columns);
      const done = own({ path, doing: "read rows" }, () => source.read(place.rows, columns));
      if (done instanceof Promise) pending.push(done);
    }
    return { read, pending };
  };
  if (hosts.length === 0) {
    return (place, windows) => {
      const { read, pending } = readAll(place, windows);
      if (pending.length > 0) return Promise.all(pending).then(() => verify(read, place));
      verify(read, place);
    };
  }
  return async (place, windows) => {
    const { read, pending } = readAll(place, windows);
    await Promise.all(pending);
    verify(read, place);
    for (const stage of hosts) {
      const mapped = await mapBatch(stage, { checked, read, place, seed });
      verify([[stage.path, mapped]], place);
      read.set(stage.path, mapped);
      for (const input of inputs) {
        if (input.stage === stage.path) windows.get(input.name)!.set(mapped[input.port]!);
      }
    }
  };
}

/** A label column, and how many classes it may speak of. */
interface LabelColumn extends Wire {
  readonly classes: number;
}

/** The label columns that a program or a host stage reads. Others may hold anything. */
function labelsRead(
  { ports }: CheckedPipeline,
  { inputs, hosts }: {
    readonly inputs: readonly DataInput[];
    readonly hosts: readonly ResolvedStage[];
  },
): LabelColumn[] {
  const wires = [...inputs, ...hosts.flatMap((stage) => Object.values(stage.inputs))];
  const read = new Map(wires.map(({ stage, port }) => [`${stage}.${port}`, { stage, port }]));
  return [...read.values()].flatMap((wire) => {
    const data = ports.get(wire.stage)![wire.port]!;
    return data.kind === "labels" ? [{ ...wire, classes: data.classes }] : [];
  });
}

/** Refuses a class number that is no whole number from 0 to `classes - 1`: ops trust them. */
function requireClasses(
  labels: Elements,
  { column: { stage, port, classes }, rows }: {
    readonly column: LabelColumn;
    readonly rows: Uint32Array;
  },
): void {
  for (let i = 0; i < rows.length; i++) {
    const label = labels[i]!;
    if ((label | 0) === label && label >= 0 && label < classes) continue;
    throw new PipelineError([{
      code: "labels",
      path: `${stage}.${port}`,
      message: `Cannot use the label of data row ${rows[i]}`,
      received: String(label),
      expected: `0 to ${classes - 1}`,
      hint: "correct the data, or the number of classes that the stage gives",
    }]);
  }
}

/** Runs a host stage on a batch, and checks what it gives. */
async function mapBatch(
  stage: ResolvedStage,
  { checked, read, place, seed }: {
    readonly checked: CheckedPipeline;
    readonly read: ReadonlyMap<string, Columns>;
    readonly place: BatchPlace;
    readonly seed: number;
  },
): Promise<Columns> {
  const batch = place.rows.length;
  const tensors: Record<string, HostTensor> = {};
  for (const [name, wire] of Object.entries(stage.inputs)) {
    const port = checked.ports.get(wire.stage)![wire.port]!;
    tensors[name] = { ...batchSpec(port, batch), data: read.get(wire.stage)![wire.port]! };
  }
  const definition = stage.definition as HostDefinition;
  const random = new RandomStream(seed, `${stage.path}/${place.epoch}`, place.step);
  const mapped = await own(
    { path: stage.path, doing: "map a batch" },
    () => definition.map(tensors, { config: stage.config, random }),
  );
  return Object.fromEntries(
    Object.entries(checked.ports.get(stage.path)!).map(([port, data]) => {
      const spec = batchSpec(data, batch);
      const given = mapped[port];
      if (given === undefined || given.data.length !== sizeOf(spec.shape)) {
        throw new PipelineError([{
          code: "shape",
          path: `${stage.path}.${port}`,
          message: `Cannot use what ${definition.name} mapped`,
          received: given === undefined ? "nothing" : `${given.data.length} elements`,
          expected: `${sizeOf(spec.shape)} elements`,
        }]);
      }
      return [port, given.data];
    }),
  );
}
