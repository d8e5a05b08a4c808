/**
 * Memory of a session on the GPU: the arena, in which all buffers of its plans lie, and scratch memory,
 * which lives within one command. Both only grow, when a plan is made ready; they are destroyed at the
 * end, since undestroyed buffers are invisible to the garbage collector.
 *
 * @module
 */
import { pipelineError } from "../../errors.ts";
import { formatBytes } from "../../format.ts";

/** Memory that grows, with what it held. */
export class GrowingBuffer {
  #buffer: GPUBuffer | null = null;
  #generation = 0;

  /** @param label What it is for, for messages. */
  constructor(readonly device: GPUDevice, readonly label: string) {}

  /** The buffer; another one after each growth. */
  get buffer(): GPUBuffer {
    if (this.#buffer === null) throw new TypeError("Cannot use a session that was closed");
    return this.#buffer;
  }

  /** Changes with each growth: what was made of the buffer must be made anew. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether there is room for so many bytes. */
  holds(bytes: number): boolean {
    return this.buffer.size >= bytes;
  }

  /**
   * Makes room for so many bytes; contents stay.
   *
   * @throws {PipelineError} When the GPU does not have them.
   */
  async grow(bytes: number): Promise<void> {
    const size = Math.max(256, Math.ceil(bytes / 256) * 256);
    const old = this.#buffer;
    if (old !== null && old.size >= size) return;
    const { device } = this;
    const { maxBufferSize } = device.limits;
    if (size > maxBufferSize) throw outOfMemory(size, `at most ${formatBytes(maxBufferSize)}`);
    const { buffer, error } = await allocateBuffer(device, {
      label: this.label,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    if (buffer === undefined) throw outOfMemory(size, undefined, error);
    if (old !== null) {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(old, 0, buffer, 0, old.size);
      device.queue.submit([encoder.finish()]);
      old.destroy();
    }
    this.#buffer = buffer;
    this.#generation++;
  }

  /** Gives the memory back. */
  destroy(): void {
    this.#buffer?.destroy();
    this.#buffer = null;
  }
}

/** A buffer, or the error that there is no memory for it. */
export async function allocateBuffer(
  device: GPUDevice,
  options: GPUBufferDescriptor,
): Promise<
  { readonly buffer: GPUBuffer; readonly error?: never } | {
    readonly buffer?: never;
    readonly error: GPUError;
  }
> {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  const buffer = device.createBuffer(options);
  const errors = [await device.popErrorScope(), await device.popErrorScope()];
  const error = errors.find((error) => error !== null);
  if (error == null) return { buffer };
  buffer.destroy();
  return { error };
}

function outOfMemory(size: number, expected: string | undefined, error?: GPUError) {
  return pipelineError({
    code: "memory",
    path: "",
    message: `Cannot allocate memory of device "webgpu"${
      error === undefined ? "" : `: ${error.message}`
    }`,
    received: formatBytes(size),
    ...(expected === undefined ? {} : { expected }),
    hint: "lower batchSize or evaluateBatchSize, or make the model smaller",
  }, { cause: error });
}
