/**
 * A session of the `webgpu` device: memory on the GPU, and the plans that run there. What is written
 * and run is queued, in order; only reading waits for the GPU.
 *
 * @module
 */
import { formatAmount } from "../../format.ts";
import { allocateElements, elementBytes, type Elements, viewElements } from "../../tensor/mod.ts";
import type { Plan } from "../../plan/mod.ts";
import type { BufferRange, DeviceSession, Executable, PrepareOptions } from "../device.ts";
import type { OpenedGpu } from "./adapter.ts";
import { GrowingBuffer } from "./arena.ts";
import { TimedRun } from "./clock.ts";
import { Steps } from "./executable.ts";
import { OutputQueue } from "./queue.ts";
import { Readback } from "./readback.ts";
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
  readonly #arena: GrowingBuffer;
  readonly #scratch: GrowingBuffer;
  readonly #readback: Readback;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  /** What executables hold on the GPU beside the memory. */
  readonly #owned: { destroy(): void }[] = [];
  /** What is fed before runs, by place. */
  readonly #windows = new Map<string, Window>();

  private constructor(gpu: OpenedGpu) {
    this.#gpu = gpu;
    this.#arena = new GrowingBuffer(gpu.device, "arena");
    this.#scratch = new GrowingBuffer(gpu.device, "scratch");
    this.#readback = new Readback(gpu.device);
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
    const commands = shadersOf(plan, this.#gpu);
    const memories = { arena: this.#arena, scratch: this.#scratch };
    const scratchBytes = commands.flat().flatMap(({ bindings }) =>
      bindings.filter(({ memory }) => memory === "scratch").map(({ byteLength }) => byteLength)
    );
    await this.#arena.grow(plan.bytes);
    await this.#scratch.grow(Math.max(0, ...scratchBytes));
    const steps = await Steps.compile(plan, { commands, memories, known: this.#pipelines });
    this.#requireGpu();
    const inputs = plan.inputs.map(({ buffer }) => plan.buffers[buffer]!);
    const outputs = new OutputQueue(device, plan, { arena: this.#arena, readback: this.#readback });
    this.#owned.push(outputs);
    const executable: Executable = {
      plan,
      run: () => this.#run(inputs, (encoder) => encodeSteps(encoder, steps)),
      queue: {
        most: outputs.most,
        run: () =>
          this.#run(inputs, (encoder) => {
            encodeSteps(encoder, steps);
            outputs.keep(encoder);
          }),
        collect: async () => {
          const collected = await outputs.collect();
          this.#requireGpu();
          return collected;
        },
      },
    };
    if (!clock || !device.features.has("timestamp-query")) return executable;
    const timed = new TimedRun(device, steps, this.#readback);
    this.#owned.push(timed);
    return {
      plan,
      run: async () => {
        const started = performance.now();
        this.#run(inputs, (encoder) => timed.encode(encoder));
        await timed.read(started);
        this.#requireGpu();
      },
      times: () => timed.times(),
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

  write(buffer: BufferRange, data: Elements): void | Promise<void> {
    const { dtype, length, byteOffset } = buffer;
    if (data.length !== length) {
      throw new RangeError(
        `Cannot write ${formatAmount(data.length, "element")} into a buffer of ${length}`,
      );
    }
    this.#requireGpu();
    this.#windows.get(keyOf(buffer))?.elements.set(data);
    // writing nothing would end the process
    if (length === 0) return;
    const memory = new ArrayBuffer(wholeWords(length * elementBytes(dtype)));
    viewElements(memory, { dtype, length, byteOffset: 0 }).set(data);
    const write = () => this.#gpu.device.queue.writeBuffer(this.#arena.buffer, byteOffset, memory);
    const end = byteOffset + memory.byteLength;
    return this.#arena.holds(end) ? write() : this.#arena.grow(end).then(write);
  }

  read(buffer: BufferRange): Elements | Promise<Elements> {
    const { dtype, length, byteOffset } = buffer;
    this.#requireGpu();
    if (length === 0) return allocateElements(dtype, 0);
    const byteLength = length * elementBytes(dtype);
    const end = byteOffset + byteLength;
    if (!this.#arena.holds(end)) return this.#arena.grow(end).then(() => this.read(buffer));
    const view = (memory: ArrayBuffer) => {
      this.#requireGpu();
      return viewElements(memory, { dtype, length, byteOffset: 0 });
    };
    const memory = this.#readback.read(this.#arena.buffer, { byteOffset, byteLength });
    return memory instanceof Promise ? memory.then(view) : view(memory);
  }

  close(): void {
    this.#arena.destroy();
    this.#scratch.destroy();
    this.#readback.destroy();
    for (const owned of this.#owned.splice(0)) owned.destroy();
    this.#pipelines.clear();
    this.#windows.clear();
  }

  /** Feeds what stands in the windows of inputs, and submits what `encode` adds, as one buffer. */
  #run(inputs: readonly BufferRange[], encode: (encoder: GPUCommandEncoder) => void): void {
    this.#requireGpu();
    const { device } = this.#gpu;
    for (const input of inputs) {
      const window = this.#windows.get(keyOf(input));
      if (window === undefined || window.words.length === 0) continue;
      device.queue.writeBuffer(this.#arena.buffer, input.byteOffset, window.words);
    }
    const encoder = device.createCommandEncoder();
    encode(encoder);
    device.queue.submit([encoder.finish()]);
  }

  #requireGpu(): void {
    const failure = this.#gpu.failure();
    if (failure !== undefined) throw failure;
  }
}

function encodeSteps(encoder: GPUCommandEncoder, steps: Steps): void {
  const pass = encoder.beginComputePass();
  steps.encode(pass);
  pass.end();
}

function wholeWords(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

function keyOf({ dtype, length, byteOffset }: BufferRange): string {
  return `${dtype}[${length}]@${byteOffset}`;
}
