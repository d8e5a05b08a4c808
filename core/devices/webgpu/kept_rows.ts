/**
 * Rows that stay on the GPU: a data set is copied there once, and before each run a dispatch gathers
 * the rows of its batch to where the plan reads its inputs. So a step is fed row numbers, 4 bytes
 * where an image has 784, and the plan is the same whichever way its batches come.
 *
 * All columns lie in one buffer, one after the other. Each invocation writes one word of a batch:
 * where rows are whole words it copies one, else it puts four bytes together, which may be of several
 * rows. Memory traffic: a batch is read once and written once, next to nothing beside a step.
 *
 * @module
 */
import { elementBytes, type Elements } from "../../tensor/mod.ts";
import type { Plan } from "../../plan/mod.ts";
import type { KeptRows, RowColumn } from "../device.ts";
import { allocateBuffer } from "./arena.ts";
import type { Faults } from "./faults.ts";

/** Most bytes of rows that a session keeps, of all splits: the rest of the GPU's memory is for others, too. */
const mostBytes = 2 ** 30;
/** Invocations of a workgroup. */
const invocations = 256;
/** Most workgroups along one axis of a dispatch. */
const mostGroups = 65535;

/** Where a column lies. */
interface Place {
  readonly rowBytes: number;
  /** A multiple of 4. */
  readonly byteOffset: number;
}

/** Rows on the GPU. */
export class GpuRows implements KeptRows {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #places: ReadonlyMap<string, Place>;
  /** Whether their memory was given back. */
  isReleased = false;
  /** The rows, column by column. */
  readonly buffer: GPUBuffer;

  private constructor(
    device: GPUDevice,
    { faults, buffer, places }: {
      readonly faults: Faults;
      readonly buffer: GPUBuffer;
      readonly places: ReadonlyMap<string, Place>;
    },
  ) {
    this.#device = device;
    this.#faults = faults;
    this.buffer = buffer;
    this.#places = places;
  }

  /** Makes room; `null` where there is none. */
  static async make(
    device: GPUDevice,
    { rows, columns, faults, kept = 0 }: {
      readonly rows: number;
      readonly columns: readonly RowColumn[];
      readonly faults: Faults;
      /** Bytes of the rows that the session keeps already. */
      readonly kept?: number;
    },
  ): Promise<GpuRows | null> {
    const places = new Map<string, Place>();
    let size = 0;
    for (const { name, dtype, length } of columns) {
      const rowBytes = length * elementBytes(dtype);
      places.set(name, { rowBytes, byteOffset: size });
      size += wholeWords(rows * rowBytes);
    }
    const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
    if (size > Math.min(mostBytes - kept, maxStorageBufferBindingSize, maxBufferSize)) return null;
    const { buffer } = await allocateBuffer(device, {
      label: "kept rows",
      size: Math.max(4, size),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    return buffer === undefined ? null : new GpuRows(device, { faults, buffer, places });
  }

  get bytes(): number {
    return this.buffer.size;
  }

  write(first: number, columns: ReadonlyMap<string, Elements>): void {
    this.#faults.watch(() => this.#write(first, columns));
  }

  /** Whether an input is gathered from here. */
  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** The dispatch that gathers a batch for a plan; `null` where there is nothing to gather. */
  gatherer({ inputs, buffers }: Plan): Gatherer | null {
    const targets = inputs.flatMap(({ name, spec, buffer }): Target[] => {
      const place = this.#places.get(name);
      const { byteOffset, length, dtype } = buffers[buffer]!;
      if (place === undefined || length === 0) return [];
      const bytes = length * elementBytes(dtype);
      return [{ ...place, to: byteOffset, rows: spec.shape[0]!, bytes }];
    });
    if (targets.length === 0) return null;
    const from = Math.min(...targets.map(({ to }) => to));
    const to = Math.max(...targets.map(({ to, bytes }) => to + wholeWords(bytes)));
    const words = targets.reduce((sum, { bytes }) => sum + wholeWords(bytes) / 4, 0);
    const groups = Math.ceil(words / invocations);
    return {
      rows: targets[0]!.rows,
      range: { byteOffset: from, byteLength: to - from },
      code: shaderOf(targets, from),
      workgroups: [Math.min(groups, mostGroups), Math.ceil(groups / mostGroups)],
    };
  }

  release(): void {
    this.isReleased = true;
    this.buffer.destroy();
  }

  #write(first: number, columns: ReadonlyMap<string, Elements>): void {
    const { queue } = this.#device;
    for (const [name, { rowBytes, byteOffset }] of this.#places) {
      const { buffer, byteOffset: from, byteLength } = columns.get(name)!;
      if (byteLength === 0) continue;
      const bytes = new Uint8Array(wholeWords(byteLength));
      bytes.set(new Uint8Array(buffer, from, byteLength));
      queue.writeBuffer(this.buffer, byteOffset + first * rowBytes, bytes);
    }
    // what is written waits in memory of the host until something is submitted
    queue.submit([]);
  }
}

/** A dispatch that gathers a batch. */
export interface Gatherer {
  /** Rows of the batch. */
  readonly rows: number;
  /** What it writes to of the plan's memory. */
  readonly range: { readonly byteOffset: number; readonly byteLength: number };
  /** Bound to the kept rows, the row numbers, and the range. */
  readonly code: string;
  readonly workgroups: readonly [number, number];
}

/** An input that is gathered: where its column lies, and its own place in the plan's memory. */
interface Target extends Place {
  readonly to: number;
  readonly rows: number;
  readonly bytes: number;
}

function shaderOf(targets: readonly Target[], from: number): string {
  return [
    "@group(0) @binding(0) var<storage, read> kept: array<u32>;",
    "@group(0) @binding(1) var<storage, read> rows: array<u32>;",
    "@group(0) @binding(2) var<storage, read_write> batch: array<u32>;",
    `@compute @workgroup_size(${invocations})`,
    "fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {",
    `var word = (group.x + group.y * ${mostGroups}u) * ${invocations}u + lane;`,
    ...targets.map((target) => gatherText(target, from)),
    "}",
  ].join("\n");
}

/** Statements that write one word of an input, or pass on to the next input. */
function gatherText({ rowBytes, byteOffset, to, bytes }: Target, from: number): string {
  const words = wholeWords(bytes) / 4;
  const start = `${(to - from) / 4}u`;
  const length = rowBytes / 4;
  const body = rowBytes % 4 === 0
    ? [
      `let row = rows[word / ${length}u];`,
      `batch[${start} + word] = kept[${byteOffset / 4}u + row * ${length}u + word % ${length}u];`,
    ]
    : [
      "var together = 0u;",
      `for (var i = 0u; i < 4u && word * 4u + i < ${bytes}u; i++) {`,
      "let at = word * 4u + i;",
      `let byte = ${byteOffset}u + rows[at / ${rowBytes}u] * ${rowBytes}u + at % ${rowBytes}u;`,
      "together |= ((kept[byte / 4u] >> ((byte % 4u) * 8u)) & 255u) << (i * 8u);",
      "}",
      `batch[${start} + word] = together;`,
    ];
  return [`if (word < ${words}u) {`, ...body, "return;", "}", `word -= ${words}u;`].join("\n");
}

function wholeWords(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
