/**
 * The function that a module exports: it calls the programs of all commands in order, each thread on
 * its share, with barriers where threads depend on each other.
 *
 * @module
 */
import type { Command } from "../../plan/mod.ts";
import type { ModuleAssembler } from "./assembler.ts";
import type { FunctionBody, Local } from "./function_body.ts";
import type { Stretch } from "./clock.ts";
import type { Program } from "./program.ts";

/** A command of the plan, and the programs that it became. */
export type StepCommand = Pick<Command, "shared" | "barrier"> & {
  readonly programs: readonly Program[];
};

/** A stretch of the step's code. */
export interface StepPart extends Stretch {
  /**
   * Writes it. Local 0 is the thread, 1 their number.
   *
   * @param own Holds the address of the thread's scratch memory.
   */
  write(f: FunctionBody, own: Local): void;
}

/**
 * Makes functions of all programs, and gives the stretches of the step that calls them.
 *
 * @param barrier Function at which threads wait for each other; `null` where there is one thread.
 */
export function stepParts(
  commands: readonly StepCommand[],
  { module, barrier }: {
    readonly module: ModuleAssembler;
    readonly barrier: FunctionBody | null;
  },
): StepPart[] {
  const work = (program: Program, shared: boolean): StepPart["write"] => {
    const body = module.function(
      3,
      (f) => program.write(f, { begin: 0, end: 1, scratch: 2 }),
    );
    return (f, own) => {
      const all = () => f.i32(0).i32(program.units).get(own).call(body);
      if (barrier === null) return all();
      if (!shared) return f.get(0).op("i32.eqz").if(all);
      writeShare(f, program.units);
      f.get(own).call(body);
    };
  };
  return commands.flatMap(({ shared, barrier: waits, programs }, command) => {
    const parts: StepPart[] = [];
    const wait = () => {
      if (barrier === null) return;
      parts.push({ command, kind: "wait", write: (f) => f.get(1).call(barrier) });
    };
    if (waits) wait();
    programs.forEach((program, i) => {
      // the second program of a command reads what the first one wrote
      if (shared && i > 0) wait();
      parts.push({ command, kind: "work", write: work(program, shared) });
    });
    return parts;
  });
}

/** Puts `units · thread / threads` and `units · (thread + 1) / threads` on the stack. */
function writeShare(f: FunctionBody, units: number): void {
  for (const next of [0, 1]) {
    f.get(0).i32(next).op("i32.add").op("i64.extend_i32_u").i64(units).op("i64.mul");
    f.get(1).op("i64.extend_i32_u").op("i64.div_u").op("i32.wrap_i64");
  }
}
