/**
 * Small plans made by hand: host arrays become buffers, kernels are given as they are, and the plan is
 * run on a device.
 *
 * @module
 */
import { type DType, type Elements, rowMajorStrides, type Shape } from "../../core/tensor/mod.ts";
import type { Access, Buffer, Kernel, Plan } from "../../core/plan/mod.ts";
import type { Device } from "../../core/devices/device.ts";

/** The dtype that a typed array holds. */
export function dtypeOf(data: Elements): DType {
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint32Array) return "u32";
  if (data instanceof Uint8Array) return "u8";
  throw new TypeError("Cannot hold float64 in a plan");
}

/** A plan under construction. */
export class HandPlan {
  readonly #target: Device["target"];
  readonly #buffers: Buffer[] = [];
  readonly #contents: Elements[] = [];
  readonly #kernels: Kernel[] = [];
  #bytes: number;

  constructor(target: Device["target"]) {
    this.#target = target;
    this.#bytes = target.reservedBytes;
  }

  /** Makes a buffer with its first contents, and gives its number. */
  buffer(contents: Elements): number {
    const id = this.#buffers.length;
    const dtype = dtypeOf(contents);
    const { length } = contents;
    this.#buffers.push({
      id,
      name: `buffer${id}`,
      dtype,
      length,
      region: "workspace",
      byteOffset: this.#bytes,
    });
    this.#contents.push(contents);
    const { alignment } = this.#target;
    this.#bytes += Math.ceil(length * this.#target.elementBytes(dtype) / alignment) * alignment;
    return id;
  }

  /** Walks a buffer row-major over a shape, or with strides and offset of its own. */
  access(
    buffer: number,
    shape: Shape,
    { strides = rowMajorStrides(shape), offset = 0 }: {
      readonly strides?: readonly number[];
      readonly offset?: number;
    } = {},
  ): Access {
    return { buffer, dtype: this.#buffers[buffer]!.dtype, offset, strides };
  }

  /** Adds a command. */
  kernel(kernel: Kernel): void {
    this.#kernels.push(kernel);
  }

  /** The plan as it stands. */
  plan(): Plan {
    return {
      name: "by hand",
      variables: { slots: [], bytes: 0 },
      buffers: this.#buffers,
      inputs: [],
      outputs: [],
      commands: this.#kernels.map((kernel, i) => ({
        kernel,
        name: `kernel${i}`,
        paths: [],
        backward: false,
        flops: 0,
        bytes: 0,
        shared: true,
        barrier: i > 0,
      })),
      bytes: this.#bytes,
      limitBytes: Infinity,
      savedBytes: 0,
      regionBytes: {
        parameters: 0,
        state: 0,
        fitted: 0,
        constants: 0,
        gradients: 0,
        inputs: 0,
        outputs: 0,
        workspace: this.#bytes,
      },
    };
  }

  /** Runs the plan once over the first contents, and gives all buffers' contents after it. */
  async run(device: Device, threads = 1): Promise<Elements[]> {
    const session = await device.open({ threads });
    try {
      const plan = this.plan();
      const executable = await session.prepare(plan);
      for (const [i, buffer] of plan.buffers.entries()) {
        await session.write(buffer, this.#contents[i]!);
      }
      await executable.run();
      return await Promise.all(plan.buffers.map((buffer) => session.read(buffer)));
    } finally {
      await session.close();
    }
  }
}
