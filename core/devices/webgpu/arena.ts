/**
 * Memory of a session on the GPU: the arena, in which all buffers of its plans lie, and scratch memory,
 * which lives within one command. Both only grow, when a plan is made ready; they are destroyed at the
 * end, since undestroyed buffers are invisible to the garbage collector.
 *
 * @module
 */
import { formatBytes } from "../../format.ts";
import { memoryError } from "./adapter.ts";
import { scoped } from "./faults.ts";

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
    if (size > maxBufferSize) {
      const expected = `at most ${formatBytes(maxBufferSize)}`;
      throw memoryError({ received: formatBytes(size), expected });
    }
    const { buffer, error } = await allocateBuffer(device, {
      label: this.label,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    if (buffer === undefined) {
      throw memoryError({ text: error.message, received: formatBytes(size), cause: error });
    }
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
  const { result: buffer, told } = scoped(device, () => device.createBuffer(options));
  const error = await told;
  if (error === undefined) return { buffer };
  buffer.destroy();
  return { error };
}
