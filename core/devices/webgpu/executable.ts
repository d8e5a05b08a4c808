/**
 * A plan made ready: its pipelines, made once, and its bind groups, made anew only when the memory has
 * grown. A run is one command buffer.
 *
 * @module
 */
import { pipelineError } from "../../errors.ts";
import type { Plan } from "../../plan/mod.ts";
import type { GrowingBuffer } from "./arena.ts";
import type { Dispatch } from "./shader.ts";

/** Memory that shaders are bound to. */
export interface Memories {
  readonly arena: GrowingBuffer;
  readonly scratch: GrowingBuffer;
}

/** A dispatch with its pipeline. */
interface Step {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
}

/** The pipelines of a plan's commands. */
export class Steps {
  readonly #memories: Memories;
  readonly #commands: readonly (readonly Step[])[];
  #groups: GPUBindGroup[][] = [];
  #generation = "";

  private constructor(memories: Memories, commands: readonly (readonly Step[])[]) {
    this.#memories = memories;
    this.#commands = commands;
  }

  /**
   * Compiles the shaders of a plan.
   *
   * @param known Pipelines by text, of this plan and others.
   * @throws {PipelineError} When one is refused, with its command and stages.
   */
  static async compile(
    plan: Plan,
    { commands, memories, known }: {
      readonly commands: readonly (readonly Dispatch[])[];
      readonly memories: Memories;
      readonly known: Map<string, GPUComputePipeline>;
    },
  ): Promise<Steps> {
    const { device } = memories.arena;
    const refusals: Promise<void>[] = [];
    const made = commands.map((dispatches, i) =>
      dispatches.map((dispatch): Step => {
        let pipeline = known.get(dispatch.code);
        if (pipeline === undefined) {
          const { name, paths } = plan.commands[i]!;
          device.pushErrorScope("validation");
          const module = device.createShaderModule({ label: name, code: dispatch.code });
          const compute = { module, entryPoint: "main" };
          pipeline = device.createComputePipeline({ label: name, layout: "auto", compute });
          refusals.push(
            device.popErrorScope().then((error) => {
              if (error !== null) throw refused({ name, paths }, error);
            }),
          );
          known.set(dispatch.code, pipeline);
        }
        return { dispatch, pipeline };
      })
    );
    await Promise.all(refusals);
    return new Steps(memories, made);
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
    this.#commands[command]!.forEach(({ dispatch, pipeline }, i) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, this.#groups[command]![i]!);
      pass.dispatchWorkgroups(...dispatch.workgroups);
    });
  }

  #bind(): void {
    const { arena, scratch } = this.#memories;
    const generation = `${arena.generation} ${scratch.generation}`;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#groups = this.#commands.map((steps) =>
      steps.map(({ dispatch, pipeline }) =>
        arena.device.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: dispatch.bindings.map(({ memory, byteOffset, byteLength }, binding) => ({
            binding,
            resource: {
              buffer: this.#memories[memory].buffer,
              offset: byteOffset,
              size: byteLength,
            },
          })),
        })
      )
    );
  }
}

function refused(
  { name, paths }: { readonly name: string; readonly paths: readonly string[] },
  error: GPUError,
) {
  return pipelineError({
    code: "shader",
    path: paths.join(", "),
    message: `Cannot compile the shader of "${name}" for device "webgpu": ${error.message}`,
    hint: "please report it, with the GPU's name and driver that doctor tells",
  }, { cause: error });
}
