/**
 * The contract of a device: it says what a planner must know of it, and opens sessions. A session
 * owns one memory, prepares plans (compiles them once) and runs them (as often as wanted).
 *
 * @module
 */
import type { DType, Elements } from "../tensor/mod.ts";
import type { Buffer, Limits, Plan, Target } from "../plan/mod.ts";

/** Whether a device can be used here. */
export type Availability =
  | {
    readonly available: true;
    readonly description: string;
    /** Set where processors do the work of a GPU: `--device auto` passes over it. */
    readonly isSoftware?: boolean;
  }
  | { readonly available: false; readonly reason: string };

/** How a session is opened. */
export interface SessionOptions {
  /** Number of threads, from 1 to the device's `maximumThreads`; results never depend on it. */
  readonly threads?: number;
}

/** How a plan is made ready. */
export interface PrepareOptions {
  /**
   * Whether each run measures itself, for `Executable.times`. Results are the same bits; what reading
   * the clock costs, `RunTimes.clock` says.
   */
  readonly clock?: boolean;
}

/**
 * Where the time of one run of a plan went, in seconds. Of each thread, the times of work, of waiting
 * and of reading the clock add up to `total`. Clocks of different threads are never compared.
 */
export interface RunTimes {
  /** From the call of `run` to its end. */
  readonly total: number;
  /** By command and thread: working on the command. */
  readonly work: readonly Float64Array[];
  /**
   * By command and thread: waiting for other threads before the command and within it; before the
   * first one, setting out: copying inputs, waking threads. One more entry than there are commands:
   * what is left of the run.
   */
  readonly wait: readonly Float64Array[];
  /** By thread: reading the clock. */
  readonly clock: Float64Array;
}

/** A column of rows that a session keeps: what one input of plans is gathered from. */
export interface RowColumn {
  /** Name of the plans' input. */
  readonly name: string;
  /** Type of the elements. */
  readonly dtype: DType;
  /** Elements of a row. */
  readonly length: number;
}

/** Rows that a session keeps on its device, so that a batch is fed by the numbers of its rows. */
export interface KeptRows {
  /** Bytes that they take. */
  readonly bytes: number;
  /** Copies rows there, from row `first` on: an array for each column, of as many rows each. */
  write(first: number, columns: ReadonlyMap<string, Elements>): void;
  /** Gives the memory back. */
  release(): void;
}

/** A batch of rows that are on the device. */
export interface KeptBatch {
  /** The rows that it is of. */
  readonly kept: KeptRows;
  /** Numbers of its rows: as many as the plan has in a batch. */
  readonly rows: Uint32Array;
}

/** A plan made ready to run. */
export interface Executable {
  /** The plan it runs. */
  readonly plan: Plan;
  /**
   * Runs the plan once over the session's memory. Results are in memory when it returns, or when
   * the promise it returns resolves.
   *
   * @param batch Where the inputs that rows were kept for come from; else, as all others, from what
   * stands in their windows. What is computed with them is the same.
   */
  run(batch?: KeptBatch): void | Promise<void>;
  /**
   * Where the time of the last run went; there where the plan was prepared with a clock and the
   * device has one. The next run overwrites what it gave.
   */
  times?(): RunTimes;
  /** Runs that are read together; there where reading waits for the device. */
  readonly queue?: RunQueue;
}

/**
 * Runs of a plan whose outputs stay on the device until they are read together: so the device need not
 * stand still after each run until the host has read what it gave and has fed the next one.
 */
export interface RunQueue {
  /** Most runs before they are collected. */
  readonly most: number;
  /** Runs the plan as `Executable.run` does, and keeps its outputs. */
  run(batch?: KeptBatch): void;
  /** What the runs since the last call gave: of each, in order, the outputs in the order of the plan's. */
  collect(): Promise<readonly (readonly Elements[])[]>;
}

/** What a session must know of a buffer: where its elements lie, and what they are. */
export type BufferRange = Pick<Buffer, "dtype" | "length" | "byteOffset">;

/** One memory of a device and the plans that work on it. */
export interface DeviceSession {
  /** Number of threads that run plans. */
  readonly threads: number;
  /** Compiles a plan, growing the memory to its size. Contents stay. */
  prepare(plan: Plan, options?: PrepareOptions): Executable | Promise<Executable>;
  /**
   * A window of host memory for a buffer: what is written there before `run` is what the plan reads.
   * Ask again after `prepare`: growing the memory moves it.
   */
  input(buffer: BufferRange): Elements;
  /**
   * A window of host memory in which a buffer's elements stand after `run`; `null` where the host does
   * not see the device's memory, so that they must be copied out with `read`. Ask again after
   * `prepare`.
   */
  output(buffer: BufferRange): Elements | null;
  /**
   * Makes room on the device for rows; there where feeding a batch takes longer than feeding the
   * numbers of its rows. They are empty until they are written.
   *
   * @returns `null` where there is no room for so many.
   */
  keepRows?(rows: number, columns: readonly RowColumn[]): Promise<KeptRows | null>;
  /** Copies host elements into a buffer. */
  write(buffer: BufferRange, data: Elements): void | Promise<void>;
  /** Copies a buffer's elements out, as the dtype's own typed array. */
  read(buffer: BufferRange): Elements | Promise<Elements>;
  /** Frees the memory and stops the threads. */
  close(): void | Promise<void>;
}

/** A device on which plans run. */
export interface Device {
  /** Name, as on the command line. */
  readonly name: string;
  /** What the planner must know. */
  readonly target: Target;
  /** Most threads of a session. */
  readonly maximumThreads: number;
  /** Whether it can be used here, and if not, why. */
  probe(): Availability | Promise<Availability>;
  /**
   * Measures what it reaches on this machine, in 0.1 to 0.3 s; absent, or `null`, where that cannot be
   * known.
   */
  measure?(options?: SessionOptions): Promise<Limits | null>;
  /** Opens a session. */
  open(options?: SessionOptions): DeviceSession | Promise<DeviceSession>;
}
