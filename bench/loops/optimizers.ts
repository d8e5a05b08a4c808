/**
 * Updates of parameters as plain TypeScript loops, with the defaults of the optimizers.
 *
 * @module
 */
import { adamLoop } from "./kernels.ts";

/** What an update reads and writes: one tensor, its gradient, and numbers that stay from step to step. */
export interface UpdateArrays {
  readonly param: Float32Array;
  readonly grad: Float32Array;
  /** As long as the parameter, 0 at first. */
  readonly state: readonly [Float32Array, Float32Array, Float32Array];
  /** Columns of the parameter. */
  readonly units: number;
  /** Counts runs, from 1. */
  readonly run: number;
}

/** One update, at step 1. */
export type UpdateLoop = (arrays: UpdateArrays) => void;

/** `Σ x²` */
function sumOfSquares(x: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
  return sum;
}

/** Stochastic gradient descent of gradients times a factor. */
function descend({ param, grad }: Pick<UpdateArrays, "param" | "grad">, factor = 1): void {
  for (let i = 0; i < param.length; i++) param[i]! -= 0.01 * factor * grad[i]!;
}

/** By what is done; gradients that are clipped, or weights that are kept, are stepped by `sgd()`. */
export const updateLoops: Readonly<Record<string, UpdateLoop>> = {
  "sgd": descend,
  "sgd with momentum"({ param, grad, state: [velocity] }) {
    for (let i = 0; i < param.length; i++) {
      velocity[i] = 0.9 * velocity[i]! - 0.01 * grad[i]!;
      param[i]! += velocity[i]!;
    }
  },
  "adam"({ param, grad, state: [m, v] }) {
    adamLoop([param, grad], { m, v, step: 1 });
  },
  "adamw"({ param, grad, state: [m, v] }) {
    for (let i = 0; i < param.length; i++) param[i]! *= 1 - 1e-3 * 0.01;
    adamLoop([param, grad], { m, v, step: 1 });
  },
  "nadam"({ param, grad, state: [m, v] }) {
    const momentumAt = (step: number) => 0.9 * (1 - 0.5 * 0.96 ** (0.004 * step));
    const [momentum, next] = [momentumAt(1), momentumAt(2)];
    const gradRate = 1e-3 * (1 - momentum) / (1 - momentum);
    const meanRate = 1e-3 * next / (1 - momentum * next);
    const rootScale = 1 / Math.sqrt(1 - 0.999);
    for (let i = 0; i < param.length; i++) {
      m[i] = 0.9 * m[i]! + 0.1 * grad[i]!;
      v[i] = 0.999 * v[i]! + 0.001 * grad[i]! * grad[i]!;
      param[i]! -= (gradRate * grad[i]! + meanRate * m[i]!) /
        (Math.sqrt(v[i]!) * rootScale + 1e-7);
    }
  },
  "adamax"({ param, grad, state: [m, u] }) {
    const rate = 1e-3 / (1 - 0.9);
    for (let i = 0; i < param.length; i++) {
      m[i] = 0.9 * m[i]! + 0.1 * grad[i]!;
      u[i] = Math.max(0.999 * u[i]!, Math.abs(grad[i]!) + 1e-7);
      param[i]! -= rate * m[i]! / u[i]!;
    }
  },
  "rmsprop"({ param, grad, state: [v] }) {
    for (let i = 0; i < param.length; i++) {
      v[i] = 0.9 * v[i]! + 0.1 * grad[i]! * grad[i]!;
      param[i]! -= 1e-3 * grad[i]! / (Math.sqrt(v[i]!) + 1e-7);
    }
  },
  "adagrad"({ param, grad, state: [sum] }) {
    for (let i = 0; i < param.length; i++) {
      sum[i]! += grad[i]! * grad[i]!;
      param[i]! -= 0.01 * grad[i]! / (Math.sqrt(sum[i]!) + 1e-7);
    }
  },
  "adadelta"({ param, grad, state: [v, u] }) {
    for (let i = 0; i < param.length; i++) {
      v[i] = 0.95 * v[i]! + 0.05 * grad[i]! * grad[i]!;
      const move = grad[i]! * Math.sqrt(u[i]! + 1e-6) / Math.sqrt(v[i]! + 1e-6);
      u[i] = 0.95 * u[i]! + 0.05 * move * move;
      param[i]! -= move;
    }
  },
  "lion"({ param, grad, state: [m] }) {
    for (let i = 0; i < param.length; i++) {
      param[i]! -= 1e-4 * Math.sign(0.9 * m[i]! + 0.1 * grad[i]!);
      m[i] = 0.99 * m[i]! + 0.01 * grad[i]!;
    }
  },
  "lamb"({ param, grad, state: [m, v, move] }) {
    const rootScale = 1 / Math.sqrt(1 - 0.999);
    for (let i = 0; i < param.length; i++) {
      m[i] = 0.9 * m[i]! + 0.1 * grad[i]!;
      v[i] = 0.999 * v[i]! + 0.001 * grad[i]! * grad[i]!;
      move[i] = m[i]! / 0.1 / (Math.sqrt(v[i]!) * rootScale + 1e-6) + 0.01 * param[i]!;
    }
    const rate = 1e-3 * Math.sqrt(sumOfSquares(param) / sumOfSquares(move));
    for (let i = 0; i < param.length; i++) param[i]! -= rate * move[i]!;
  },
  "clipByValue"({ param, grad }) {
    for (let i = 0; i < param.length; i++) {
      param[i]! -= 0.01 * Math.max(-0.5, Math.min(0.5, grad[i]!));
    }
  },
  "clipByNorm"(arrays) {
    descend(arrays, Math.min(1, 1 / (Math.sqrt(sumOfSquares(arrays.grad)) + 1e-6)));
  },
  "clipByGlobalNorm"(arrays) {
    descend(arrays, Math.min(1, 1 / (Math.sqrt(sumOfSquares(arrays.grad)) + 1e-6)));
  },
  "scaleByTrustRatio"(arrays) {
    const { param, grad } = arrays;
    descend(arrays, Math.sqrt(sumOfSquares(param) / sumOfSquares(grad)));
  },
  "addDecayedWeights"({ param, grad }) {
    for (let i = 0; i < param.length; i++) param[i]! -= 0.01 * (grad[i]! + 0.01 * param[i]!);
  },
  "accumulateGradients"({ param, grad, state: [sum], run }) {
    const isFull = run % 2 === 0;
    for (let i = 0; i < param.length; i++) {
      const total = sum[i]! + grad[i]!;
      sum[i] = isFull ? 0 : total;
      if (isFull) param[i]! -= 0.01 * total / 2;
    }
  },
  "maxNorm"({ param, grad, units }) {
    descend({ param, grad });
    const squares = new Float32Array(units);
    for (let first = 0; first < param.length; first += units) {
      for (let j = 0; j < units; j++) squares[j]! += param[first + j]! * param[first + j]!;
    }
    const scales = squares.map((square) =>
      Math.sqrt(square) > 3 ? 3 / (Math.sqrt(square) + 1e-7) : 1
    );
    for (let first = 0; first < param.length; first += units) {
      for (let j = 0; j < units; j++) param[first + j]! *= scales[j]!;
    }
  },
  "exponentialMovingAverage"({ param, grad, state: [average], run }) {
    const decay = run === 1 ? 0 : 0.999;
    for (let i = 0; i < param.length; i++) {
      param[i]! -= 0.01 * grad[i]!;
      average[i] = decay * average[i]! + (1 - decay) * param[i]!;
    }
  },
};
