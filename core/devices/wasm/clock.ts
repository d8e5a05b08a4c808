/**
 * How a step measures itself: each thread reads a clock before and after every stretch of work and of
 * waiting, and leaves the readings in memory of its own; the host makes times of them after a run.
 *
 * The clock is `performance.now`, called from the module, some 0.1 us a reading. Each thread has an
 * origin of its own, so only readings of one thread are compared. Every step begins with two readings
 * in a row: their shortest distance so far is what one reading takes, and is taken off every stretch.
 *
 * @module
 */
import type { Plan } from "../../plan/mod.ts";
import type { RunTimes } from "../device.ts";
import type { Callee, FunctionBody, Local } from "./function_body.ts";

/** A stretch of a step between two readings. */
export interface Stretch {
  /** Number of the command in the plan. */
  readonly command: number;
  /** Whether threads compute or wait for each other. */
  readonly kind: "work" | "wait";
}

/** Name of the import by which a module reads the clock: milliseconds, as an f64. */
export const clockImport = "now";

/** Where a module leaves its readings. */
export interface ClockLayout {
  readonly stretches: readonly Stretch[];
  /** Address of the readings of thread 0; those of the next thread lie `threadBytes` behind. */
  readonly byteOffset: number;
  /** A multiple of a cache line, so that threads share none. */
  readonly threadBytes: number;
}

const readingBytes = 8;
/** Readings before the first stretch: the second one tells what reading takes. */
const firstReadings = 2;

/** Lays the readings of a step out from an address on. */
export function clockLayout(stretches: readonly Stretch[], byteOffset: number): ClockLayout {
  const bytes = (firstReadings + stretches.length) * readingBytes;
  return { stretches, byteOffset, threadBytes: Math.ceil(bytes / 64) * 64 };
}

/** Writes code that reads the clock. */
export class ClockWriter {
  readonly #f: FunctionBody;
  readonly #now: Callee;
  readonly #own: Local;
  #readings = 0;

  /** Reads the clock twice. Local 0 of the function is the thread. */
  constructor(f: FunctionBody, now: Callee, { byteOffset, threadBytes }: ClockLayout) {
    this.#f = f;
    this.#now = now;
    this.#own = f.local("i32");
    f.get(0).i32(threadBytes).op("i32.mul").i32(byteOffset).op("i32.add").set(this.#own);
    for (let i = 0; i < firstReadings; i++) this.read();
  }

  /** Reads it at the end of a stretch. */
  read(): void {
    const offset = readingBytes * this.#readings++;
    this.#f.get(this.#own).call(this.#now).memory("f64.store", offset);
  }
}

/** A run whose readings are taken up, of the first threads of a step. */
export function timed(run: () => void, reader: ClockReader, threads: number): () => void {
  return () => {
    const began = performance.now();
    run();
    reader.take(began, performance.now(), threads);
  };
}

/** Makes times of the readings of a run. */
export class ClockReader {
  readonly #stretches: readonly Stretch[];
  readonly #readings: readonly Float64Array[];
  /** Seconds that one reading takes. */
  #reading = Infinity;
  /** Times of the last run; overwritten by the next one. */
  readonly times: RunTimes & { total: number };

  /** Reads the readings that threads leave in a memory. */
  constructor(
    { stretches, byteOffset, threadBytes }: ClockLayout,
    { plan: { commands }, threads, buffer }: {
      readonly plan: Plan;
      readonly threads: number;
      readonly buffer: ArrayBufferLike;
    },
  ) {
    const perThread = (): Float64Array => new Float64Array(threads);
    this.#stretches = stretches;
    this.#readings = Array.from(
      { length: threads },
      (_, thread) =>
        new Float64Array(
          buffer,
          byteOffset + thread * threadBytes,
          firstReadings + stretches.length,
        ),
    );
    this.times = {
      total: 0,
      work: commands.map(perThread),
      wait: [...commands, null].map(perThread),
      clock: perThread(),
    };
  }

  /**
   * Takes up a run of the first `threads` threads that began and ended, by thread 0's clock, at these
   * milliseconds; the other threads waited meanwhile.
   */
  take(began: number, ended: number, threads: number): void {
    const { times } = this;
    times.total = (ended - began) / 1000;
    for (const thread of this.#readings.keys()) {
      if (thread < threads) this.#takeThread(thread, began);
      else this.#takeIdle(thread);
    }
  }

  #takeIdle(thread: number): void {
    const { total, work, wait, clock } = this.times;
    for (const seconds of [...work, ...wait]) seconds[thread] = 0;
    clock[thread] = 0;
    wait.at(-1)![thread] = total;
  }

  #takeThread(thread: number, began: number): void {
    const { total, work, wait, clock } = this.times;
    const readings = this.#readings[thread]!;
    for (const seconds of work) seconds[thread] = 0;
    for (const seconds of wait) seconds[thread] = 0;
    const first = (readings[1]! - readings[0]!) / 1000;
    this.#reading = Math.min(this.#reading, first);
    const start = thread === 0 ? (readings[0]! - began) / 1000 : 0;
    wait[0]![thread] = start;
    let reads = first;
    let known = start + first;
    this.#stretches.forEach(({ command, kind }, i) => {
      const stretch = (readings[firstReadings + i]! - readings[firstReadings + i - 1]!) / 1000;
      const read = Math.min(stretch, this.#reading);
      (kind === "work" ? work : wait)[command]![thread]! += stretch - read;
      reads += read;
      known += stretch;
    });
    clock[thread] = reads;
    // the last barrier; and of threads other than the first, what they came late
    wait.at(-1)![thread] = total - known;
  }
}
