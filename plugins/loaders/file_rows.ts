/**
 * Rows that are a file each: decoded as they are wanted, and kept in memory as far as they fit.
 *
 * @module
 */
import { type DataPort, type Elements, type RowSource, sha256 } from "../../core/mod.ts";
import { bytesPerRow } from "./block_rows.ts";
import { allocateColumns, copyRows, rowSize } from "./memory_rows.ts";
import { type RowChecks, withInvalid } from "./row_checks.ts";

/** What rows of files are made of. */
export interface CachedFileRowsOptions {
  /** What each port carries, as the loader's `ports` says. */
  readonly ports: Readonly<Record<string, DataPort>>;
  /** The files, each of them a row. */
  readonly files: readonly string[];
  /** The folder that they are in, for messages. */
  readonly folder: string;
  /** What is done with files that cannot be used. */
  readonly checks: RowChecks;
  /** Most bytes of decoded rows that are kept. */
  readonly memoryBytes: number;
  readonly fingerprint: string;
  /** Decodes a file into elements of each port, which are zeroed, or an older row's. */
  load(file: number, into: Readonly<Record<string, Elements>>): Promise<void>;
}

/** Files that are decoded at the same time: more only wait for the processor. */
const together = 8;

/**
 * Offers rows of files, in any order. The first rows are kept, as many as fit.
 *
 * @throws {DataError} When too many files cannot be used, where some may be left out.
 */
export async function cachedFileRows(options: CachedFileRowsOptions): Promise<RowSource> {
  const { folder, checks, fingerprint } = options;
  const rows = new FileRows(options);
  if (!checks.mayDrop) return rows.source(fingerprint);
  await rows.leaveOut(checks);
  checks.requireFew(folder);
  const { found } = checks;
  const isWhole = found!.dropped === 0;
  const left = isWhole ? fingerprint : `names:${sha256(rows.files.map((file) => `${file}\n`))}`;
  return withInvalid(rows.source(left), checks);
}

type Ports = Readonly<Record<string, Elements>>;

/** The rows, and those that are kept. */
class FileRows {
  readonly #load: CachedFileRowsOptions["load"];
  readonly #ports: Readonly<Record<string, DataPort>>;
  readonly #widths: readonly { readonly name: string; readonly width: number }[];
  readonly #cache: Ports;
  readonly #isKept: Uint8Array;
  readonly #allFiles: readonly string[];
  /** The file of each row, by its number. */
  #chosen: Uint32Array;

  constructor({ ports, files, memoryBytes, load }: CachedFileRowsOptions) {
    const kept = Math.min(files.length, Math.floor(memoryBytes / Math.max(1, bytesPerRow(ports))));
    this.#load = load;
    this.#ports = ports;
    this.#allFiles = files;
    this.#cache = allocateColumns(ports, kept);
    this.#isKept = new Uint8Array(kept);
    this.#widths = Object.entries(ports).map(([name, port]) => ({ name, width: rowSize(port) }));
    this.#chosen = Uint32Array.from({ length: files.length }, (_, i) => i);
  }

  /** The file of each row. */
  get files(): string[] {
    return [...this.#chosen].map((i) => this.#allFiles[i]!);
  }

  /** Decodes every file once; those that cannot be used are no rows from now on. */
  async leaveOut(checks: RowChecks): Promise<void> {
    const usable: number[] = [];
    const some = allocateColumns(this.#ports, together);
    for (let first = 0; first < this.#chosen.length; first += together) {
      const numbers = this.#chosen.subarray(first, first + together);
      for (const elements of Object.values(some)) elements.fill(0);
      const results = await Promise.allSettled(
        Array.from(numbers, (number, i) => this.#load(number, this.#rowIn(some, i))),
      );
      for (const [i, result] of results.entries()) {
        const isRow = checks.take(() => {
          if (result.status === "rejected") throw result.reason;
          return [];
        });
        if (!isRow) continue;
        this.#keep(usable.length, this.#rowIn(some, i));
        usable.push(numbers[i]!);
      }
    }
    this.#chosen = Uint32Array.from(usable);
  }

  source(fingerprint: string): RowSource {
    return {
      rows: this.#chosen.length,
      fingerprint,
      read: (wanted, into) => this.#read(wanted, into),
    };
  }

  #read(wanted: Uint32Array, into: Ports): void | Promise<void> {
    if (wanted.every((row) => this.#isKept[row] === 1)) return this.#copy(wanted, into);
    const rows = wanted.slice();
    let next = 0;
    const work = async () => {
      while (next < rows.length) {
        const at = next++;
        await this.#readOne(rows[at]!, this.#rowIn(into, at));
      }
    };
    return allDone(Array.from({ length: Math.min(together, rows.length) }, work));
  }

  async #readOne(row: number, target: Ports): Promise<void> {
    const file = this.#chosen[row]!;
    if (row >= this.#isKept.length) {
      for (const elements of Object.values(target)) elements.fill(0);
      return await this.#load(file, target);
    }
    const own = this.#rowIn(this.#cache, row);
    if (this.#isKept[row] === 0) {
      await this.#load(file, own);
      this.#isKept[row] = 1;
    }
    for (const [name, elements] of Object.entries(own)) target[name]?.set(elements);
  }

  #keep(row: number, decoded: Ports): void {
    if (row >= this.#isKept.length) return;
    const own = this.#rowIn(this.#cache, row);
    for (const [name, elements] of Object.entries(own)) elements.set(decoded[name]!);
    this.#isKept[row] = 1;
  }

  #copy(wanted: Uint32Array, into: Ports): void {
    for (const { name, width } of this.#widths) {
      const target = into[name];
      if (target !== undefined) copyRows({ data: this.#cache[name]!, width }, wanted, target);
    }
  }

  /** One row of elements, by port. */
  #rowIn(columns: Ports, at: number): Ports {
    return Object.fromEntries(this.#widths.flatMap(({ name, width }) => {
      const all = columns[name];
      return all === undefined ? [] : [[name, all.subarray(at * width, (at + 1) * width)]];
    }));
  }
}

/** Waits until none writes any more; throws what the first to fail failed with. */
async function allDone(pending: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(pending)) {
    if (result.status === "rejected") throw result.reason;
  }
}
