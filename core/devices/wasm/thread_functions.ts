/**
 * Functions that work on a thread's own scratch memory at addresses that stand in their code: one copy
 * of the code for each thread.
 *
 * V8 can merge two neighbouring operations on 128 bits into one on 256 (`--experimental-wasm-revectorize`),
 * but between two accesses whose address is computed at run time stands the check of the second one's
 * bounds, and it merges nothing across that. A constant address within the smallest memory needs no
 * check.
 *
 * @module
 */
import type { ModuleAssembler } from "./assembler.ts";
import type { FunctionBody } from "./function_body.ts";

/** A function whose copies are not written yet. */
interface Pending {
  readonly copies: readonly FunctionBody[];
  readonly write: WriteCopy;
}

/** Writes the copy of a thread whose scratch memory begins at the address `base`. */
export type WriteCopy = (f: FunctionBody, own: ThreadCopy) => void;

/** The thread that a copy is written for. */
export interface ThreadCopy {
  /** Number of the thread. */
  readonly thread: number;
  /** Address of its scratch memory. */
  readonly base: number;
}

/** A function with one copy for each thread. */
export interface ThreadFunction {
  /** The copies, by the number of the thread. */
  readonly copies: readonly FunctionBody[];
}

/** The functions of a module that are copied for each thread. */
export class ThreadFunctions {
  readonly #module: ModuleAssembler;
  readonly #threads: number;
  readonly #pending: Pending[] = [];
  readonly #shared = new Map<string, ThreadFunction>();
  readonly #dispatchers: ((baseOf: (thread: number) => number) => void)[] = [];

  constructor(module: ModuleAssembler, threads: number) {
    this.#module = module;
    this.#threads = threads;
  }

  /** The function that was made under a key, made now if there is none. */
  shared(key: string, parameterCount: number, write: WriteCopy): ThreadFunction {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const copies = Array.from(
      { length: this.#threads },
      () => this.#module.declare(parameterCount),
    );
    this.#pending.push({ copies, write });
    const made = { copies };
    this.#shared.set(key, made);
    return made;
  }

  /**
   * The function that calls the copy of the calling thread: it takes the parameters of the copies and,
   * behind them, the address of the thread's scratch memory.
   */
  dispatcher({ copies }: ThreadFunction): FunctionBody {
    const parameterCount = copies[0]!.parameterCount;
    return this.#module.shared(`copies ${copies[0]!.index}`, () => {
      const f = this.#module.declare(parameterCount + 1);
      this.#dispatchers.push((baseOf) => {
        const call = (copy: FunctionBody) => {
          for (let i = 0; i < parameterCount; i++) f.get(i);
          f.call(copy);
        };
        copies.slice(1).forEach((copy, i) => {
          f.get(parameterCount).i32(baseOf(i + 1)).op("i32.eq").if(() => {
            call(copy);
            f.op("return");
          });
        });
        call(copies[0]!);
      });
      return f;
    });
  }

  /** Writes every copy, now that it is known where the threads' scratch memories lie. */
  write(baseOf: (thread: number) => number): void {
    // a copy may ask for further functions
    for (const { copies, write } of this.#pending) {
      copies.forEach((copy, thread) => write(copy, { thread, base: baseOf(thread) }));
    }
    for (const write of this.#dispatchers) write(baseOf);
  }
}
