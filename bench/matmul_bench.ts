/**
 * How fast is the matrix product, over sizes: square ones, the products of a training step of
 * `pipelines/mnist.ts`, and thin ones, where few rows meet ten columns?
 *
 * @module
 */
import { ops } from "@millrace/millrace";
import { type MatmulLoop, matmulLoop } from "./loops/kernels.ts";
import { type BenchCase, register } from "./support/case.ts";
import { kernelCase } from "./support/graph.ts";

/** A product, called what it is for, where that is not plain. */
function matmul(
  { purpose, isWatched = false, ...sizes }: MatmulLoop & {
    readonly purpose?: string;
    readonly isWatched?: boolean;
  },
): BenchCase {
  const { m, n, k, transposeLhs = false, transposeRhs = false } = sizes;
  return kernelCase(`matmul ${m}x${k}x${n}${purpose === undefined ? "" : `, ${purpose}`}`, {
    inputs: {
      lhs: transposeLhs ? [k, m] : [m, k],
      rhs: transposeRhs ? [n, k] : [k, n],
    },
    output: [m, n],
    flops: 2 * m * n * k,
    isWatched,
    op: (lhs, rhs) => ops.matmul(lhs!, rhs!, { transposeLhs, transposeRhs }),
    loop: (lhs, rhs, output) => matmulLoop([lhs!, rhs!, output!], sizes),
  });
}

/** A dense layer as it is planned: product, bias and relu in one kernel. */
function dense(sizes: Pick<MatmulLoop, "m" | "n" | "k">): BenchCase {
  const { m, n, k } = sizes;
  return kernelCase(`dense ${m}x${k}x${n} with bias and relu`, {
    inputs: { x: [m, k], weight: [k, n], bias: [n] },
    output: [m, n],
    flops: 2 * m * n * k + 2 * m * n,
    isWatched: true,
    op: (x, weight, bias) => ops.relu(ops.add(ops.matmul(x!, weight!), bias!)),
    loop(x, weight, bias, output) {
      matmulLoop([x!, weight!, output!], sizes);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          output![i * n + j] = Math.max(output![i * n + j]! + bias![j]!, 0);
        }
      }
    },
  });
}

const [batch, inner, units, classes] = [128, 784, 128, 10];

/** The cases. */
export const cases: readonly BenchCase[] = [
  ...[64, 128, 256, 512, 1024].map((n) =>
    matmul({ m: n, k: n, n, isWatched: [64, 128, 256].includes(n) })
  ),
  matmul({ m: batch, k: inner, n: units, purpose: "forward", isWatched: true }),
  matmul({
    m: inner,
    k: batch,
    n: units,
    transposeLhs: true,
    purpose: "gradient of the weight",
    isWatched: true,
  }),
  matmul({
    m: batch,
    k: units,
    n: inner,
    transposeRhs: true,
    purpose: "gradient of the input",
    isWatched: true,
  }),
  dense({ m: 32, k: inner, n: units }),
  ...[1, 2, 4, 8, 16, 32].map((rows) =>
    matmul({ m: rows, k: units, n: classes, isWatched: [1, 32].includes(rows) })
  ),
  matmul({ m: 32, k: inner, n: classes, isWatched: true }),
];

await register(cases, import.meta);
