/**
 * Inputs of runs that are submitted together: each run takes a slot of host memory, all slots are
 * written to the GPU at once, and each run begins with copying its slot to where the plan reads its
 * inputs. So many runs cost one write and one submission, and what is fed to a run is taken when it is
 * asked for, while runs before it are still computed.
 *
 * @module
 */
import { elementBytes } from "../../tensor/mod.ts";
import type { Plan } from "../../plan/mod.ts";
import type { BufferRange } from "../device.ts";
import type { GrowingBuffer } from "./arena.ts";
import type { Gatherer, GpuRows } from "./kept_rows.ts";

/** Most runs that are submitted together, and most bytes of their slots. */
const mostSlots = 8;
const mostBytes = 2 ** 20;
/** Slots begin at multiples of this, since row numbers are bound where they lie. */
const alignment = 256;

/** Bytes of the plan's memory that a slot is copied to. */
interface Span {
  readonly from: number;
  to: number;
  /** Where they lie in a slot. */
  readonly inSlot: number;
}

/** An input that is fed by the host. */
interface Fed {
  readonly range: BufferRange;
  readonly inSlot: number;
}

/** How batches are gathered from kept rows. */
interface Gathering {
  readonly rows: GpuRows;
  readonly gatherer: Gatherer;
  readonly pipeline: GPUComputePipeline;
  /** By slot; made anew when the memory has grown. */
  groups: GPUBindGroup[];
  generation: number;
}

/** What the next runs of one plan are fed, from the windows of its inputs or from kept rows. */
export class InputQueue {
  /** Most runs before what they are fed is written. */
  readonly most: number;
  readonly #arena: GrowingBuffer;
  readonly #fed: readonly Fed[];
  readonly #spans: readonly Span[];
  readonly #gathering: Gathering | null;
  readonly #stride: number;
  readonly #host: Uint8Array<ArrayBuffer>;
  readonly #slots: GPUBuffer;
  #taken = 0;

  /** @param kept Where the inputs that rows are kept for come from. */
  constructor(plan: Plan, { arena, kept, pipelineOf }: {
    readonly arena: GrowingBuffer;
    readonly kept: GpuRows | null;
    readonly pipelineOf: (code: string, label: string) => GPUComputePipeline;
  }) {
    this.#arena = arena;
    const gatherer = kept?.gatherer(plan) ?? null;
    const ranges = plan.inputs
      .filter(({ name }) => gatherer === null || !kept!.has(name))
      .map(({ buffer }) => plan.buffers[buffer]!)
      .filter(({ length }) => length > 0)
      .sort((a, b) => a.byteOffset - b.byteOffset);
    const spans: Span[] = [];
    // row numbers come first in a slot
    let bytes = gatherer === null ? 0 : aligned(4 * gatherer.rows);
    this.#fed = ranges.map((range) => {
      const { byteOffset: from, length, dtype } = range;
      const to = from + Math.ceil(length * elementBytes(dtype) / 4) * 4;
      const last = spans.at(-1);
      // neighbours are copied together, with what pads them
      if (last === undefined || from - last.to >= alignment) {
        bytes = aligned(bytes);
        spans.push({ from, to, inSlot: bytes });
      } else last.to = to;
      const span = spans.at(-1)!;
      const inSlot = span.inSlot + from - span.from;
      bytes = inSlot + to - from;
      return { range, inSlot };
    });
    this.#spans = spans;
    this.#stride = Math.max(alignment, aligned(bytes));
    this.most = Math.max(1, Math.min(mostSlots, Math.floor(mostBytes / this.#stride)));
    this.#host = new Uint8Array(this.most * this.#stride);
    this.#slots = arena.device.createBuffer({
      label: "inputs",
      size: this.#host.length,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.#gathering = gatherer === null ? null : {
      rows: kept!,
      gatherer,
      pipeline: pipelineOf(gatherer.code, "gather kept rows"),
      groups: [],
      generation: NaN,
    };
  }

  /** Takes what the next run is fed: what stands in windows now, and row numbers. */
  take(
    windowOf: (range: BufferRange) => Uint8Array<ArrayBuffer> | undefined,
    rows: Uint32Array | undefined,
  ): void {
    const start = this.#taken++ * this.#stride;
    for (const { range, inSlot } of this.#fed) {
      const window = windowOf(range);
      if (window !== undefined) this.#host.set(window, start + inSlot);
    }
    const gathering = this.#gathering;
    if (gathering === null || rows === undefined) return;
    if (rows.length !== gathering.gatherer.rows) {
      throw new RangeError(
        `Cannot run a plan for batches of ${gathering.gatherer.rows} rows on ${rows.length}`,
      );
    }
    new Uint32Array(this.#host.buffer, start, rows.length).set(rows);
  }

  /** Writes what was taken to the GPU. */
  send(): void {
    const bytes = this.#taken * this.#stride;
    this.#taken = 0;
    if (bytes === 0) return;
    this.#arena.device.queue.writeBuffer(this.#slots, 0, this.#host, 0, bytes);
  }

  /** Adds the copies of a slot to where the plan reads its inputs. */
  copy(encoder: GPUCommandEncoder, slot: number): void {
    const start = slot * this.#stride;
    for (const { from, to, inSlot } of this.#spans) {
      encoder.copyBufferToBuffer(this.#slots, start + inSlot, this.#arena.buffer, from, to - from);
    }
  }

  /** Adds the gathering of the rows that a slot names. */
  gather(pass: GPUComputePassEncoder, slot: number): void {
    if (this.#gathering === null) return;
    const { pipeline, gatherer: { workgroups } } = this.#gathering;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.#groupFor(this.#gathering, slot));
    pass.dispatchWorkgroups(...workgroups);
  }

  /** Gives the memory back. */
  destroy(): void {
    this.#slots.destroy();
  }

  #groupFor(gathering: Gathering, slot: number): GPUBindGroup {
    const { device, generation, buffer } = this.#arena;
    if (gathering.generation !== generation) {
      gathering.groups = [];
      gathering.generation = generation;
    }
    const { pipeline, rows, gatherer: { range, rows: count } } = gathering;
    return gathering.groups[slot] ??= device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: rows.buffer } },
        {
          binding: 1,
          resource: {
            buffer: this.#slots,
            offset: slot * this.#stride,
            size: 4 * count,
          },
        },
        {
          binding: 2,
          resource: { buffer, offset: range.byteOffset, size: range.byteLength },
        },
      ],
    });
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
