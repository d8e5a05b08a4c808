/**
 * A plan made ready: its pipelines, made once, and its bind groups, made anew only when the memory has
 * grown. A run is one command buffer.
 *
 * @module
 */
import { type PipelineError, pipelineError } from "../../errors.ts";
import { formatBytes } from "../../format.ts";
import type { Plan } from "../../plan/mod.ts";
import { type RefusedCommand, reportedError } from "./adapter.ts";
import type { GrowingBuffer } from "./arena.ts";
import { type Faults, scoped } from "./faults.ts";
import type { Dispatch } from "./shader.ts";

/** Memory that shaders are bound to. */
export interface Memories {
  readonly arena: GrowingBuffer;
  readonly scratch: GrowingBuffer;
}

/** A dispatch with its pipeline. */
interface PreparedDispatch {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
}

/** A command of a plan, as it runs. */
interface PreparedCommand extends RefusedCommand {
  readonly dispatches: readonly PreparedDispatch[];
}

/** The pipelines of a plan's commands. */
export class Dispatches {
  readonly #memories: Memories;
  readonly #faults: Faults;
  readonly #commands: readonly PreparedCommand[];
  #groups: GPUBindGroup[][] = [];
  #generation = "";

  private constructor(
    commands: readonly PreparedCommand[],
    { memories, faults }: { readonly memories: Memories; readonly faults: Faults },
  ) {
    this.#memories = memories;
    this.#faults = faults;
    this.#commands = commands;
  }

  /**
   * Compiles the shaders of a plan, and binds them to memory that has grown to its size.
   *
   * @param known Pipelines by text, of this plan and others.
   * @throws {PipelineError} When one is refused, with its command and stages.
   */
  static async compile(
    plan: Plan,
    { commands, memories, faults, known }: {
      readonly commands: readonly (readonly Dispatch[])[];
      readonly memories: Memories;
      readonly faults: Faults;
      readonly known: Map<string, GPUComputePipeline>;
    },
  ): Promise<Dispatches> {
    const { device } = memories.arena;
    const refusals: Promise<void>[] = [];
    const made = commands.map((dispatches, i): PreparedCommand => {
      const { name, paths } = plan.commands[i]!;
      const prepared = dispatches.map((dispatch): PreparedDispatch => {
        requireBindable(dispatch, { name, paths, limits: device.limits });
        let pipeline = known.get(dispatch.code);
        if (pipeline === undefined) {
          const { result, told } = scoped(device, () => {
            const module = device.createShaderModule({ label: name, code: dispatch.code });
            const compute = { module, entryPoint: "main" };
            return device.createComputePipeline({ label: name, layout: "auto", compute });
          });
          refusals.push(told.then((error) => {
            if (error === undefined) return;
            known.delete(dispatch.code);
            throw refused({ name, paths }, error);
          }));
          known.set(dispatch.code, pipeline = result);
        }
        return { dispatch, pipeline };
      });
      return { name, paths, dispatches: prepared };
    });
    await Promise.all(refusals);
    const bound = new Dispatches(made, { memories, faults });
    bound.#bind();
    await faults.settle();
    return bound;
  }

  /** Number of commands. */
  get count(): number {
    return this.#commands.length;
  }

  /** Adds the commands to a pass. */
  encode(pass: GPUComputePassEncoder): void {
    this.#bind();
    this.#commands.forEach((_, command) => this.encodeCommand(pass, command));
  }

  /** Adds one command to a pass. */
  encodeCommand(pass: GPUComputePassEncoder, command: number): void {
    this.#bind();
    this.#commands[command]!.dispatches.forEach(({ dispatch, pipeline }, i) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, this.#groups[command]![i]!);
      pass.dispatchWorkgroups(...dispatch.workgroups);
    });
  }

  /**
   * The error of a run that the GPU refused: with the command that it refuses by itself, too, if it
   * does that.
   */
  async explain(error: GPUError): Promise<PipelineError> {
    const { device } = this.#memories.arena;
    for (const [number, command] of this.#commands.entries()) {
      const { told } = scoped(device, () => {
        const encoder = device.createCommandEncoder({ label: command.name });
        const pass = encoder.beginComputePass({ label: command.name });
        this.encodeCommand(pass, number);
        pass.end();
        encoder.finish();
      });
      const own = await told;
      if (own !== undefined) return reportedError(own, command);
    }
    return reportedError(error);
  }

  #bind(): void {
    const { arena, scratch } = this.#memories;
    const generation = `${arena.generation} ${scratch.generation}`;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#groups = this.#commands.map((command) =>
      command.dispatches.map(({ dispatch, pipeline }) =>
        this.#faults.watch(() =>
          arena.device.createBindGroup({
            label: command.name,
            layout: pipeline.getBindGroupLayout(0),
            entries: dispatch.bindings.map(({ memory, byteOffset, byteLength }, binding) => ({
              binding,
              resource: {
                buffer: this.#memories[memory].buffer,
                offset: byteOffset,
                size: byteLength,
              },
            })),
          }), (error) => reportedError(error, command))
      )
    );
  }
}

/** Refuses a dispatch that is to be bound to more memory than the GPU can bind at once. */
function requireBindable(
  { bindings }: Dispatch,
  { name, paths, limits }: RefusedCommand & { readonly limits: GPUSupportedLimits },
): void {
  const { maxStorageBufferBindingSize: most } = limits;
  const bytes = Math.max(0, ...bindings.map(({ byteLength }) => byteLength));
  if (bytes <= most) return;
  throw pipelineError({
    code: "memory",
    path: paths.join(", "),
    message: `Cannot run "${name}" on device "webgpu": the GPU cannot bind so much memory at once`,
    received: formatBytes(bytes),
    expected: `at most ${formatBytes(most)}`,
    hint: "lower batchSize or evaluateBatchSize, or make the model smaller",
  });
}

function refused({ name, paths }: RefusedCommand, error: GPUError): PipelineError {
  return pipelineError({
    code: "shader",
    path: paths.join(", "),
    message: `Cannot compile the shader of "${name}" for device "webgpu": ${error.message}`,
    hint: "please report it, with the GPU's name and driver that doctor tells",
  }, { cause: error });
}
