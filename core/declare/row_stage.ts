/**
 * The contract of stages that open rows: **loaders**, and **rows** stages, which open the rows of others
 * in a way of their own.
 *
 * @module
 */
import type { DType, Elements, Shape } from "../tensor/mod.ts";
import type { DefinitionBase } from "./definition.ts";

/** Which part of the data a loader opens. */
export type Split = "train" | "validation" | "test";

/** What a data port carries, per row. */
export type DataPort =
  | {
    readonly kind: "tensor";
    readonly dtype: DType;
    /** Shape of one row, without the batch axis. */
    readonly shape: Shape;
    /** Names of the columns, for tables: as many as the row has elements, or one of text. */
    readonly columns?: readonly string[];
    /** The row is text: bytes of UTF-8, zeros after its end. Only of u8 with one axis. */
    readonly encoding?: "utf-8";
    /** What becomes of text that is longer: it is cut between characters. Else it is an error. */
    readonly longer?: "cut";
    /** What a number becomes that is missing in a table: NaN. Else it is an error. */
    readonly missing?: "nan";
  }
  | {
    readonly kind: "labels";
    readonly dtype: "u8" | "i32";
    readonly classes: number;
    /** Names of the classes. */
    readonly names?: readonly string[];
    /** Name of the column, for tables. */
    readonly column?: string;
  };

/** A data port of one kind. */
export type DataPortOf<K extends DataPort["kind"]> = Extract<DataPort, { readonly kind: K }>;

/** Blocks of rows that lie together in a file, where one row costs about as much as its block. */
export interface RowBlocks {
  /** First row of each block, ascending from 0; the last block ends with the rows. */
  readonly begins: Uint32Array;
  /** How many blocks the source keeps in memory, at least 1: those that were read last. */
  readonly kept: number;
}

/** Rows of a split that could not be read, or broke a rule of their loader. */
export interface InvalidRows {
  /** Whether rows that break a rule were left out, or kept. What cannot be read is always left out. */
  readonly policy: "drop" | "report";
  /** Number of rows that were looked at, all those counted here among them. */
  readonly checked: number;
  /** Number of rows that were left out. */
  readonly dropped: number;
  /** Number of rows that were kept though they break a rule. */
  readonly kept: number;
  /** How many rows have each fault, most first; a row that breaks several rules is in several. */
  readonly faults: readonly InvalidFault[];
  /** The first of these rows. */
  readonly examples: readonly InvalidExample[];
}

/** A kind of fault, and how many rows have it. */
export interface InvalidFault {
  /** What is wrong, in few words: `"not a number"`. */
  readonly reason: string;
  /** The column that it is in, where it is in one. */
  readonly column?: string | number;
  /** Number of rows that have it. */
  readonly rows: number;
}

/** A row with a fault. */
export interface InvalidExample {
  /** Path of its file. */
  readonly file: string;
  /** Its row in the file, from 1; absent where the file is the row. */
  readonly row?: number;
  /** The column that the fault is in, where it is in one. */
  readonly column?: string | number;
  /** What is wrong, with its details. */
  readonly message: string;
}

/**
 * How rows are read in Workers: a module opens them there once more. Rows that take their time, as files
 * that are decoded do, are read by several at a time, and some batches ahead of the step.
 */
export interface WorkerRows {
  /** Address of a module whose default export is a {@linkcode RowOpener}: its `import.meta.url`. */
  readonly module: string;
  /** What the opener is given: plain data, as `structuredClone` copies it; shared memory stays shared. */
  readonly given: unknown;
  /** Whether some rows are in memory, so that the source's own `read` gives them at once. */
  has?(rows: Uint32Array): boolean;
}

/** Opens in a Worker the rows that were opened elsewhere: it reads the same ones. */
// deno-lint-ignore no-explicit-any
export type RowOpener = (given: any) => RowSource | Promise<RowSource>;

/**
 * Rows that can be read in any order. So is a file that is a stream by its format: as it is opened it
 * is passed over once, for an index of where its blocks begin, and what is read later is a few blocks,
 * whatever the file's length. There is no other contract for streams: a bounded shuffle is an order of
 * rows, a function of seed and epoch as any other, that keeps within `blocks.kept` blocks at a time.
 */
export interface RowSource {
  /** Number of rows. */
  readonly rows: number;
  /**
   * Whether all rows are in memory and stay as they are, so that `read` copies them at once: whoever wants
   * the same rows in a run shares the source, and a device may keep a copy.
   */
  readonly inMemory?: boolean;
  /** How rows lie together; absent where every order of rows costs the same, as in memory. */
  readonly blocks?: RowBlocks;
  /** Hash of the data or of what identifies it, for the run's record. */
  readonly fingerprint?: string | undefined;
  /** What was found of rows that cannot be used; absent where such rows are an error. */
  readonly invalid?: InvalidRows;
  /** How a Worker reads the same rows; absent where nothing is gained by it, as in memory. */
  readonly inWorkers?: WorkerRows;
  /**
   * How many calls of `read` may be under way at a time; 1 when absent. So many batches are asked for
   * ahead. It may change as rows are read.
   */
  readonly readsAtOnce?: number;
  /** Copies rows, one after the other, into one array per port. */
  read(rows: Uint32Array, into: Readonly<Record<string, Elements>>): void | Promise<void>;
  /** Lets go of files. */
  close?(): void;
}

/** What opening a loader is told. */
export interface OpenContext<Config> {
  /** The loader's full configuration. */
  readonly config: Config;
  /** The part of the data to open. */
  readonly split: Split;
  /** The run's seed, for a loader that makes or divides its rows by it. */
  readonly seed: number;
  /** The stage's path, for messages. */
  readonly path: string;
  /** Rows that are asked for at most, the first ones: a loader may read no more, and offer no more. */
  readonly limit?: number | undefined;
  /** Takes what is to be told of work that takes its time, as downloads do; absent where nobody listens. */
  readonly tell?: ((text: string) => void) | undefined;
  /**
   * Gives rows that Workers read, as their `inWorkers` says, where that pays: for a loader that reads its rows
   * as it is opened, to find out which can be used. Absent where there are no Workers.
   */
  readonly byWorkers?: ((source: RowSource) => RowSource) | undefined;
}

/** A stage that opens rows of named, typed columns. */
export interface LoaderDefinition<Options = unknown, Config = unknown>
  extends DefinitionBase<Options, Config> {
  /** Tells a loader from the other definitions. */
  readonly kind: "loader";
  /** A loader is a family of its own. */
  readonly family: "loader";
  /** What each output port carries. Pure: nothing is read yet. */
  ports(config: Config): Readonly<Record<string, DataPort>>;
  /** Opens a split; `null` when there is no such split. */
  open(context: OpenContext<Config>): RowSource | null | Promise<RowSource | null>;
  /** How it reads files of no split; absent where a file is no row. */
  readonly records?: RecordFiles<Config>;
}

/** How a loader whose rows are a file each reads files that are given to predict from. */
export interface RecordFiles<Config = unknown> {
  /** Ends of their names, in lower case, with the dot. */
  readonly extensions: readonly string[];
  /** Opens files as rows, in their order. Nothing is known of their labels. */
  open(config: Config, files: readonly string[]): RowSource | Promise<RowSource>;
  /**
   * What it makes of a text that stands in a table, and not in a file: of a mail, what follows its header.
   * The text itself when absent.
   */
  textOf?(config: Config, text: string, place: RecordPlace): string;
}

/** Where a record stands, for errors. */
export interface RecordPlace {
  /** Path of its file. */
  readonly file: string;
  /** Its row in the file, from 1. */
  readonly row: number;
  /** Name of its column; its number where it has none. */
  readonly column: string | number;
}

/** An input port that takes all the outputs of a loader, or of a stage that reads one. */
export interface RowsPort {
  /** What flows into it: whole rows. */
  readonly kind: "rows";
  /** Whether the port may stay unconnected. */
  readonly optional?: boolean;
  /** Whether it takes an array of them, of any length: as `data1`, `data2` and so on for `data`. */
  readonly variadic?: boolean;
}

/** The rows of a stage, as a rows stage reads them. */
export interface RowsInput {
  /** What each port carries. */
  readonly ports: Readonly<Record<string, DataPort>>;
  /** Opens a split; `null` when there is no such split. Whoever opens it closes it. */
  open(split: Split): Promise<RowSource | null>;
}

/** What opening a rows stage is told. */
export interface OpenRowsContext<Config> extends OpenContext<Config> {
  /** The stages whose rows it reads, by input port. */
  readonly inputs: Readonly<Record<string, RowsInput>>;
}

/** A stage that opens the rows of other stages in a way of its own. */
export interface RowsDefinition<Options = unknown, Config = unknown>
  extends DefinitionBase<Options, Config> {
  /** Tells a rows stage from the other definitions. */
  readonly kind: "rows";
  /** For all that reads it, it is a loader. */
  readonly family: "loader";
  /** Its input ports: each takes all the outputs of a loader or rows stage. */
  readonly inputs: Readonly<Record<string, RowsPort>>;
  /**
   * Whether some rows of a split may occur in it more than once, of inputs that have none in common;
   * never, when absent.
   */
  repeatsRows?(config: Config): boolean;
  /** Whether it divides the rows of one split among several: no row of those may be repeated before. */
  readonly dividesRows?: boolean;
  /** What each output port carries. Pure: nothing is read yet. */
  ports(
    inputs: Readonly<Record<string, Readonly<Record<string, DataPort>>>>,
    config: Config,
  ): Readonly<Record<string, DataPort>>;
  /** Opens a split; `null` when there is no such split. */
  open(context: OpenRowsContext<Config>): RowSource | null | Promise<RowSource | null>;
}
