/**
 * The contract of a device: it says what a planner must know of it, and opens sessions. A session
 * owns one memory, prepares plans (compiles them once) and runs them (as often as wanted).
 *
 * @module
 */
import type { Elements } from "../tensor/mod.ts";
import type { Buffer, Plan, Target } from "../plan/mod.ts";

/** Whether a device can be used here. */
export type Availability =
  | { readonly available: true; readonly description: string }
  | { readonly available: false; readonly reason: string };

/** How a session is opened. */
export interface SessionOptions {
  /** Number of threads; results never depend on it. */
  readonly threads?: number;
}

/** A plan made ready to run. */
export interface Executable {
  /** The plan it runs. */
  readonly plan: Plan;
  /**
   * Runs the plan once over the session's memory. Results are in memory when it returns, or when
   * the promise it returns resolves.
   */
  run(): void | Promise<void>;
}

/** What a session must know of a buffer: where its elements lie, and what they are. */
export type BufferRange = Pick<Buffer, "dtype" | "length" | "byteOffset">;

/** One memory of a device and the plans that work on it. */
export interface DeviceSession {
  /** Number of threads that run plans. */
  readonly threads: number;
  /** Compiles a plan, growing the memory to its size. Contents stay. */
  prepare(plan: Plan): Executable | Promise<Executable>;
  /**
   * A window of host memory for a buffer: what is written there before `run` is what the plan reads.
   * Ask again after `prepare`: growing the memory moves it.
   */
  input(buffer: BufferRange): Elements;
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
  /** Whether it can be used here, and if not, why. */
  probe(): Availability | Promise<Availability>;
  /** Opens a session. */
  open(options?: SessionOptions): DeviceSession | Promise<DeviceSession>;
}
