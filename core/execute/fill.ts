/**
 * Filling a batch: the rows of loaders are gathered straight into the arrays that a program reads,
 * host stages map them, and class numbers are checked on the way.
 *
 * @module
 */
import { PipelineError, pipelineError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import {
  allocateElements,
  type Elements,
  type HostTensor,
  RandomStream,
  sizeOf,
} from "../tensor/mod.ts";
import type { DataPort, HostDefinition, RowSource, Wire } from "../declare/mod.ts";
import {
  batchSpec,
  type CheckedPipeline,
  type DataInput,
  type ResolvedStage,
} from "../check/mod.ts";
import { type LabelColumn, labelsRead, requireClasses } from "./labels.ts";
import { runStageCode } from "./stage_code.ts";

/** Where a batch is in the run. */
export interface BatchPlace {
  /** Row numbers of the batch, from 0. */
  readonly rows: Uint32Array;
  readonly epoch: number;
  /** Number of the step; 0 outside training. */
  readonly step: number;
}

/** Arrays of one batch size by the names of data inputs: windows of a program, or plain memory. */
export type BatchColumns = ReadonlyMap<string, Elements>;

/** What a stage gives of a batch, by port. */
type Ports = Readonly<Record<string, Elements>>;

/** What stages give of a batch, by path. */
type Given = Map<string, Ports>;

/** A loader, with the arrays that it fills. */
interface BoundLoader {
  readonly path: string;
  readonly source: RowSource;
  readonly ports: Ports;
  /** What is to be checked of them. */
  readonly labels: readonly LabelColumn[];
}

/** What batches are filled from. */
export interface FillerOptions {
  /** The opened loaders by path. */
  readonly sources: ReadonlyMap<string, RowSource>;
  /** The host stages that are needed, each after those it reads. */
  readonly hosts: readonly ResolvedStage[];
  /** What is wanted of a batch. */
  readonly inputs: readonly DataInput[];
  /** What fitted host stages found, by `"stage.name"`. */
  readonly fitted: Readonly<Record<string, HostTensor>>;
}

/** Fills batches: their rows may be read at the same time, and are mapped one batch after the other. */
export class BatchFiller {
  readonly #checked: CheckedPipeline;
  readonly #options: FillerOptions;
  readonly #labels: readonly LabelColumn[];
  /** Loaders by the arrays that they fill: the same arrays are filled step by step. */
  readonly #bound = new WeakMap<BatchColumns, readonly BoundLoader[]>();
  /** Stands for the arrays of a batch that is given, by the number of its rows. */
  readonly #given = new Map<number, BatchColumns>();
  /** What host stages got ready, by path; there once all have. */
  #prepared: Map<string, unknown> | undefined;
  #preparing: Promise<void> | undefined;
  /** The batch that host stages are at, while they take their time. */
  #mapping: Promise<unknown> | undefined;

  /** Fills nothing yet. */
  constructor(checked: CheckedPipeline, options: FillerOptions) {
    this.#checked = checked;
    this.#options = options;
    this.#labels = labelsRead(checked, options);
  }

  /**
   * Fills a batch. A promise only where a stage gives one: what is there at once takes no turn of the
   * event loop.
   */
  fill(place: BatchPlace, columns: BatchColumns): void | Promise<void> {
    const done = this.#run(place, columns);
    if (done instanceof Promise) return done.then(() => {});
  }

  /** Gives what flows through wires in a batch, by name. */
  async give<N extends string>(
    place: BatchPlace,
    wires: Readonly<Record<N, Wire>>,
  ): Promise<Readonly<Record<N, HostTensor>>> {
    const size = place.rows.length;
    const columns = this.#given.get(size) ?? new Map();
    this.#given.set(size, columns);
    const given = await this.#run(place, columns);
    return Object.fromEntries(
      Object.entries<Wire>(wires).map((
        [name, wire],
      ) => [name, this.#tensorAt(wire, { place, given })]),
    ) as Record<N, HostTensor>;
  }

  #run(place: BatchPlace, columns: BatchColumns): Given | Promise<Given> {
    const { hosts } = this.#options;
    if (this.#prepared === undefined && hosts.length > 0) {
      return (this.#preparing ??= this.#prepare()).then(() => this.#read(place, columns));
    }
    return this.#read(place, columns);
  }

  /** Lets host stages get ready, once. */
  async #prepare(): Promise<void> {
    const prepared = new Map<string, unknown>();
    for (const { path, definition, config } of this.#options.hosts) {
      const { prepare, fit } = definition as HostDefinition;
      const fitted = Object.fromEntries(
        Object.entries(this.#options.fitted).filter(([name]) => name.startsWith(`${path}.`))
          .map(([name, tensor]) => [name.slice(path.length + 1), tensor]),
      );
      if (fit !== undefined && Object.keys(fitted).length === 0) {
        throw pipelineError({
          code: "model",
          path,
          message: "Cannot run this stage: it is fitted to data, and the model has nothing for it",
          hint: "give the model that this pipeline trained, or train it anew",
        });
      }
      if (prepare === undefined) continue;
      const ready = await runStageCode(
        { path, doing: "prepare" },
        () => prepare.call(definition, { config, fitted }),
      );
      prepared.set(path, ready);
    }
    this.#prepared = prepared;
  }

  #read(place: BatchPlace, columns: BatchColumns): Given | Promise<Given> {
    const { rows } = place;
    const loaders = this.#loadersFor(columns, rows.length);
    let pending: Promise<void>[] | undefined;
    for (const { path, source, ports } of loaders) {
      const done = runStageCode({ path, doing: "read rows" }, () => source.read(rows, ports));
      if (done instanceof Promise) (pending ??= []).push(done);
    }
    if (pending === undefined) return this.#finish(loaders, { place, columns });
    return allDone(pending).then(() => this.#finish(loaders, { place, columns }));
  }

  /** What follows when all rows are read. */
  #finish(
    loaders: readonly BoundLoader[],
    { place, columns }: { readonly place: BatchPlace; readonly columns: BatchColumns },
  ): Given | Promise<Given> {
    for (const { ports, labels } of loaders) {
      for (const column of labels) {
        requireClasses(ports[column.port]!, { column, rows: place.rows });
      }
    }
    const given: Given = new Map(loaders.map(({ path, ports }) => [path, ports]));
    const map = () => this.#mapFrom(0, { place, columns, given });
    const mapped = this.#mapping === undefined ? map() : this.#mapping.then(map);
    if (mapped instanceof Promise) {
      const turn = mapped.catch(() => {}).then(() => {
        if (this.#mapping === turn) this.#mapping = undefined;
      });
      this.#mapping = turn;
    }
    return mapped;
  }

  /** Maps the batch through the host stages from number `first` on. */
  #mapFrom(
    first: number,
    batch: {
      readonly place: BatchPlace;
      readonly columns: BatchColumns;
      /** What the stages before give. */
      readonly given: Given;
    },
  ): Given | Promise<Given> {
    const { hosts } = this.#options;
    for (let i = first; i < hosts.length; i++) {
      const stage = hosts[i]!;
      const mapped = this.#map(stage, batch);
      if (mapped instanceof Promise) {
        return mapped.then((tensors) => {
          this.#take(stage, { ...batch, tensors });
          return this.#mapFrom(i + 1, batch);
        });
      }
      this.#take(stage, { ...batch, tensors: mapped });
    }
    return batch.given;
  }

  #tensorAt(
    { stage, port }: Wire,
    { place, given }: { readonly place: BatchPlace; readonly given: Given },
  ): HostTensor {
    const spec = batchSpec(this.#checked.ports.get(stage)![port]!, place.rows.length);
    return { ...spec, data: given.get(stage)![port]! };
  }

  #map(
    stage: ResolvedStage,
    { place, given }: { readonly place: BatchPlace; readonly given: Given },
  ): ReturnType<HostDefinition["map"]> {
    const { run } = this.#checked.resolved;
    const tensors = Object.fromEntries(
      Object.entries(stage.inputs).map(([name, wire]) => [
        name,
        this.#tensorAt(wire, { place, given }),
      ]),
    );
    const { map } = stage.definition as HostDefinition;
    const prepared = this.#prepared?.get(stage.path);
    const random = new RandomStream(run.seed, `${stage.path}/${place.epoch}`, place.step);
    return runStageCode(
      { path: stage.path, doing: "map a batch" },
      () => map.call(stage.definition, tensors, { config: stage.config, prepared, random }),
    );
  }

  /** Checks what a host stage gave, and leaves it where it is read. */
  #take(
    { path, definition }: ResolvedStage,
    { place: { rows }, columns, given, tensors }: {
      readonly place: BatchPlace;
      readonly columns: BatchColumns;
      readonly given: Given;
      readonly tensors: Readonly<Record<string, HostTensor>>;
    },
  ): void {
    const elements: Record<string, Elements> = {};
    for (const [port, data] of Object.entries(this.#checked.ports.get(path)!)) {
      const expected = sizeOf(batchSpec(data, rows.length).shape);
      const tensor = tensors[port];
      if (tensor?.data.length !== expected) {
        throw new PipelineError([{
          code: "shape",
          path: `${path}.${port}`,
          message: `Cannot use what ${definition.name} mapped`,
          received: tensor === undefined ? "nothing" : formatAmount(tensor.data.length, "element"),
          expected: formatAmount(expected, "element"),
        }]);
      }
      elements[port] = tensor.data;
    }
    for (const column of this.#labels) {
      if (column.stage === path) requireClasses(elements[column.port]!, { column, rows });
    }
    given.set(path, elements);
    for (const input of this.#options.inputs) {
      if (input.stage === path) columns.get(input.name)?.set(elements[input.port]!);
    }
  }

  #loadersFor(columns: BatchColumns, rows: number): readonly BoundLoader[] {
    const known = this.#bound.get(columns);
    if (known !== undefined) return known;
    const made = [...this.#options.sources].map(([path, source]): BoundLoader => ({
      path,
      source,
      ports: Object.fromEntries(
        Object.entries(this.#checked.ports.get(path)!).map(([port, data]) => {
          const name = `${path}.${port}`;
          // nothing but host stages reads the others, or nothing at all
          return [port, columns.get(name) ?? emptyElements(data, rows)];
        }),
      ),
      labels: this.#labels.filter(({ stage }) => stage === path),
    }));
    this.#bound.set(columns, made);
    return made;
  }
}

function emptyElements(data: DataPort, rows: number): Elements {
  return allocateElements(data.dtype, sizeOf(batchSpec(data, rows).shape));
}

/** Waits until none writes into the batch any more; throws what the first to fail failed with. */
async function allDone(pending: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(pending)) {
    if (result.status === "rejected") throw result.reason;
  }
}
