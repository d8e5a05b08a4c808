/**
 * Rows held in memory, as loaders of small sets give them to the runtime.
 *
 * @module
 */
import type { DataPort, Elements, RowSource } from "../../core/mod.ts";
import { allocateElements, sizeOf } from "../../core/tensor/mod.ts";
import { sha256 } from "../../core/formats/mod.ts";

/** The elements of each port, row after row. */
export type MemoryColumns = Readonly<Record<string, Elements>>;

/** What rows in memory are made of. */
export interface MemoryRowsOptions {
  /** What each port carries, as the loader's `ports` says. */
  readonly ports: Readonly<Record<string, DataPort>>;
  /** The elements of each port; the rows own them from now on. */
  readonly columns: MemoryColumns;
  /** Hash of the data. Default: that of the elements. */
  readonly fingerprint?: string;
}

/** Rows up to this width are copied by a loop, which is faster than a view and a block copy. */
const narrow = 32;

/** Offers rows of typed arrays. */
export function memoryRows(options: MemoryRowsOptions): RowSource {
  const columns = Object.entries(options.columns).map(([port, data]) => {
    const width = rowSize(options.ports[port]!);
    return { port, data, width, rows: width === 0 ? 0 : data.length / width };
  });
  let fingerprint = options.fingerprint;
  return {
    rows: columns[0]?.rows ?? 0,
    inMemory: true,
    get fingerprint() {
      return fingerprint ??= fingerprintOf(options.columns);
    },
    read(wanted, into) {
      for (const { port, data, width } of columns) {
        const target = into[port];
        if (target !== undefined) copyRows({ data, width }, wanted, target);
      }
    },
    close() {
      for (const { data: { buffer } } of columns) {
        // at once: a collection may be long in coming, and the next split is large too
        if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
      }
    },
  };
}

/** Hash of named elements. */
export function fingerprintOf(columns: MemoryColumns): string {
  const parts = Object.entries(columns).flatMap((
    [port, data],
  ) => [`${port}:${data.length};`, data]);
  return `sha256:${sha256(parts)}`;
}

/** Elements of one row of a port; a label is one. */
export function rowSize(port: DataPort): number {
  return port.kind === "labels" ? 1 : sizeOf(port.shape);
}

/** The narrowest dtype for class numbers. */
export function labelDType(classes: number): "u8" | "i32" {
  return classes <= 256 ? "u8" : "i32";
}

/** Zeroed elements for `rows` rows of each port. */
export function allocateColumns(
  ports: Readonly<Record<string, DataPort>>,
  rows: number,
): Record<string, Elements> {
  return Object.fromEntries(
    Object.entries(ports).map((
      [name, port],
    ) => [name, allocateElements(port.dtype, rows * rowSize(port))]),
  );
}

/** Copies the wanted rows; neighbours in the source go in one block. */
export function copyRows(
  { data, width }: { readonly data: Elements; readonly width: number },
  wanted: Uint32Array,
  target: Elements,
): void {
  // each row's first element first: their cache misses overlap, which takes a third off shuffled rows
  for (let i = 0; i < wanted.length; i++) target[i * width] = data[wanted[i]! * width]!;
  if (width === 1) return;
  for (let i = 0; i < wanted.length;) {
    let end = i + 1;
    while (end < wanted.length && wanted[end] === wanted[end - 1]! + 1) end++;
    const from = wanted[i]! * width;
    const length = (end - i) * width;
    if (length <= narrow) {
      for (let j = 0; j < length; j++) target[i * width + j] = data[from + j]!;
    } else target.set(data.subarray(from, from + length), i * width);
    i = end;
  }
}
