/**
 * Where threads wait for each other. A barrier counts those that have come; the last one begins a new
 * round, and the others wait for that: first they look again and again, which takes less than a
 * microsecond when all come at about the same time, then they sleep.
 *
 * A thread that fails begins a new round too, and says so: those who wait, and all who
 * come later, stop with a trap in place of waiting for ever.
 *
 * The words stand in the memory that the device keeps for itself, each in a cache line of its own.
 *
 * Source: Mellor-Crummey, Scott, "Algorithms for scalable synchronization on shared-memory
 * multiprocessors", TOCS 1991 (centralized barrier; a count of rounds in place of the sense).
 *
 * @module
 */
import type { ModuleAssembler } from "./assembler.ts";
import type { FunctionBody } from "./function_body.ts";

/** Byte addresses of the words that threads share. */
export const controlWords = {
  /** How many have come to the barrier. */
  arrived: 0,
  /** How many barriers have been passed. */
  round: 64,
  /**
   * Bytes of the text of a failure; not 0 when a thread has failed, and will come to no barrier any
   * more. Read with `round`, and so beside it.
   */
  failed: 68,
  /** How often there was something to do: what workers wait for. */
  call: 128,
  /** Number of the program to run; or one of `controlSignals`. */
  program: 192,
  /** The text of a failure, of at most `failureBytes`. */
  failure: 256,
} as const;

/** Room for the text of a failure. */
export const failureBytes = 256;

/** What `controlWords.program` says besides a program's number. */
export const controlSignals = { readMessages: -1, end: -2 } as const;

/**
 * Looks before a thread sleeps: some milliseconds. Whoever it waits for computes meanwhile, and waking
 * a sleeper takes 60 us, which a step with many barriers pays at each.
 */
const looks = 1000000;

/**
 * Makes the function at which threads wait for each other. Its parameter is the number of threads.
 *
 * @param isCrowded Whether there are more threads than processors, so that a thread that only looks
 * keeps another from coming: then it sleeps at once.
 */
export function barrierFunction(
  module: ModuleAssembler,
  { isCrowded }: { readonly isCrowded: boolean },
): FunctionBody {
  const { arrived, round, failed } = controlWords;
  return module.function(1, (f) => {
    const [before, left] = [f.local("i32"), f.local("i32")];
    const stopOnFailure = () => {
      f.i32(0).atomic("i32.atomic.load", failed).if(() => f.op("unreachable"));
    };
    f.i32(0).atomic("i32.atomic.load", round).set(before);
    stopOnFailure();
    f.i32(0).i32(1).atomic("i32.atomic.rmw.add", arrived);
    f.i32(1).op("i32.add").get(0).op("i32.eq").if(() => {
      f.i32(0).i32(0).atomic("i32.atomic.store", arrived);
      f.i32(0).i32(1).atomic("i32.atomic.rmw.add", round).op("drop");
      f.i32(0).i32(-1).atomic("memory.atomic.notify", round).op("drop");
      f.op("return");
    });
    f.block((passed) => {
      f.i32(isCrowded ? 1 : looks).set(left);
      f.loop((again) => {
        f.i32(0).atomic("i32.atomic.load", round).get(before).op("i32.ne").branchIf(passed);
        f.get(left).i32(-1).op("i32.add").tee(left).branchIf(again);
      });
      f.loop((again) => {
        f.i32(0).get(before).i64(-1).atomic("memory.atomic.wait32", round).op("drop");
        f.i32(0).atomic("i32.atomic.load", round).get(before).op("i32.eq").branchIf(again);
      });
    });
    stopOnFailure();
  });
}
