/**
 * Matrix multiplication.
 *
 * @module
 */
import { formatSpec, sameShape, type Shape, sizeOf, type TensorSpec } from "../tensor/mod.ts";
import type { ContractionOp, Term, Value } from "../graph/mod.ts";
import { concatenate } from "./concatenate.ts";
import { defineOp, requireDType } from "./define_op.ts";

/** Which sides are read transposed. */
export interface MatmulParams {
  /** The left side is stored `[…, k, m]`. */
  readonly transposeLhs: boolean;
  /** The right side is stored `[…, n, k]`. */
  readonly transposeRhs: boolean;
}

/** The sizes of a matrix multiplication: `batch` times `[m, k] · [k, n]`. */
export interface MatmulSizes {
  /** Number of matrix pairs: the product of the leading axes. */
  readonly batch: number;
  /** Rows of the left side and of the result. */
  readonly m: number;
  /** Columns of the right side and of the result. */
  readonly n: number;
  /** Length of the sums: columns of the left side, rows of the right. */
  readonly k: number;
}

/** Reads the sizes off the shapes. The sides must have passed `infer`. */
export function matmulSizes(lhs: Shape, rhs: Shape, params: MatmulParams): MatmulSizes {
  const [rows, columns] = [lhs.at(-2)!, lhs.at(-1)!];
  return {
    batch: sizeOf(lhs.slice(0, -2)),
    m: params.transposeLhs ? columns : rows,
    k: params.transposeLhs ? rows : columns,
    n: params.transposeRhs ? rhs.at(-2)! : rhs.at(-1)!,
  };
}

/** `lhs · rhs` over the last two axes; leading axes are equal and counted through. */
export const matmulOp: ContractionOp<MatmulParams> = defineOp<MatmulParams>({
  name: "matmul",
  kind: "contraction",
  infer: inferMatmul,
  reference({ inputs: [lhs, rhs], output, params }) {
    const { batch, m, n, k } = matmulSizes(lhs!.shape, rhs!.shape, params);
    const [lhsRow, lhsInner] = params.transposeLhs ? [1, m] : [k, 1];
    const [rhsInner, rhsColumn] = params.transposeRhs ? [1, k] : [n, 1];
    for (let b = 0; b < batch; b++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < k; p++) {
            sum += lhs!.data[b * m * k + i * lhsRow + p * lhsInner]! *
              rhs!.data[b * k * n + p * rhsInner + j * rhsColumn]!;
          }
          output.data[(b * m + i) * n + j] = sum;
        }
      }
    }
  },
  flops([lhs, rhs], params) {
    const { batch, m, n, k } = matmulSizes(lhs!.shape, rhs!.shape, params);
    return 2 * batch * m * n * k;
  },
  // C = A·B: ∂L/∂A = ∂L/∂C · Bᵀ, ∂L/∂B = Aᵀ · ∂L/∂C; for a transposed side the product is transposed
  vjp({ inputs: [lhs, rhs], cotangent, params: { transposeLhs, transposeRhs } }) {
    return [
      transposeLhs
        ? matmul(rhs!, cotangent, { transposeLhs: transposeRhs, transposeRhs: true })
        : matmul(cotangent, rhs!, { transposeRhs: !transposeRhs }),
      transposeRhs
        ? matmul(cotangent, lhs!, { transposeLhs: true, transposeRhs: transposeLhs })
        : matmul(lhs!, cotangent, { transposeLhs: !transposeLhs }),
    ];
  },
  total: totalOfProducts,
  format: ([lhs, rhs], { transposeLhs, transposeRhs }) =>
    `${lhs}${transposeLhs ? "ᵀ" : ""} · ${rhs}${transposeRhs ? "ᵀ" : ""}`,
});

/** Products from which on one product of all is less work than their sum: a recurrence has as many as steps. */
const fewestProducts = 3;

// Σᵢ Aᵢ·Bᵢ = [A₁ A₂ …]·[B₁; B₂; …]: one product whose inner axis is all of theirs, one behind the other
function totalOfProducts(terms: readonly Term[]): Value | null {
  const params = terms[0]!.params as MatmulParams;
  const { transposeLhs, transposeRhs } = params;
  const isAlike = terms.every((term) => {
    const own = term.params as MatmulParams;
    return own.transposeLhs === transposeLhs && own.transposeRhs === transposeRhs;
  });
  if (terms.length < fewestProducts || !isAlike) return null;
  const side = (i: 0 | 1, axis: number) =>
    concatenate(terms.map(({ inputs }) => inputs[i]!), { axis });
  return matmul(side(0, transposeLhs ? -2 : -1), side(1, transposeRhs ? -1 : -2), params);
}

function inferMatmul([lhs, rhs]: readonly TensorSpec[], params: MatmulParams): TensorSpec {
  requireDType("matmul", lhs!, "f32");
  requireDType("matmul", rhs!, "f32");
  const [a, b] = [lhs!.shape, rhs!.shape];
  const named = `${formatSpec(lhs!)}${params.transposeLhs ? "ᵀ" : ""} · ${formatSpec(rhs!)}${
    params.transposeRhs ? "ᵀ" : ""
  }`;
  if (a.length < 2 || b.length < 2) {
    throw new TypeError(`Cannot multiply ${named}: expected two axes or more on each side`);
  }
  if (!sameShape(a.slice(0, -2), b.slice(0, -2))) {
    throw new TypeError(`Cannot multiply ${named}: the leading axes differ`);
  }
  const { m, n, k } = matmulSizes(a, b, params);
  const rhsInner = params.transposeRhs ? b.at(-1)! : b.at(-2)!;
  if (k !== rhsInner) {
    throw new TypeError(`Cannot multiply ${named}: the inner axes are ${k} and ${rhsInner}`);
  }
  return { shape: [...a.slice(0, -2), m, n], dtype: "f32" };
}

/**
 * Matrix product over the last two axes: `[…, m, k] · […, k, n] -> […, m, n]`.
 *
 * @throws {TypeError} When inner or leading axes differ, or a side has fewer than two axes.
 */
export function matmul(lhs: Value, rhs: Value, options: Partial<MatmulParams> = {}): Value {
  const { transposeLhs = false, transposeRhs = false } = options;
  return lhs.builder.apply(matmulOp, [lhs, rhs], { transposeLhs, transposeRhs });
}
