/**
 * Runs that measure themselves: every command is a pass of its own, between two timestamps of the GPU.
 *
 * @module
 */
import type { RunTimes } from "../device.ts";
import type { Dispatches } from "./executable.ts";
import type { Readback } from "./readback.ts";

/** Most timestamps of a query set, as WebGPU has it; commands beyond are measured together. */
const mostQueries = 4096;

/** A plan's run with timestamps. */
export class TimedRun {
  readonly #dispatches: Dispatches;
  readonly #readback: Readback;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #measured: number;
  #seconds: readonly number[] = [];
  #total = 0;

  constructor(device: GPUDevice, dispatches: Dispatches, readback: Readback) {
    this.#dispatches = dispatches;
    this.#readback = readback;
    this.#measured = Math.min(dispatches.count, mostQueries / 2);
    const count = Math.max(2, 2 * this.#measured);
    this.#queries = device.createQuerySet({ type: "timestamp", count });
    this.#resolved = device.createBuffer({
      label: "timestamps",
      size: 8 * count,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
  }

  /** Adds the commands, each in a pass, and the copying of the timestamps. */
  encode(encoder: GPUCommandEncoder): void {
    for (let command = 0; command < this.#dispatches.count; command++) {
      const timestampWrites = {
        querySet: this.#queries,
        beginningOfPassWriteIndex: 2 * command,
        endOfPassWriteIndex: 2 * command + 1,
      };
      const pass = encoder.beginComputePass(command < this.#measured ? { timestampWrites } : {});
      this.#dispatches.encodeCommand(pass, command);
      pass.end();
    }
    encoder.resolveQuerySet(this.#queries, 0, 2 * this.#measured, this.#resolved, 0);
  }

  /** Reads the timestamps of the run that began at `started`, when it is done. */
  async read(started: number): Promise<void> {
    const byteLength = 16 * this.#measured;
    const memory = await this.#readback.read(this.#resolved, { byteOffset: 0, byteLength });
    this.#total = (performance.now() - started) / 1000;
    const nanoseconds = new BigUint64Array(memory);
    this.#seconds = Array.from({ length: this.#dispatches.count }, (_, command) => {
      if (command >= this.#measured) return 0;
      const [from, to] = nanoseconds.subarray(2 * command, 2 * command + 2);
      // drivers may set a clock back
      return Math.max(0, Number(to! - from!) / 1e9);
    });
  }

  /**
   * Where the time of the last run went; all that no kernel took is counted as setting out: encoding,
   * submitting, and waiting for the GPU to tell.
   */
  times(): RunTimes {
    const working = this.#seconds.reduce((sum, seconds) => sum + seconds, 0);
    const rest = Math.max(0, this.#total - working);
    return {
      total: working + rest,
      work: this.#seconds.map((seconds) => Float64Array.of(seconds)),
      wait: Array.from(
        { length: this.#seconds.length + 1 },
        (_, i) => Float64Array.of(i === 0 ? rest : 0),
      ),
      clock: Float64Array.of(0),
    };
  }

  /** Gives the memory back. */
  destroy(): void {
    this.#queries.destroy();
    this.#resolved.destroy();
  }
}
