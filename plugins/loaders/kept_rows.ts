/**
 * Rows that are decoded as they are wanted, and kept in shared memory as far as they fit: whichever
 * thread decodes a row, all have it.
 *
 * @module
 */
import { DataError } from "../../core/errors.ts";
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
  /** Present where reading finds out which files can be used: 1 for a file that cannot. */
  readonly isUnusable?: Uint8Array;
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
  const { files, columns, isUnusable } = kept;
  if (isUnusable !== undefined) return triedRows({ ports, load, kept }, isUnusable);
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

/** Decodes files, keeps what fits, and tells which cannot be used; nothing is read into arrays of ports. */
function triedRows({ ports, load, kept }: DecodedRowsOptions, isUnusable: Uint8Array): RowSource {
  const { files, columns } = kept;
  return {
    rows: files.length,
    async read(rows) {
      for (const row of rows) {
        const made = allocateRow(ports);
        try {
          await load(files[row]!, made);
        } catch (error) {
          // a package that is missing: no file is at fault
          if (!(error instanceof DataError) || error.reason === undefined) throw error;
          Atomics.store(isUnusable, row, 1);
          continue;
        }
        if (row >= kept.isKept.length) continue;
        const own = rowIn(columns, { ports, at: row });
        for (const [name, elements] of Object.entries(made)) own[name]!.set(elements);
        Atomics.store(kept.isKept, row, 1);
      }
    },
  };
}

/** The rows of the files that are left of all: what of them is kept moves up. */
export function onlyRows(
  { columns, isKept }: KeptRows,
  { ports, left }: {
    readonly ports: Readonly<Record<string, DataPort>>;
    /** Numbers of the rows that are left, ascending. */
    readonly left: readonly number[];
  },
): KeptRows {
  for (let row = 0; row < isKept.length; row++) {
    const from = left[row] ?? isKept.length;
    isKept[row] = from < isKept.length ? isKept[from]! : 0;
    if (from === row || isKept[row] === 0) continue;
    for (const [name, port] of Object.entries(ports)) {
      const width = rowSize(port);
      columns[name]!.copyWithin(row * width, from * width, (from + 1) * width);
    }
  }
  return { files: Uint32Array.from(left), columns, isKept };
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
