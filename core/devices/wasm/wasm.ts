/**
 * The `wasm` device: plans run as WebAssembly that is assembled at run time, one module a plan, over
 * one shared memory.
 *
 * @module
 */
import { pipelineError } from "../../errors.ts";
import { formatAmount, formatBytes } from "../../format.ts";
import { type DType, elementBytes, type Elements, viewElements } from "../../tensor/mod.ts";
import type { Plan, Target } from "../../plan/mod.ts";
import type {
  Availability,
  BufferRange,
  Device,
  DeviceSession,
  Executable,
  PrepareOptions,
  SessionOptions,
} from "../device.ts";
import { requireThreads } from "../threads.ts";
import { measureLimits } from "../limits.ts";
import { ModuleAssembler } from "./assembler.ts";
import type { PlainOpcode } from "./function_body.ts";
import { clockImport, ClockReader, timed } from "./clock.ts";
import { findKernel } from "../kernel_list.ts";
import { kernels } from "./kernels/mod.ts";
import type { Arithmetic } from "./lanes.ts";
import { assemblePlan, maximumPages, pageBytes } from "./module.ts";
import { Sharing } from "./sharing.ts";
import { isCrowded, Threads } from "./threads.ts";
import { type Run, Trial, type VectorBits } from "./trial.ts";

/** How the device computes. */
export interface WasmDeviceOptions {
  /**
   * `fast` (the default) adds products with relaxed multiply-add, which rounds once where the
   * processor can; `strict` gives the same bits on every machine.
   */
  readonly arithmetic?: "fast" | "strict";
  /**
   * Bits of the vectors that matrix multiplication and convolution compute in. 256 are had where V8
   * runs with `--experimental-wasm-revectorize` on a processor that has them; elsewhere code for them
   * is right, and slower. With `"auto"` (the default) long work finds out which is faster. Results have
   * the same bits either way.
   */
  readonly vectorBits?: 128 | 256 | "auto";
}

/** What a planner must know of the device. */
const target: Target = {
  device: "wasm",
  elementBytes: (dtype: DType) => elementBytes(dtype),
  alignment: 64,
  limitBytes: maximumPages * pageBytes,
  reservedBytes: 1024,
  // half of what a core of 2023 reaches: 50 GFLOP/s of 128-bit multiply-add, 40 GB/s of cached memory
  estimateNs: ({ flops, bytes }) => Math.max(flops / 25, bytes / 20),
  // a barrier takes up to a microsecond
  sharedFromNs: 4000,
  floatBits: 32,
  storesHalf: false,
  fuses: true,
  // every kernel walks its operands by their strides
  readsStrides: () => true,
  // blocks read most operands where they lie, and what they pack they pack as it is
  operandReads: () => Infinity,
  hasKernel: (op, inputs, params) => findKernel(kernels, op, { inputs, params }) !== null,
};

/** Makes the device. */
export function wasmDevice(options: WasmDeviceOptions = {}): Device {
  const { arithmetic = "fast", vectorBits = "auto" } = options;
  const device: Device = {
    name: "wasm",
    target,
    maximumThreads,
    probe: () => probe(arithmetic),
    measure: (options) =>
      measureLimits(device, {
        ...options,
        ...(vectorBits === "auto"
          ? {
            contracting: ([128, 256] as const).map((vectorBits) =>
              wasmDevice({ arithmetic, vectorBits })
            ),
          }
          : {}),
      }),
    open: (options) => openSession({ arithmetic, vectorBits }, options),
  };
  return device;
}

/** Whether modules of the kinds that the device assembles are valid here. */
function probe(arithmetic: Arithmetic): Availability {
  const uses = (name: PlainOpcode, inputs: number) => {
    const module = new ModuleAssembler();
    module.function(0, (f) => {
      for (let i = 0; i < inputs; i++) f.words(0, 0, 0, 0);
      f.op(name).op("drop");
    });
    return WebAssembly.validate(module.encode(1, 1));
  };
  const lacks = (what: string): Availability => ({
    available: false,
    reason: `this runtime lacks WebAssembly ${what}`,
  });
  if (!WebAssembly.validate(new ModuleAssembler().encode(1, 1))) return lacks("shared memory");
  if (!uses("f32x4.add", 2)) return lacks("SIMD");
  if (arithmetic === "fast" && !uses("f32x4.relaxed_madd", 3)) {
    return lacks('relaxed SIMD; arithmetic "strict" does without');
  }
  return { available: true, description: `WebAssembly SIMD, ${arithmetic} arithmetic` };
}

/** Most threads of a session: a share of the smallest kernels is then a few vectors. */
const maximumThreads = 64;

/** Opens a session. */
function openSession(
  kernelSet: Required<WasmDeviceOptions>,
  { threads = 1 }: SessionOptions = {},
): DeviceSession {
  requireThreads({ name: "wasm", maximumThreads }, threads);
  return new WasmSession(kernelSet, threads);
}

/** What a plan's module exports: one thread's share of a run. */
type Step = (thread: number, threads: number) => void;

/** A plan's module on every thread. */
interface Instance {
  readonly executable: Executable;
  /** Whether the other kernel set would run it differently. */
  readonly hasWide: boolean;
}

class WasmSession implements DeviceSession {
  readonly #kernelSet: Required<WasmDeviceOptions>;
  readonly #threads: Threads;
  #memory: WebAssembly.Memory | null;

  constructor(kernelSet: Required<WasmDeviceOptions>, threads: number) {
    this.#kernelSet = kernelSet;
    this.#memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages, shared: true });
    this.#threads = new Threads(this.#memory, threads);
  }

  get threads(): number {
    return this.#threads.count;
  }

  prepare(plan: Plan, { clock = false }: PrepareOptions = {}): Executable {
    const { vectorBits } = this.#kernelSet;
    const isOpen = vectorBits === "auto";
    const bits = isOpen ? 128 : vectorBits;
    const { executable, hasWide } = this.#instantiate(plan, { bits, clock });
    const chosen = isOpen && hasWide ? this.#trial(executable, { clock }) : executable;
    // workers take modules up beside other work, and the first run waits for them
    return {
      ...chosen,
      run: () => this.#threads.joining?.then(() => chosen.run()) ?? chosen.run(),
    };
  }

  /** Runs a plan with the kernel set that turns out to be faster. */
  #trial(narrow: Executable, { clock }: Required<PrepareOptions>): Executable {
    const { plan } = narrow;
    let last = narrow;
    const running = (executable: Executable): Run => () => {
      last = executable;
      executable.run();
    };
    const trial = new Trial(
      running(narrow),
      () => running(this.#instantiate(plan, { bits: 256, clock }).executable),
    );
    return { plan, run: () => trial.run(), ...(clock ? { times: () => last.times!() } : {}) };
  }

  /** Makes a plan's module, and gives it to every thread. */
  #instantiate(
    plan: Plan,
    { bits, clock: isTimed }: Required<PrepareOptions> & { readonly bits: VectorBits },
  ): Instance {
    // a plan with nothing worth sharing runs on one thread, and wakes no other
    const threads = plan.commands.some((command) => command.shared) ? this.#threads.count : 1;
    if (threads > 1) this.#threads.start();
    const { bytes, pages, clock, hasWide } = assemblePlan(plan, {
      arithmetic: this.#kernelSet.arithmetic,
      threads,
      isCrowded: isCrowded(threads),
      vectorBits: bits,
      clock: isTimed,
    });
    const memory = this.#grown(pages);
    const module = new WebAssembly.Module(bytes);
    const now = () => performance.now();
    const instance = new WebAssembly.Instance(module, { env: { memory, [clockImport]: now } });
    const step = instance.exports.step as Step;
    const reader = clock && new ClockReader(clock, { plan, threads, buffer: memory.buffer });
    const measured = (run: Run, threads: number) => reader ? timed(run, reader, threads) : run;
    const alone = measured(() => step(0, 1), 1);
    const executable = {
      plan,
      run: threads === 1 ? alone : this.#sharedRun(module, { step, measured, alone }),
      ...(reader === null ? {} : { times: () => reader.times }),
    };
    return { executable, hasWide };
  }

  /** Runs of a module that all threads share, or the first one takes alone, whichever is faster. */
  #sharedRun(
    module: WebAssembly.Module,
    { step, measured, alone }: {
      readonly step: Step;
      readonly measured: (run: Run, threads: number) => Run;
      readonly alone: Run;
    },
  ): Run {
    const threads = this.#threads.count;
    const number = this.#threads.add(module);
    const together = () => this.#threads.run(number, () => step(0, threads));
    const sharing = new Sharing(measured(together, threads), alone);
    return () => sharing.run();
  }

  input(buffer: BufferRange): Elements {
    return this.#view(buffer);
  }

  output(buffer: BufferRange): Elements {
    return this.#view(buffer);
  }

  write(buffer: BufferRange, data: Elements): void {
    if (data.length !== buffer.length) {
      throw new RangeError(
        `Cannot write ${formatAmount(data.length, "element")} into a buffer of ${buffer.length}`,
      );
    }
    this.#view(buffer).set(data);
  }

  read(buffer: BufferRange): Elements {
    return this.#view(buffer).slice();
  }

  async close(): Promise<void> {
    this.#memory = null;
    await this.#threads.close();
  }

  #view(range: BufferRange): Elements {
    const end = range.byteOffset + range.length * elementBytes(range.dtype);
    return viewElements(this.#grown(Math.ceil(end / pageBytes)).buffer, range);
  }

  /** The memory, with at least so many pages. */
  #grown(pages: number): WebAssembly.Memory {
    const memory = this.#memory;
    if (memory === null) throw new TypeError("Cannot use a session that was closed");
    const missing = pages - memory.buffer.byteLength / pageBytes;
    if (missing > 0) {
      try {
        memory.grow(missing);
      } catch (cause) {
        throw pipelineError({
          code: "memory",
          path: "",
          message: `Cannot grow the memory of device "wasm" to ${formatBytes(pages * pageBytes)}`,
          hint: "lower batchSize or evaluateBatchSize, or make the model smaller",
        }, { cause });
      }
    }
    return memory;
  }
}
