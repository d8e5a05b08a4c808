/**
 * The runs of one plan on their way to the GPU. To encode a step takes the host some microseconds, to
 * submit it some tens: so steps that are read together are submitted several at a time. The first
 * goes at once, for the GPU waits for it; then two, four, up to as many as the inputs have slots for.
 *
 * @module
 */
import type { Elements } from "../../tensor/mod.ts";
import type { Plan } from "../../plan/mod.ts";
import type { BufferRange, KeptBatch } from "../device.ts";
import { deviceError } from "./adapter.ts";
import type { GrowingBuffer } from "./arena.ts";
import type { TimedRun } from "./clock.ts";
import type { Dispatches } from "./executable.ts";
import type { Faults } from "./faults.ts";
import { InputQueue } from "./input_queue.ts";
import { GpuRows } from "./kept_rows.ts";
import type { OutputQueue } from "./queue.ts";

/** What runs work with. */
export interface RunsOptions {
  readonly arena: GrowingBuffer;
  readonly faults: Faults;
  readonly dispatches: Dispatches;
  readonly outputs: OutputQueue;
  /** The window of an input, padded to whole words. */
  readonly windowOf: (range: BufferRange) => Uint8Array<ArrayBuffer> | undefined;
  readonly pipelineOf: (code: string, label: string) => GPUComputePipeline;
}

/** Runs of a plan: asked for, and submitted later. */
export class Runs {
  readonly #plan: Plan;
  readonly #options: RunsOptions;
  /** By the rows that batches are gathered from. */
  readonly #inputs = new Map<GpuRows | null, InputQueue>();
  /** What the runs that were not submitted yet are fed. */
  #waiting: { readonly inputs: InputQueue; count: number } | null = null;
  /** How many runs are submitted together next. */
  #together = 1;

  constructor(plan: Plan, options: RunsOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  /** Most runs before they are collected. */
  get most(): number {
    return this.#options.outputs.most;
  }

  /** Asks for a run whose outputs are kept. */
  add(batch: KeptBatch | undefined): void {
    this.#options.outputs.reserve();
    const inputs = this.#take(batch);
    if (this.#waiting!.count < Math.min(this.#together, inputs.most)) return;
    this.submit();
    this.#together *= 2;
  }

  /** Runs once: outputs are where the plan leaves them. */
  run(batch: KeptBatch | undefined, timed?: TimedRun): void {
    this.submit();
    this.#take(batch);
    this.#submit((encoder, inputs) => {
      inputs.copy(encoder, 0);
      if (timed === undefined) return this.#encode(encoder, { inputs, slot: 0 });
      const pass = encoder.beginComputePass();
      inputs.gather(pass, 0);
      pass.end();
      timed.encode(encoder);
    });
  }

  /** Submits what was asked for. */
  submit(): void {
    const count = this.#waiting?.count ?? 0;
    if (count === 0) return;
    this.#submit((encoder, inputs) => {
      for (let slot = 0; slot < count; slot++) {
        inputs.copy(encoder, slot);
        this.#encode(encoder, { inputs, slot });
        this.#options.outputs.keep(encoder);
      }
    });
  }

  /** Reads what the runs that were asked for gave. */
  async collect(): Promise<readonly (readonly Elements[])[]> {
    this.submit();
    this.#together = 1;
    return await this.#options.outputs.collect();
  }

  /** Gives the memory back. */
  destroy(): void {
    this.#waiting = null;
    for (const inputs of this.#inputs.values()) inputs.destroy();
    this.#options.outputs.destroy();
  }

  #take(batch: KeptBatch | undefined): InputQueue {
    const kept = batch?.kept ?? null;
    if (kept !== null && !(kept instanceof GpuRows)) {
      throw deviceError("the rows of the batch are kept on another device");
    }
    let inputs = this.#inputs.get(kept);
    if (inputs === undefined) {
      inputs = this.#options.faults.watch(() =>
        new InputQueue(this.#plan, { ...this.#options, kept })
      );
      this.#inputs.set(kept, inputs);
    }
    if (this.#waiting?.inputs !== inputs) {
      this.submit();
      this.#waiting = { inputs, count: 0 };
    }
    inputs.take(this.#options.windowOf, batch?.rows);
    this.#waiting.count++;
    return inputs;
  }

  #submit(encode: (encoder: GPUCommandEncoder, inputs: InputQueue) => void): void {
    const { inputs } = this.#waiting!;
    this.#waiting = null;
    const { arena: { device }, faults, dispatches } = this.#options;
    const { name: label } = this.#plan;
    faults.doing = label;
    faults.watch(() => {
      inputs.send();
      const encoder = device.createCommandEncoder({ label });
      encode(encoder, inputs);
      device.queue.submit([encoder.finish({ label })]);
    }, (error) => dispatches.explain(error));
  }

  #encode(
    encoder: GPUCommandEncoder,
    { inputs, slot }: { readonly inputs: InputQueue; readonly slot: number },
  ): void {
    const pass = encoder.beginComputePass();
    inputs.gather(pass, slot);
    this.#options.dispatches.encode(pass);
    pass.end();
  }
}
