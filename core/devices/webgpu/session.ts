/**
 * A session of the `webgpu` device: memory on the GPU, and the plans that run there. What is written
 * and run is queued, in order; only reading waits for the GPU.
 *
 * @module
 */
import { formatAmount } from "../../format.ts";
import { allocateElements, elementBytes, type Elements, viewElements } from "../../tensor/mod.ts";
import type { Plan } from "../../plan/mod.ts";
import type {
  BufferRange,
  DeviceSession,
  Executable,
  PrepareOptions,
  RowColumn,
} from "../device.ts";
import { deviceError, type OpenedGpu } from "./adapter.ts";
import { GrowingBuffer } from "./arena.ts";
import { TimedRun } from "./clock.ts";
import { Dispatches } from "./executable.ts";
import { Faults } from "./faults.ts";
import { GpuRows } from "./kept_rows.ts";
import { OutputQueue } from "./queue.ts";
import { Readback } from "./readback.ts";
import { Runs } from "./runs.ts";
import { shadersOf } from "./shaders.ts";

/** Host memory of a buffer that is fed before runs. */
interface Window {
  readonly range: BufferRange;
  readonly elements: Elements;
  /** The elements with what pads them to a whole word. */
  readonly words: Uint8Array<ArrayBuffer>;
}

/** Memory on a GPU and its plans. */
export class WebgpuSession implements DeviceSession {
  /** The host's. */
  readonly threads = 1;
  readonly #gpu: OpenedGpu;
  readonly #faults: Faults;
  readonly #arena: GrowingBuffer;
  readonly #scratch: GrowingBuffer;
  readonly #readback: Readback;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  /** What executables hold on the GPU beside the memory. */
  readonly #owned: { destroy(): void }[] = [];
  /** What is fed before runs, by place. */
  readonly #windows = new Map<string, Window>();
  /** Of one plan, the runs that may not be submitted yet: all else that is asked for comes after them. */
  #runs: Runs | null = null;

  /** Rows that are kept. */
  #kept: readonly GpuRows[] = [];

  private constructor(gpu: OpenedGpu) {
    this.#gpu = gpu;
    this.#faults = new Faults(gpu);
    this.#arena = new GrowingBuffer(gpu.device, "arena");
    this.#scratch = new GrowingBuffer(gpu.device, "scratch");
    this.#readback = new Readback(gpu.device, this.#faults);
  }

  /** Opens a session with no plans. */
  static async open(gpu: OpenedGpu): Promise<WebgpuSession> {
    const session = new WebgpuSession(gpu);
    await session.#arena.grow(0);
    await session.#scratch.grow(0);
    return session;
  }

  async prepare(plan: Plan, { clock = false }: PrepareOptions = {}): Promise<Executable> {
    const { device } = this.#gpu;
    this.#submit();
    requireHalf(plan, this.#gpu);
    const commands = shadersOf(plan, this.#gpu);
    const memories = { arena: this.#arena, scratch: this.#scratch };
    const scratchBytes = commands.flat().flatMap(({ bindings }) =>
      bindings.filter(({ memory }) => memory === "scratch").map(({ byteLength }) => byteLength)
    );
    await this.#arena.grow(plan.bytes);
    await this.#scratch.grow(Math.max(0, ...scratchBytes));
    const faults = this.#faults;
    const dispatches = await Dispatches.compile(plan, {
      commands,
      memories,
      faults,
      known: this.#pipelines,
    });
    for (const { buffer } of plan.inputs) this.input(plan.buffers[buffer]!);
    const arena = this.#arena;
    const runs = new Runs(plan, {
      arena,
      faults,
      dispatches,
      outputs: new OutputQueue(device, plan, { arena, readback: this.#readback }),
      windowOf: (range) => this.#windows.get(keyOf(range))?.words,
      pipelineOf: (code, label) => this.#pipelineOf(code, label),
    });
    this.#owned.push(runs);
    if (clock && device.features.has("timestamp-query")) {
      const timed = faults.watch(() => new TimedRun(device, dispatches, this.#readback));
      this.#owned.push(timed);
      return {
        plan,
        run: async (batch) => {
          const started = performance.now();
          this.#next(runs).run(batch, timed);
          await timed.read(started);
        },
        times: () => timed.times(),
      };
    }
    return {
      plan,
      run: (batch) => this.#next(runs).run(batch),
      queue: {
        most: runs.most,
        run: (batch) => this.#next(runs).add(batch),
        collect: () => this.#next(runs).collect(),
      },
    };
  }

  input(buffer: BufferRange): Elements {
    const key = keyOf(buffer);
    let window = this.#windows.get(key);
    if (window === undefined) {
      const { dtype, length, byteOffset } = buffer;
      const memory = new ArrayBuffer(wholeWords(length * elementBytes(dtype)));
      window = {
        range: { dtype, length, byteOffset },
        elements: viewElements(memory, { dtype, length, byteOffset: 0 }),
        words: new Uint8Array(memory),
      };
      this.#windows.set(key, window);
    }
    return window.elements;
  }

  /** None: the host does not see the GPU's memory. */
  output(): null {
    return null;
  }

  async keepRows(rows: number, columns: readonly RowColumn[]): Promise<GpuRows | null> {
    this.#faults.require();
    this.#kept = this.#kept.filter(({ isReleased }) => !isReleased);
    const made = await GpuRows.make(this.#gpu.device, {
      rows,
      columns,
      faults: this.#faults,
      kept: this.#kept.reduce((sum, { bytes }) => sum + bytes, 0),
    });
    if (made === null) return null;
    this.#kept = [...this.#kept, made];
    this.#owned.push({ destroy: () => made.release() });
    return made;
  }

  write(buffer: BufferRange, data: Elements): void | Promise<void> {
    const { dtype, length, byteOffset } = buffer;
    if (data.length !== length) {
      throw new RangeError(
        `Cannot write ${formatAmount(data.length, "element")} into a buffer of ${length}`,
      );
    }
    this.#faults.require();
    this.#submit();
    this.#windows.get(keyOf(buffer))?.elements.set(data);
    // writing nothing would end the process
    if (length === 0) return;
    const memory = new ArrayBuffer(wholeWords(length * elementBytes(dtype)));
    viewElements(memory, { dtype, length, byteOffset: 0 }).set(data);
    const write = () =>
      this.#faults.watch(() =>
        this.#gpu.device.queue.writeBuffer(this.#arena.buffer, byteOffset, memory)
      );
    const end = byteOffset + memory.byteLength;
    return this.#arena.holds(end) ? write() : this.#arena.grow(end).then(write);
  }

  read(buffer: BufferRange): Elements | Promise<Elements> {
    const { dtype, length, byteOffset } = buffer;
    this.#faults.require();
    this.#submit();
    if (length === 0) return allocateElements(dtype, 0);
    const byteLength = length * elementBytes(dtype);
    const end = byteOffset + byteLength;
    if (!this.#arena.holds(end)) return this.#arena.grow(end).then(() => this.read(buffer));
    return this.#readback.read(this.#arena.buffer, { byteOffset, byteLength })
      .then((memory) => viewElements(memory, { dtype, length, byteOffset: 0 }));
  }

  close(): void {
    this.#runs = null;
    this.#arena.destroy();
    this.#scratch.destroy();
    this.#readback.destroy();
    for (const owned of this.#owned.splice(0)) owned.destroy();
    this.#pipelines.clear();
    this.#windows.clear();
  }

  /** The runs of a plan, when those of others are submitted. */
  #next(runs: Runs): Runs {
    this.#faults.require();
    if (this.#runs !== runs) this.#submit();
    return this.#runs = runs;
  }

  /** Submits the runs that were asked for. */
  #submit(): void {
    this.#runs?.submit();
  }

  #pipelineOf(code: string, label: string): GPUComputePipeline {
    const { device } = this.#gpu;
    let pipeline = this.#pipelines.get(code);
    if (pipeline === undefined) {
      const module = device.createShaderModule({ label, code });
      const compute = { module, entryPoint: "main" };
      pipeline = device.createComputePipeline({ label, layout: "auto", compute });
      this.#pipelines.set(code, pipeline);
    }
    return pipeline;
  }
}

/** Refuses a plan that stores floats in 16 bits where the GPU cannot. */
function requireHalf({ buffers }: Plan, { name, storesHalf }: OpenedGpu): void {
  if (storesHalf || buffers.every(({ storage }) => storage !== "f16")) return;
  throw deviceError(
    `${name} has no feature shader-f16, which precision "mixed" needs to store floats in 16 bits`,
    { hint: "leave out --precision, to store them in 32 bits" },
  );
}

function wholeWords(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

function keyOf({ dtype, length, byteOffset }: BufferRange): string {
  return `${dtype}[${length}]@${byteOffset}`;
}
