/**
 * How fast is what is no product: elementwise chains, transcendental functions, reductions, softmax,
 * transposes, the loss, and an update of Adam?
 *
 * @module
 */
import { ops, type Value } from "@millrace/millrace";
import { adamLoop } from "./loops/kernels.ts";
import { type BenchCase, loopVariant, register } from "./support/case.ts";
import { deviceVariants, kernelCase, normals } from "./support/graph.ts";

/** A function of one number, element by element. */
function unary(
  name: string,
  { op, loop, length = 65_536, isWatched = false }: {
    readonly op: (x: Value) => Value;
    readonly loop: (x: number) => number;
    readonly length?: number;
    readonly isWatched?: boolean;
  },
): BenchCase {
  return kernelCase(`${name}, ${length} elements`, {
    inputs: { x: [length] },
    output: [length],
    isWatched,
    op: (x) => op(x!),
    loop(x, y) {
      for (let i = 0; i < length; i++) y![i] = loop(x![i]!);
    },
  });
}

/** Two operations on three operands, fused into one kernel. */
function chain(length: number): BenchCase {
  return kernelCase(`relu(x * y + z), ${length} elements`, {
    inputs: { x: [length], y: [length], z: [length] },
    output: [length],
    isWatched: length === 65_536,
    op: (x, y, z) => ops.relu(ops.add(ops.mul(x!, y!), z!)),
    loop(x, y, z, output) {
      for (let i = 0; i < length; i++) output![i] = Math.max(x![i]! * y![i]! + z![i]!, 0);
    },
  });
}

/** A sum over rows, over columns, or over all. */
function sum(rows: number, columns: number, axes: readonly (0 | 1)[]): BenchCase {
  const [keepsRows, keepsColumns] = [!axes.includes(0), !axes.includes(1)];
  const output = [...(keepsRows ? [rows] : []), ...(keepsColumns ? [columns] : [])];
  return kernelCase(
    `sum of ${rows}x${columns} over ${axes.length === 2 ? "all" : `axis ${axes}`}`,
    {
      inputs: { x: [rows, columns] },
      output,
      isWatched: rows === 1024,
      op: (x) => ops.reduceSum(x!, { axes: [...axes] }),
      loop(x, output) {
        output!.fill(0);
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            output![keepsRows ? i : keepsColumns ? j : 0]! += x![i * columns + j]!;
          }
        }
      },
    },
  );
}

function softmax(rows: number, columns: number): BenchCase {
  return kernelCase(`softmax of ${rows}x${columns}`, {
    inputs: { x: [rows, columns] },
    output: [rows, columns],
    isWatched: true,
    op: (x) => ops.softmax(x!),
    loop(x, y) {
      for (let i = 0; i < rows; i++) {
        const first = i * columns;
        let largest = -Infinity;
        for (let j = 0; j < columns; j++) largest = Math.max(largest, x![first + j]!);
        let sum = 0;
        for (let j = 0; j < columns; j++) sum += y![first + j] = Math.exp(x![first + j]! - largest);
        for (let j = 0; j < columns; j++) y![first + j]! /= sum;
      }
    },
  });
}

function transpose(rows: number, columns: number): BenchCase {
  return kernelCase(`transpose of ${rows}x${columns}`, {
    inputs: { x: [rows, columns] },
    output: [columns, rows],
    isWatched: rows === 32,
    op: (x) => ops.transpose(x!, [1, 0]),
    loop(x, y) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) y![j * rows + i] = x![i * columns + j]!;
      }
    },
  });
}

/** The gradient of the mean sparse categorical cross-entropy by the logits. */
function crossEntropy(rows: number, classes: number): BenchCase {
  const labels = Uint8Array.from({ length: rows }, (_, i) => i % classes);
  return {
    name: `cross-entropy of ${rows}x${classes} and its gradient`,
    bytes: 2 * 4 * rows * classes + rows,
    isWatched: true,
    variants: [
      loopVariant(() => {
        const logits = normals("logits", rows * classes);
        const gradient = new Float32Array(rows * classes);
        const run = () => {
          for (let i = 0; i < rows; i++) {
            const first = i * classes;
            let largest = -Infinity;
            for (let j = 0; j < classes; j++) largest = Math.max(largest, logits[first + j]!);
            let sum = 0;
            for (let j = 0; j < classes; j++) sum += Math.exp(logits[first + j]! - largest);
            for (let j = 0; j < classes; j++) {
              const probability = Math.exp(logits[first + j]! - largest) / sum;
              gradient[first + j] = (probability - (labels[i] === j ? 1 : 0)) / rows;
            }
          }
        };
        return { run, result: () => gradient };
      }),
      ...deviceVariants((builder) => {
        const logits = builder.variable("logits", {
          spec: { shape: [rows, classes], dtype: "f32" },
          role: "parameter",
          initialize: () => normals("logits", rows * classes),
        });
        const chosen = ops.oneHot(builder.input("labels", { shape: [rows], dtype: "u8" }), classes);
        const score = ops.reduceSum(ops.mul(logits.value, chosen), { axes: [-1] });
        const loss = ops.mean(ops.sub(ops.logSumExp(logits.value), score));
        builder.output("gradient", ops.gradient(loss, logits.value));
      }, { labels }),
    ],
  };
}

/** One update of as many parameters as `pipelines/mnist.ts` has. */
function adam(length: number): BenchCase {
  const step = 1;
  const first = (name: string) => normals(name, length).map(Math.abs);
  return {
    name: `adam, ${length} parameters`,
    bytes: 7 * 4 * length,
    isWatched: true,
    variants: [
      loopVariant(() => {
        const [param, m, v] = ["param", "m", "v"].map(first);
        const grad = normals("grad", length);
        return {
          run: () => adamLoop([param!, grad], { m: m!, v: v!, step }),
          result: () => param!,
        };
      }),
      ...deviceVariants((builder) => {
        const [param, m, v] = ["param", "m", "v"].map((name) =>
          builder.variable(name, {
            spec: { shape: [length], dtype: "f32" },
            role: "state",
            initialize: () => first(name),
          })
        );
        const grad = builder.input("grad", { shape: [length], dtype: "f32" });
        const mean = ops.add(ops.mul(m!.value, 0.9), ops.mul(grad, 0.1));
        const square = ops.add(ops.mul(v!.value, 0.999), ops.mul(ops.square(grad), 0.001));
        const root = ops.mul(ops.sqrt(square), 1 / Math.sqrt(1 - 0.999 ** step));
        const change = ops.div(ops.mul(mean, 1e-3 / (1 - 0.9 ** step)), ops.add(root, 1e-7));
        builder.update(param!, ops.sub(param!.value, change));
        builder.update(m!, mean);
        builder.update(v!, square);
      }),
    ],
  };
}

/** The cases. */
export const cases: readonly BenchCase[] = [
  ...[1024, 65_536, 1_048_576].map(chain),
  unary("exp", { op: ops.exp, loop: Math.exp, isWatched: true }),
  unary("log(x * x)", { op: (x) => ops.log(ops.square(x)), loop: (x) => Math.log(x * x) }),
  unary("tanh", { op: ops.tanh, loop: Math.tanh, isWatched: true }),
  unary("sigmoid", { op: ops.sigmoid, loop: (x) => 1 / (1 + Math.exp(-x)) }),
  unary("sin", { op: ops.sin, loop: Math.sin }),
  sum(1024, 1024, [1]),
  sum(1024, 1024, [0]),
  sum(1024, 1024, [0, 1]),
  sum(32, 128, [0]),
  softmax(32, 10),
  softmax(1024, 1024),
  crossEntropy(32, 10),
  transpose(1024, 1024),
  transpose(32, 784),
  adam(101_770),
];

await register(cases, import.meta);
