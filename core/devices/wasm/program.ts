/**
 * What becomes one function of a plan's module: a command, or half of one.
 *
 * @module
 */
import type { Buffer } from "../../plan/mod.ts";
import type { ModuleAssembler } from "./assembler.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import type { Arithmetic } from "./lanes.ts";
import type { ThreadFunctions } from "./thread_functions.ts";

/** The part of a program's units that one call does, `begin` up to but without `end`. */
export interface Share {
  readonly begin: Local;
  readonly end: Local;
  /** Address of the calling thread's scratch memory. */
  readonly scratch: Local;
}

/** Code whose outputs are split into units that threads share. A unit's result is the same in any share. */
export interface Program {
  readonly units: number;
  /** Bytes of scratch memory that a thread needs. */
  readonly scratchBytes: number;
  /** Whether it leaves to others what `KernelSite.finish` does with finished rows: its units are no rows. */
  readonly leavesFinish?: boolean;
  /** Whether vectors of 256 bits would make it another program than vectors of 128. */
  readonly hasWide?: boolean;
  /** Writes the code for a share. */
  write(f: FunctionBody, share: Share): void;
}

/** What programs are written with. */
export interface ProgramContext {
  readonly module: ModuleAssembler;
  readonly arithmetic: Arithmetic;
  /** Number of threads that share programs. */
  readonly threads: number;
  /** Where vectors of 256 bits can be had, what makes the functions that V8 merges into such. */
  readonly wide: ThreadFunctions | null;
  readonly buffers: readonly Buffer[];
}
