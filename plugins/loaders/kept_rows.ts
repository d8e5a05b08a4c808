/**
 * Rows that are decoded as they are wanted, and kept in shared memory as far as they fit: whichever
 * thread decodes a row, all have it.
 *
 * @module
 */
import type { DataPort, Elements, RowSource } from "../../core/mod.ts";
import { allocateElements, elementBytes, viewElements } from "../../core/tensor/mod.ts";
import { bytesPerRow } from "./block_rows.ts";
import { copyRows, type MemoryColumns, rowSize } from "./memory_rows.ts";

/** What threads share: plain data and shared memory. */
export interface KeptRows {
  /** The file of each row, by its number. */
  readonly files: Uint32Array;
  /** Elements of the first rows, as many as fit. */
  readonly columns: MemoryColumns;
  /** 1 for a row that is there. */
  readonly isKept: Uint8Array;
}

/** Decodes a file, by its number, into elements of each port, which are zeroed. */
export type LoadFile = (file: number, into: MemoryColumns) => void | Promise<void>;

/** What rows of files are made of. */
export interface DecodedRowsOptions {
  /** What each port carries, as the loader's `ports` says. */
  readonly ports: Readonly<Record<string, DataPort>>;
  readonly load: LoadFile;
  readonly kept: KeptRows;
}

/** Room for as many rows as fit into some bytes. */
export function roomForRows(
  ports: Readonly<Record<string, DataPort>>,
  { rows, memoryBytes }: { readonly rows: number; readonly memoryBytes: number },
): KeptRows {
  const kept = Math.min(rows, Math.floor(memoryBytes / Math.max(1, bytesPerRow(ports))));
  const columns = Object.entries(ports).map(([name, port]): [string, Elements] => {
    const { dtype } = port;
    const length = kept * rowSize(port);
    const buffer = new SharedArrayBuffer(length * elementBytes(dtype));
    return [name, viewElements(buffer, { dtype, byteOffset: 0, length })];
  });
  return {
    files: Uint32Array.from({ length: rows }, (_, i) => i),
    columns: Object.fromEntries(columns),
    isKept: new Uint8Array(new SharedArrayBuffer(kept)),
  };
}

/** Offers rows of files, in any order. */
export function decodedRows({ ports, load, kept }: DecodedRowsOptions): RowSource {
  const { files, columns } = kept;
  const readOne = async (row: number, target: MemoryColumns) => {
    if (row >= kept.isKept.length) {
      for (const elements of Object.values(target)) elements.fill(0);
      return await load(files[row]!, target);
    }
    const own = rowIn(columns, { ports, at: row });
    if (!hasRow(kept, row)) {
      // others may read the row as soon as one has it, also while another decodes it once more
      const made = allocateRow(ports);
      await load(files[row]!, made);
      for (const [name, elements] of Object.entries(made)) own[name]!.set(elements);
      Atomics.store(kept.isKept, row, 1);
    }
    for (const [name, elements] of Object.entries(own)) target[name]?.set(elements);
  };
  const readEach = async (rows: Uint32Array, into: MemoryColumns) => {
    for (let at = 0; at < rows.length; at++) {
      await readOne(rows[at]!, rowIn(into, { ports, at }));
    }
  };
  return {
    rows: files.length,
    read(wanted, into) {
      if (!wanted.every((row) => hasRow(kept, row))) return readEach(wanted.slice(), into);
      for (const [name, port] of Object.entries(ports)) {
        const target = into[name];
        const source = { data: columns[name]!, width: rowSize(port) };
        if (target !== undefined) copyRows(source, wanted, target);
      }
    },
  };
}

function allocateRow(ports: Readonly<Record<string, DataPort>>): MemoryColumns {
  return Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [
      name,
      allocateElements(port.dtype, rowSize(port)),
    ]),
  );
}

/** Whether a row is decoded already. */
export function hasRow({ isKept }: KeptRows, row: number): boolean {
  return row < isKept.length && Atomics.load(isKept, row) === 1;
}

/** One row of elements, by port. */
export function rowIn(
  columns: MemoryColumns,
  { ports, at }: { readonly ports: Readonly<Record<string, DataPort>>; readonly at: number },
): MemoryColumns {
  return Object.fromEntries(
    Object.entries(ports).flatMap(([name, port]) => {
      const width = rowSize(port);
      const all = columns[name];
      return all === undefined ? [] : [[name, all.subarray(at * width, (at + 1) * width)]];
    }),
  );
}
