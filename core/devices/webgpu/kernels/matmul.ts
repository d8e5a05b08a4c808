/**
 * Matrix multiplication in float32, every side transposed or not, any strides: see `gemm.ts`.
 *
 * @module
 */
import type { TensorSpec } from "../../../tensor/mod.ts";
import { type MatmulParams, matmulSizes } from "../../../ops/mod.ts";
import { coordinatesOf } from "../loops.ts";
import { isInFours } from "../shader.ts";
import { gemmDispatches } from "./gemm.ts";
import type { Side } from "./gemm_product.ts";
import type { Operand, WriteShaders } from "./kernel.ts";

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

/** @param axes What the last two axes are. */
function sideOf(
  { access, shape }: Operand,
  axes: readonly ["inner" | "outer", "inner" | "outer"],
): Side {
  const { statements, names } = coordinatesOf("matrix", {
    sizes: shape.slice(0, -2),
    prefix: "i",
  });
  const [last, other] = [access.strides.at(-1)!, access.strides.at(-2)!];
  const isLast = Math.abs(last) <= Math.abs(other);
  // as if the axis of neighbours were the last
  const { offset, strides } = access;
  const walk = {
    offset,
    strides: [...strides.slice(0, -2), ...(isLast ? [other, last] : [last, other])],
  };
  return {
    access,
    contiguous: isLast ? axes[1] : axes[0],
    inFours: shape.at(isLast ? -1 : -2)! % 4 === 0 && isInFours(walk),
    element: ({ load }) => [...statements, `return ${load(access, [...names, ...axes])};`],
  };
}
