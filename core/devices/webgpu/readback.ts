/**
 * Copying out of the GPU.
 *
 * Deno blocks in `mapAsync` itself until the GPU is done, and then sleeps for 10 ms before the promise
 * resolves (ext/webgpu/buffer.rs). By then the buffer is mapped already: so it is read at once, 0.1 ms
 * instead of 11 for 4 KB. A buffer that was never mapped would end the process there, and therefore
 * each is mapped and awaited once when it is made. Where the buffer is not mapped yet, as the standard
 * has it, the promise is awaited.
 *
 * @module
 */
import type { Faults } from "./faults.ts";

/** A range of a buffer. */
export interface ByteRange {
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Reads ranges of a buffer by way of one that the host can map. */
export class Readback {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  #staging: GPUBuffer | null = null;
  /** Ends with the reading before: one after the other uses the buffer that the host can map. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
  }

  /**
   * Copies a range out.
   *
   * @throws {PipelineError} When that, or anything before it, went wrong.
   */
  read(source: GPUBuffer, range: ByteRange): Promise<ArrayBuffer> {
    const read = this.#before.then(() => this.#read(source, range));
    this.#before = read.catch(() => {});
    return read;
  }

  /** Gives the memory back. */
  destroy(): void {
    this.#staging?.destroy();
    this.#staging = null;
  }

  async #read(source: GPUBuffer, range: ByteRange): Promise<ArrayBuffer> {
    let copied: ArrayBuffer;
    try {
      copied = await this.#copy(source, range);
    } catch (cause) {
      throw cause instanceof DOMException ? await this.#faults.unreadable(cause) : cause;
    }
    await this.#faults.settle();
    return copied;
  }

  /** A promise where the host must wait in the event loop. */
  #copy(source: GPUBuffer, range: ByteRange): ArrayBuffer | Promise<ArrayBuffer> {
    const from = Math.floor(range.byteOffset / 4) * 4;
    const skipped = range.byteOffset - from;
    const length = Math.ceil((skipped + range.byteLength) / 4) * 4;
    if (range.byteLength === 0) return new ArrayBuffer(0);
    const staging = this.#staging;
    if (staging === null || staging.size < length) {
      return this.#stage(length).then(() => this.#copy(source, range));
    }
    this.#faults.watch(() => {
      const encoder = this.#device.createCommandEncoder({ label: "readback" });
      encoder.copyBufferToBuffer(source, from, staging, 0, length);
      this.#device.queue.submit([encoder.finish()]);
    });
    const mapped = staging.mapAsync(GPUMapMode.READ, 0, length);
    const take = () => {
      const whole = staging.getMappedRange(0, length).slice(skipped, skipped + range.byteLength);
      staging.unmap();
      return whole;
    };
    mapped.catch(() => {});
    try {
      return take();
    } catch {
      return mapped.then(take);
    }
  }

  async #stage(length: number): Promise<void> {
    this.destroy();
    const size = 2 ** Math.ceil(Math.log2(Math.max(4096, length)));
    const staging = this.#faults.watch(() =>
      this.#device.createBuffer({
        label: "readback",
        size,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      })
    );
    await staging.mapAsync(GPUMapMode.READ);
    staging.unmap();
    this.#staging = staging;
  }
}
