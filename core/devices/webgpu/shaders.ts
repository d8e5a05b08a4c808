/**
 * Plan -> shaders: each command becomes one dispatch or a few.
 *
 * @module
 */
import { sizeOf } from "../../tensor/mod.ts";
import { type Command, operandSpec, type Plan } from "../../plan/mod.ts";
import { findKernel } from "../kernel_list.ts";
import { kernels } from "./kernels/mod.ts";
import { elementwiseDispatches } from "./places.ts";
import { reduceDispatches } from "./reduce.ts";
import type { Dispatch, ShaderContext } from "./shader.ts";

/** The dispatches of each command of a plan. */
export function shadersOf(
  plan: Plan,
  { mostBindings, workgroupBytes, subgroupSize }: Omit<ShaderContext, "buffers">,
): readonly (readonly Dispatch[])[] {
  const context = { buffers: plan.buffers, mostBindings, workgroupBytes, subgroupSize };
  return plan.commands.map((command) => commandShaders(command, context));
}

function commandShaders({ kernel, name }: Command, context: ShaderContext): Dispatch[] {
  const { anchor } = kernel;
  if (sizeOf(kernel.shape) === 0) return [];
  if (anchor === null) return elementwiseDispatches(kernel, context);
  if (anchor.kind === "reduce") return reduceDispatches(kernel, anchor, context);
  const { op, params, operands, output } = anchor;
  const inputs = operands.map(operandSpec);
  const write = findKernel(kernels, op, { inputs, params });
  if (write === null) throw new TypeError(`Cannot run "${name}": op "${op.name}" has no kernel`);
  return write({ kernel, context, operands, output });
}
