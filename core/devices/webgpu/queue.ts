/**
 * Outputs of many runs on the GPU: each run copies its outputs behind those of the run before, and all
 * are read at once. So the GPU need not wait after each run until the host has read a few numbers.
 *
 * @module
 */
import { elementBytes, type Elements, viewElements } from "../../tensor/mod.ts";
import type { Buffer, Plan } from "../../plan/mod.ts";
import type { GrowingBuffer } from "./arena.ts";
import type { Readback } from "./readback.ts";

/** Most runs that are kept, and most bytes of them. */
const mostRuns = 64;
const mostBytes = 2 ** 22;

/** An output, with its place among those of a run. */
interface Slot {
  readonly buffer: Buffer;
  readonly from: number;
  /** A multiple of 4. */
  readonly byteLength: number;
}

/** What the runs of one plan gave and is not read yet. */
export class OutputQueue {
  readonly #device: GPUDevice;
  readonly #memory: { readonly arena: GrowingBuffer; readonly readback: Readback };
  readonly #slots: readonly Slot[];
  readonly #bytes: number;
  #kept: GPUBuffer | null = null;
  /** Runs that were asked for. */
  #reserved = 0;
  /** Runs whose outputs the GPU was told to keep. */
  #runs = 0;
  /** Most runs before they are collected. */
  readonly most: number;

  constructor(
    device: GPUDevice,
    { buffers, outputs }: Plan,
    memory: { readonly arena: GrowingBuffer; readonly readback: Readback },
  ) {
    this.#device = device;
    this.#memory = memory;
    let bytes = 0;
    this.#slots = outputs.map(({ buffer: number }) => {
      const buffer = buffers[number]!;
      const byteLength = Math.ceil(buffer.length * elementBytes(buffer.dtype) / 4) * 4;
      const slot = { buffer, from: bytes, byteLength };
      bytes += byteLength;
      return slot;
    });
    this.#bytes = bytes;
    this.most = Math.max(1, Math.min(mostRuns, Math.floor(mostBytes / Math.max(1, bytes))));
  }

  /**
   * Reserves room for the outputs of a run.
   *
   * @throws {RangeError} When there is none.
   */
  reserve(): void {
    if (this.#reserved === this.most) {
      throw new RangeError(`Cannot queue more than ${this.most} runs: collect them first`);
    }
    this.#reserved++;
  }

  /** Adds the copies of a run's outputs to its commands. */
  keep(encoder: GPUCommandEncoder): void {
    this.#kept ??= this.#device.createBuffer({
      label: "queued outputs",
      size: Math.max(4, this.most * this.#bytes),
      usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    const start = this.#runs++ * this.#bytes;
    for (const { buffer, from, byteLength } of this.#slots) {
      if (byteLength === 0) continue;
      const { arena } = this.#memory;
      encoder.copyBufferToBuffer(
        arena.buffer,
        buffer.byteOffset,
        this.#kept,
        start + from,
        byteLength,
      );
    }
  }

  /** Reads what the runs gave: of each, in order, the plan's outputs. */
  async collect(): Promise<readonly (readonly Elements[])[]> {
    const runs = this.#runs;
    this.#runs = this.#reserved = 0;
    if (runs === 0) return [];
    const byteLength = runs * this.#bytes;
    const memory = await this.#memory.readback.read(this.#kept!, { byteOffset: 0, byteLength });
    return Array.from(
      { length: runs },
      (_, run) =>
        this.#slots.map(({ buffer: { dtype, length }, from }) =>
          viewElements(memory, { dtype, length, byteOffset: run * this.#bytes + from })
        ),
    );
  }

  /** Gives the memory back. */
  destroy(): void {
    this.#kept?.destroy();
    this.#kept = null;
  }
}
