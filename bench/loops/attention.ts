/**
 * Attention and a transformer's block as plain TypeScript loops: products as `matmulLoop` has them, heads
 * one after the other.
 *
 * @module
 */
import { matmulLoop } from "./kernels.ts";
import { groupNormalizationLoops, type LayerLoops } from "./layers.ts";

/** Sizes of self-attention. */
export interface AttentionLoop {
  readonly batch: number;
  readonly steps: number;
  readonly features: number;
  readonly heads: number;
}

/** A weight and a bias, by name, and the gradients by them. */
type Named = Readonly<Record<string, Float32Array>>;

/** Floating-point operations of self-attention. */
export function attentionFlops({ batch, steps, features }: AttentionLoop): number {
  return batch * (4 * 2 * steps * features ** 2 + 2 * 2 * steps ** 2 * features);
}

/** `y = x · weight + bias` of so many rows, and its gradients. */
function projection([rows, inputs, outputs]: readonly [number, number, number]) {
  return {
    forward(
      x: Float32Array,
      y: Float32Array,
      [weight, bias]: readonly [Float32Array, Float32Array],
    ) {
      matmulLoop([x, weight, y], { m: rows, n: outputs, k: inputs });
      for (let i = 0; i < y.length; i++) y[i]! += bias[i % outputs]!;
    },
    /** Overwrites `dx`, `dweight` and `dbias`. */
    backward({ x, dy, dx, weight, dweight, dbias }: Named) {
      matmulLoop([dy!, weight!, dx!], { m: rows, n: inputs, k: outputs, transposeRhs: true });
      matmulLoop([x!, dy!, dweight!], { m: inputs, n: outputs, k: rows, transposeLhs: true });
      dbias!.fill(0);
      for (let i = 0; i < dy!.length; i++) dbias![i % outputs]! += dy![i]!;
    },
  };
}

/** Self-attention in heads, with biases; names of its parameters begin with a prefix. */
export function attentionLoops(sizes: AttentionLoop, prefix = ""): LayerLoops {
  const { batch, steps, features, heads } = sizes;
  const width = features / heads;
  const scale = 1 / Math.sqrt(width);
  const size = batch * steps * features;
  const project = projection([batch * steps, features, features]);
  const make = () => new Float32Array(size);
  const [queries, keys, values, seen] = [make(), make(), make(), make()];
  const [dqueries, dkeys, dvalues, dseen, part] = [make(), make(), make(), make(), make()];
  const weights = new Float32Array(batch * heads * steps * steps);
  const dweights = new Float32Array(steps);
  const of = (all: Named, name: string) =>
    [all[`${prefix}${name}Weight`]!, all[`${prefix}${name}Bias`]!] as const;
  /** Calls `body` for each step of each head: its first feature, its first weight, the head's first step. */
  const eachStep = (body: (at: number, weight: number, head: number) => void) => {
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        const head = b * steps * features + h * width;
        for (let i = 0; i < steps; i++) {
          body(head + i * features, ((b * heads + h) * steps + i) * steps, head);
        }
      }
    }
  };
  return {
    forward({ x, y, of: parameters }) {
      project.forward(x, queries, of(parameters, "query"));
      project.forward(x, keys, of(parameters, "key"));
      project.forward(x, values, of(parameters, "value"));
      seen.fill(0);
      eachStep((at, row, head) => {
        let largest = -Infinity;
        for (let j = 0; j < steps; j++) {
          let score = 0;
          for (let c = 0; c < width; c++) {
            score += queries[at + c]! * keys[head + j * features + c]!;
          }
          weights[row + j] = score * scale;
          largest = Math.max(largest, weights[row + j]!);
        }
        let sum = 0;
        for (let j = 0; j < steps; j++) {
          sum += weights[row + j] = Math.exp(weights[row + j]! - largest);
        }
        for (let j = 0; j < steps; j++) {
          const weight = weights[row + j]! /= sum;
          for (let c = 0; c < width; c++) {
            seen[at + c]! += weight * values[head + j * features + c]!;
          }
        }
      });
      project.forward(seen, y, of(parameters, "output"));
    },
    backward({ x, dy, dx, of: parameters, by }) {
      const back = (name: string, arrays: Named) => {
        const [weight] = of(parameters, name);
        const [dweight, dbias] = of(by, name);
        project.backward({ ...arrays, weight, dweight, dbias });
      };
      back("output", { x: seen, dy, dx: dseen });
      for (const gradient of [dqueries, dkeys, dvalues]) gradient.fill(0);
      eachStep((at, row, head) => {
        let product = 0;
        for (let j = 0; j < steps; j++) {
          let sum = 0;
          for (let c = 0; c < width; c++) {
            sum += dseen[at + c]! * values[head + j * features + c]!;
            dvalues[head + j * features + c]! += weights[row + j]! * dseen[at + c]!;
          }
          dweights[j] = sum;
          product += sum * weights[row + j]!;
        }
        for (let j = 0; j < steps; j++) {
          const slope = scale * weights[row + j]! * (dweights[j]! - product);
          for (let c = 0; c < width; c++) {
            dqueries[at + c]! += slope * keys[head + j * features + c]!;
            dkeys[head + j * features + c]! += slope * queries[at + c]!;
          }
        }
      });
      back("query", { x, dy: dqueries, dx });
      for (const [name, gradient] of [["key", dkeys], ["value", dvalues]] as const) {
        back(name, { x, dy: gradient, dx: part });
        for (let i = 0; i < size; i++) dx[i]! += part[i]!;
      }
    },
  };
}

/** A block of an encoder: attention and a feed-forward part, each added to what it reads and normalized. */
export function encoderLoops(sizes: AttentionLoop & { readonly hidden: number }): LayerLoops {
  const { batch, steps, features, hidden } = sizes;
  const rows = batch * steps;
  const attention = attentionLoops(sizes, "attention.");
  const norm = () => groupNormalizationLoops({ batch: rows, width: features, epsilon: 1e-5 });
  const [norm1, norm2] = [norm(), norm()];
  const widen = projection([rows, features, hidden]);
  const narrow = projection([rows, hidden, features]);
  const make = (width: number) => new Float32Array(rows * width);
  const [attended, sum1, between, narrowed, sum2] = Array.from({ length: 5 }, () => make(features));
  const [dsum2, dbetween, dsum1, part] = Array.from({ length: 4 }, () => make(features));
  const [inner, dinner] = [make(hidden), make(hidden)];
  const gains = (all: Named, name: string): Named => ({
    gamma: all[`${name}.gamma`]!,
    beta: all[`${name}.beta`]!,
  });
  const add = (a: Float32Array, b: Float32Array, sum: Float32Array) => {
    for (let i = 0; i < sum.length; i++) sum[i] = a[i]! + b[i]!;
  };
  const of = (all: Named, name: string) =>
    [all[`feedForward.${name}Weight`]!, all[`feedForward.${name}Bias`]!] as const;
  const unused = new Float32Array(0);
  return {
    forward(arrays) {
      const { x, y, of: parameters } = arrays;
      attention.forward({ ...arrays, y: attended! });
      add(x, attended!, sum1!);
      norm1.forward({ ...arrays, x: sum1!, y: between!, of: gains(parameters, "norm1") });
      widen.forward(between!, inner, of(parameters, "hidden"));
      for (let i = 0; i < inner.length; i++) inner[i] = Math.max(inner[i]!, 0);
      narrow.forward(inner, narrowed!, of(parameters, "output"));
      add(between!, narrowed!, sum2!);
      norm2.forward({ ...arrays, x: sum2!, y, of: gains(parameters, "norm2") });
    },
    backward(arrays) {
      const { dy, dx, of: parameters, by } = arrays;
      const normalized = (name: "norm1" | "norm2", slopes: readonly Float32Array[]) => ({
        x: slopes[0]!,
        y: unused,
        dy: slopes[1]!,
        dx: slopes[2]!,
        of: gains(parameters, name),
        by: gains(by, name),
      });
      norm2.backward(normalized("norm2", [sum2!, dy, dsum2!]));
      const back = (layer: typeof widen, name: string, given: Named) => {
        const [weight] = of(parameters, name);
        const [dweight, dbias] = of(by, name);
        layer.backward({ ...given, weight, dweight, dbias });
      };
      back(narrow, "output", { x: inner, dy: dsum2!, dx: dinner });
      for (let i = 0; i < inner.length; i++) if (!(inner[i]! > 0)) dinner[i] = 0;
      back(widen, "hidden", { x: between!, dy: dinner, dx: part! });
      add(dsum2!, part!, dbetween!);
      norm1.backward(normalized("norm1", [sum1!, dbetween!, dsum1!]));
      attention.backward({ ...arrays, dy: dsum1!, dx: part! });
      add(dsum1!, part!, dx);
    },
  };
}
