/**
 * The memory of the reference device, and the plans that run on it.
 *
 * @module
 */
import { formatAmount } from "../../format.ts";
import { allocateElements, type Elements } from "../../tensor/mod.ts";
import type { Plan } from "../../plan/mod.ts";
import type { BufferRange, DeviceSession, Executable, RunTimes } from "../device.ts";
import { compileKernel, referenceElementBytes } from "./kernel.ts";

/** A session of the reference device: one array of float64 is its memory. */
export class ReferenceSession implements DeviceSession {
  /** The reference runs on one. */
  readonly threads = 1;
  #memory = new Float64Array(0);
  /** Windows handed out by `input`, by place. Running a plan copies those of its inputs. */
  readonly #windows = new Map<string, Elements>();

  /**
   * Makes a function of every kernel, and grows the memory to the plan's size. Contents stay. Runs
   * are always timed: beside these kernels, reading a clock takes nothing.
   */
  prepare(plan: Plan): Executable & { run(): void } {
    this.#grow(Math.ceil(plan.bytes / referenceElementBytes));
    const kernels = plan.commands.map(({ kernel }) => compileKernel(kernel, plan.buffers));
    const inputs = plan.inputs.map(({ buffer }) => plan.buffers[buffer]!);
    const readings = new Float64Array(kernels.length + 2);
    return {
      plan,
      run: () => {
        readings[0] = performance.now();
        for (const input of inputs) {
          const window = this.#windows.get(keyOf(input));
          if (window !== undefined) this.#memory.set(window, firstOf(input));
        }
        readings[1] = performance.now();
        kernels.forEach((kernel, i) => {
          kernel(this.#memory);
          readings[i + 2] = performance.now();
        });
      },
      times: () => timesOf(readings),
    };
  }

  /** A window of host memory for a buffer; runs of plans that it is an input of read it. */
  input(buffer: BufferRange): Elements {
    const key = keyOf(buffer);
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = this.read(buffer);
      this.#windows.set(key, window);
    }
    return window;
  }

  /** None: results are rounded to their dtype as they are copied out. */
  output(): null {
    return null;
  }

  /**
   * Copies host elements into a buffer, and into its window where there is one.
   *
   * @throws {RangeError} When the number of elements differs.
   */
  write(buffer: BufferRange, data: Elements): void {
    if (data.length !== buffer.length) {
      throw new RangeError(
        `Cannot write ${formatAmount(data.length, "element")} into a buffer of ${buffer.length}`,
      );
    }
    this.#view(buffer).set(data);
    this.#windows.get(keyOf(buffer))?.set(data);
  }

  /** Copies a buffer's elements out, rounded to its dtype. */
  read(buffer: BufferRange): Elements {
    const elements = allocateElements(buffer.dtype, buffer.length);
    elements.set(this.#view(buffer));
    return elements;
  }

  /** Copies a buffer's elements out with all their digits. */
  readExact(buffer: BufferRange): Float64Array {
    return this.#view(buffer).slice();
  }

  /** Lets go of the memory and the windows. */
  close(): void {
    this.#memory = new Float64Array(0);
    this.#windows.clear();
  }

  #view(buffer: BufferRange): Float64Array {
    const first = firstOf(buffer);
    this.#grow(first + buffer.length);
    return this.#memory.subarray(first, first + buffer.length);
  }

  #grow(length: number): void {
    if (length <= this.#memory.length) return;
    const memory = new Float64Array(length);
    memory.set(this.#memory);
    this.#memory = memory;
  }
}

/** The times of a run, from readings in milliseconds: at its start, and around each kernel. */
function timesOf(readings: Float64Array): RunTimes {
  const seconds = (to: number, from = to - 1) => (readings[to]! - readings[from]!) / 1000;
  const commands = readings.length - 2;
  return {
    total: seconds(commands + 1, 0),
    work: Array.from({ length: commands }, (_, i) => Float64Array.of(seconds(i + 2))),
    wait: Array.from({ length: commands + 1 }, (_, i) => Float64Array.of(i === 0 ? seconds(1) : 0)),
    clock: Float64Array.of(0),
  };
}

function firstOf({ byteOffset }: BufferRange): number {
  return byteOffset / referenceElementBytes;
}

function keyOf({ dtype, length, byteOffset }: BufferRange): string {
  return `${dtype}[${length}]@${byteOffset}`;
}
