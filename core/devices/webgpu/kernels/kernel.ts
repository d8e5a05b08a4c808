/**
 * The contract of a kernel: the shaders of one op that has loops of its own.
 *
 * A kernel is a function of the operands' specs and the op's params. It gives `null` when it does not
 * apply, and else what writes the shaders at a site, which tells where the operands lie. It knows
 * nothing of graphs or stages. `mod.ts` lists the kernels.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import type { Kernel, Operand } from "../../../plan/mod.ts";
import { dispatchPlaces } from "../places.ts";
import { type Dispatch, Shader, type ShaderContext } from "../shader.ts";

/** What a kernel's shaders are made of. */
export interface KernelSite {
  /** The command's kernel, of which the op is the anchor. */
  readonly kernel: Kernel;
  readonly context: ShaderContext;
  readonly operands: readonly Operand[];
  /** What the op gives, row-major. */
  readonly output: TensorSpec;
}

/** Writes the shaders of an op at a site. */
export type WriteShaders = (site: KernelSite) => Dispatch[];

/**
 * A shader in which each invocation computes the op at one place of its output.
 *
 * @param body Statements of a function of `place`, which return the op's result there.
 */
export function eachPlace(
  { kernel, context }: KernelSite,
  { type, body }: {
    readonly type: "f32" | "i32" | "u32";
    readonly body: (shader: Shader) => readonly string[];
  },
): Dispatch[] {
  const shader = new Shader(kernel, { context });
  return dispatchPlaces(shader, {
    declarations: [`fn value(place: u32) -> ${type} {\n${body(shader).join("\n")}\n}`],
  });
}
