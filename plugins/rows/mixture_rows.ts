/**
 * Rows of several sources, as a source of its own.
 *
 * @module
 */
import {
  allocateElements,
  type DataPort,
  type Elements,
  type RowBlocks,
  type RowSource,
} from "../../core/mod.ts";
import { rowSize } from "../loaders/memory_rows.ts";

/** Where each row is. */
export interface Mixture {
  readonly rows: number;
  /** Number of a row's source. */
  source(at: number): number;
  /** Its number there. */
  row(at: number): number;
}

/** Offers rows of sources, of which some may be absent. Closing it closes them. */
export function mixtureRows(
  sources: readonly (RowSource | null)[],
  { ports, mixture, fingerprint }: {
    readonly ports: Readonly<Record<string, DataPort>>;
    readonly mixture: Mixture;
    readonly fingerprint: () => string;
  },
): RowSource {
  const present = sources.filter((source) => source !== null);
  const blocks = mixedBlocks(present, mixture.rows);
  return {
    rows: mixture.rows,
    inMemory: present.every(({ inMemory }) => inMemory === true),
    get fingerprint() {
      return fingerprint();
    },
    ...(blocks === undefined ? {} : { blocks }),
    get readsAtOnce() {
      return Math.min(...present.map(({ readsAtOnce = 1 }) => readsAtOnce));
    },
    read(wanted, into) {
      const reading = [...Map.groupBy(wanted.keys(), (at) => mixture.source(wanted[at]!))]
        .map(([source, places]) => {
          const rows = Uint32Array.from(places, (at) => mixture.row(wanted[at]!));
          return readApart(sources[source]!, { ports, rows, places, into });
        });
      if (reading.every((done) => done === undefined)) return;
      return allDone(reading);
    },
    close: () => present.forEach((source) => source.close?.()),
  };
}

/** Reads rows of one source that stand apart in a batch. */
function readApart(
  source: RowSource,
  { ports, rows, places, into }: {
    readonly ports: Readonly<Record<string, DataPort>>;
    readonly rows: Uint32Array;
    /** Their places in the batch. */
    readonly places: readonly number[];
    readonly into: Readonly<Record<string, Elements>>;
  },
): void | Promise<void> {
  const own = Object.fromEntries(
    Object.keys(into).map((port) => {
      const { dtype } = ports[port]!;
      return [port, allocateElements(dtype, rows.length * rowSize(ports[port]!))];
    }),
  );
  const place = () => {
    for (const [port, elements] of Object.entries(own)) {
      const width = rowSize(ports[port]!);
      places.forEach((at, i) => {
        into[port]!.set(elements.subarray(i * width, (i + 1) * width), at * width);
      });
    }
  };
  const done = source.read(rows, own);
  return done instanceof Promise ? done.then(place) : place();
}

/**
 * How the rows lie together. Rows of each source ascend, evenly spread: a stretch of the mixture comes to
 * two blocks of a source at most, where there are as many stretches as the source has blocks, or more.
 */
function mixedBlocks(sources: readonly RowSource[], rows: number): RowBlocks | undefined {
  const found = sources.flatMap(({ blocks }) => blocks ?? []);
  if (found.length === 0) return undefined;
  const stretches = Math.min(rows, Math.max(...found.map(({ begins }) => begins.length)));
  return {
    begins: Uint32Array.from({ length: stretches }, (_, i) => Math.floor(rows * i / stretches)),
    kept: Math.max(1, Math.floor(Math.min(...found.map(({ kept }) => kept)) / 2)),
  };
}

/** Waits until none writes into the batch any more; throws what the first to fail failed with. */
async function allDone(pending: readonly (void | Promise<void>)[]): Promise<void> {
  for (const result of await Promise.allSettled(pending)) {
    if (result.status === "rejected") throw result.reason;
  }
}
