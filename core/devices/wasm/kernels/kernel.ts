/**
 * The contract of a kernel: the code of one op that has loops of its own.
 *
 * A kernel is a function of the operands' specs and the op's params. It gives `null` when it does not
 * apply, and else a program maker, which is told where the operands lie and writes the code. It knows
 * nothing of graphs or stages. `mod.ts` lists the kernels.
 *
 * @module
 */
import type { Shape } from "../../../tensor/mod.ts";
import type { ModuleAssembler } from "../assembler.ts";
import type { FunctionBody, Local } from "../function_body.ts";
import type { Arithmetic } from "../lanes.ts";
import type { Source } from "../nest.ts";
import type { Program } from "../program.ts";
import type { ThreadFunctions } from "../thread_functions.ts";

/** An operand: where it lies and how it is walked by its own shape. */
export interface Operand extends Source {
  readonly shape: Shape;
}

/** What a kernel's program is made of. */
export interface KernelSite {
  readonly module: ModuleAssembler;
  readonly arithmetic: Arithmetic;
  /** Number of threads that share the program. */
  readonly threads: number;
  /** Where vectors of 256 bits can be had, what makes the functions that V8 merges into such. */
  readonly wide: ThreadFunctions | null;
  readonly operands: readonly Operand[];
  /** Where the output goes: its shape, row-major without gaps, from the address `base` on. */
  readonly output: { readonly base: number; readonly shape: Shape };
  /**
   * Writes what is to be done with finished rows of the output (its last axis is a row), from the
   * number in `first` up to but without that in `end`. A kernel calls it once for every row, while
   * the row is likely to be in cache; or never, and says so with `leavesFinish`.
   */
  finish(f: FunctionBody, rows: { readonly first: Local; readonly end: Local }): void;
}

/** Makes the program of an op at a site. */
export type MakeProgram = (site: KernelSite) => Program;
