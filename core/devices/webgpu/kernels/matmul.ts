/**
 * Matrix multiplication in float32, every side transposed or not, any strides: see `gemm.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { type MatmulParams, matmulSizes } from "../../../ops/mod.ts";
import type { Operand } from "../../../plan/mod.ts";
import { coordinatesOf } from "../loops.ts";
import { gemmDispatches, productReads } from "./gemm.ts";
import { isOperandInFours, leadingAccess } from "./gemm_operand.ts";
import type { Side } from "./gemm_product.ts";
import type { WriteShaders } from "./kernel.ts";

/** The kernel of `matmul`: it always applies. */
export function matmulKernel(_: readonly TensorSpec[], params: MatmulParams): WriteShaders {
  return (site) => {
    const [lhs, rhs] = site.operands as [Operand, Operand];
    const sizes = matmulSizes(lhs.shape, rhs.shape, params);
    return gemmDispatches(site, {
      ...sizes,
      lhs: sideOf(lhs, params.transposeLhs ? ["inner", "outer"] : ["outer", "inner"]),
      rhs: sideOf(rhs, params.transposeRhs ? ["outer", "inner"] : ["inner", "outer"]),
      place: `(matrix * ${sizes.m}u + row) * ${sizes.n}u + column`,
    });
  };
}

/** How often its operands are computed. */
export const matmulReads = productReads<MatmulParams>(({ inputs: [lhs, rhs], params }) =>
  matmulSizes(lhs!.shape, rhs!.shape, params)
);

/** @param axes What the last two axes are. */
function sideOf(
  operand: Operand,
  axes: readonly ["inner" | "outer", "inner" | "outer"],
): Side {
  const { shape } = operand;
  const { statements, names } = coordinatesOf("matrix", {
    sizes: shape.slice(0, -2),
    prefix: "i",
  });
  const { strides } = leadingAccess(operand);
  const isLast = Math.abs(strides.at(-1)!) <= Math.abs(strides.at(-2)!);
  const axis = shape.length - (isLast ? 1 : 2);
  return {
    operand,
    contiguous: isLast ? axes[1] : axes[0],
    foursAlong: shape[axis]! % 4 === 0 && isOperandInFours(operand, axis) ? axis : null,
    element: ({ load }) => [...statements, `return ${load([...names, ...axes])};`],
  };
}
