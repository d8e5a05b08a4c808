/**
 * Recurrent layers as plain TypeScript loops, the last state and gradients through all steps.
 *
 * @module
 */
import type { LayerLoops } from "./layers.ts";

/** Sizes of a recurrence. */
export interface RecurrentLoop {
  readonly batch: number;
  readonly steps: number;
  readonly features: number;
  readonly units: number;
}

/** What a cell reads and writes at a step, row by row of the batch. */
interface StepArrays {
  /** Sums of the input and of the state before. */
  readonly input: Float32Array;
  readonly state: Float32Array;
  /** What the cell keeps for its gradient: four numbers a unit. */
  readonly kept: Float32Array;
  /** State and memory, before and after the step. */
  readonly before: Float32Array;
  readonly after: Float32Array;
  readonly memoryBefore: Float32Array;
  readonly memoryAfter: Float32Array;
}

/** The gradients of a step. */
interface StepGradients {
  /** By the state after it; becomes that by the state before, without the product's part. */
  readonly after: Float32Array;
  readonly memory: Float32Array;
  /** By the sums. */
  readonly input: Float32Array;
  readonly state: Float32Array;
}

/** One unit of a cell. `at` is its place in states, `sum` that of its first sum. */
interface LoopCell {
  readonly gates: number;
  forward(arrays: StepArrays, at: number, sum: number): void;
  backward(arrays: StepArrays, gradients: StepGradients, at: number, sum: number): void;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Floating-point operations of the products. */
export function recurrentFlops(sizes: RecurrentLoop, gates: number): number {
  const { batch, steps, features, units } = sizes;
  return 2 * batch * steps * gates * units * (features + units);
}

/** A state that is the tanh of its sum. */
export function simpleRnnLoops(sizes: RecurrentLoop): LayerLoops {
  return recurrentLoops(sizes, {
    gates: 1,
    forward({ input, state, after }, at, sum) {
      after[at] = Math.tanh(input[sum]! + state[sum]!);
    },
    backward({ after }, by, at, sum) {
      const d = by.after[at]! * (1 - after[at]! ** 2);
      by.input[sum] = by.state[sum] = d;
      by.after[at] = 0;
    },
  });
}

/** Long short-term memory. */
export function lstmLoops(sizes: RecurrentLoop): LayerLoops {
  const { units } = sizes;
  return recurrentLoops(sizes, {
    gates: 4,
    forward({ input, state, kept, after, memoryBefore, memoryAfter }, at, sum) {
      const of = (gate: number) => input[sum + gate * units]! + state[sum + gate * units]!;
      const [i, f, g, o] = [sigmoid(of(0)), sigmoid(of(1)), Math.tanh(of(2)), sigmoid(of(3))];
      [kept[4 * at], kept[4 * at + 1], kept[4 * at + 2], kept[4 * at + 3]] = [i, f, g, o];
      memoryAfter[at] = f * memoryBefore[at]! + i * g;
      after[at] = o * Math.tanh(memoryAfter[at]!);
    },
    backward({ kept, memoryBefore, memoryAfter }, by, at, sum) {
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => kept[4 * at + gate]!);
      const shown = Math.tanh(memoryAfter[at]!);
      const dh = by.after[at]!;
      const dc = by.memory[at]! + dh * o! * (1 - shown ** 2);
      const sums = [
        dc * g! * i! * (1 - i!),
        dc * memoryBefore[at]! * f! * (1 - f!),
        dc * i! * (1 - g! ** 2),
        dh * shown * o! * (1 - o!),
      ];
      for (let gate = 0; gate < 4; gate++) {
        by.input[sum + gate * units] = by.state[sum + gate * units] = sums[gate]!;
      }
      by.memory[at] = dc * f!;
      by.after[at] = 0;
    },
  });
}

/** Gated recurrent units. */
export function gruLoops(sizes: RecurrentLoop): LayerLoops {
  const { units } = sizes;
  return recurrentLoops(sizes, {
    gates: 3,
    forward({ input, state, kept, before, after }, at, sum) {
      const z = sigmoid(input[sum]! + state[sum]!);
      const r = sigmoid(input[sum + units]! + state[sum + units]!);
      const past = state[sum + 2 * units]!;
      const n = Math.tanh(input[sum + 2 * units]! + r * past);
      [kept[4 * at], kept[4 * at + 1], kept[4 * at + 2], kept[4 * at + 3]] = [z, r, n, past];
      after[at] = z * before[at]! + (1 - z) * n;
    },
    backward({ kept, before }, by, at, sum) {
      const [z, r, n, past] = [0, 1, 2, 3].map((part) => kept[4 * at + part]!);
      const dh = by.after[at]!;
      const dn = dh * (1 - z!) * (1 - n! ** 2);
      by.input[sum] = by.state[sum] = dh * (before[at]! - n!) * z! * (1 - z!);
      by.input[sum + units] = by.state[sum + units] = dn * past! * r! * (1 - r!);
      by.input[sum + 2 * units] = dn;
      by.state[sum + 2 * units] = dn * r!;
      by.after[at] = dh * z!;
    },
  });
}

/** The recurrence of a cell, its states 0 at first. */
function recurrentLoops(sizes: RecurrentLoop, cell: LoopCell): LayerLoops {
  const { batch, steps, features, units } = sizes;
  const width = cell.gates * units;
  const each = (length: number, count = steps) =>
    Array.from({ length: count }, () => new Float32Array(length));
  const [inputs, sums] = [each(batch * width), each(batch * width)];
  const kept = each(4 * batch * units);
  const [states, memories] = [each(batch * units, steps + 1), each(batch * units, steps + 1)];
  const by: StepGradients = {
    after: new Float32Array(batch * units),
    memory: new Float32Array(batch * units),
    input: new Float32Array(batch * width),
    state: new Float32Array(batch * width),
  };
  const arraysOf = (step: number): StepArrays => ({
    input: inputs[step]!,
    state: sums[step]!,
    kept: kept[step]!,
    before: states[step]!,
    after: states[step + 1]!,
    memoryBefore: memories[step]!,
    memoryAfter: memories[step + 1]!,
  });
  const forUnits = (use: (at: number, sum: number) => void) => {
    for (let row = 0; row < batch; row++) {
      for (let unit = 0; unit < units; unit++) use(row * units + unit, row * width + unit);
    }
  };
  return {
    forward({ x, y, of: { weight, recurrentWeight, bias, recurrentBias } }) {
      for (let step = 0; step < steps; step++) {
        const arrays = arraysOf(step);
        const { input, state, before } = arrays;
        for (let row = 0; row < batch; row++) {
          for (let j = 0; j < width; j++) {
            input[row * width + j] = bias![j]!;
            state[row * width + j] = recurrentBias?.[j] ?? 0;
          }
          for (let i = 0; i < features; i++) {
            const value = x[(row * steps + step) * features + i]!;
            for (let j = 0; j < width; j++) {
              input[row * width + j]! += value * weight![i * width + j]!;
            }
          }
          for (let i = 0; i < units; i++) {
            const value = before[row * units + i]!;
            for (let j = 0; j < width; j++) {
              state[row * width + j]! += value * recurrentWeight![i * width + j]!;
            }
          }
        }
        forUnits((at, sum) => cell.forward(arrays, at, sum));
      }
      y.set(states[steps]!);
    },
    backward({ x, dy, dx, of: { weight, recurrentWeight }, by: gradients }) {
      for (const gradient of Object.values(gradients)) gradient.fill(0);
      by.after.set(dy);
      by.memory.fill(0);
      for (let step = steps - 1; step >= 0; step--) {
        const arrays = arraysOf(step);
        forUnits((at, sum) => cell.backward(arrays, by, at, sum));
        for (let row = 0; row < batch; row++) {
          for (let j = 0; j < width; j++) {
            gradients.bias![j]! += by.input[row * width + j]!;
            if (gradients.recurrentBias) {
              gradients.recurrentBias[j]! += by.state[row * width + j]!;
            }
          }
          for (let i = 0; i < features; i++) {
            const place = (row * steps + step) * features + i;
            let sum = 0;
            for (let j = 0; j < width; j++) {
              const d = by.input[row * width + j]!;
              sum += d * weight![i * width + j]!;
              gradients.weight![i * width + j]! += x[place]! * d;
            }
            dx[place] = sum;
          }
          for (let i = 0; i < units; i++) {
            let sum = 0;
            for (let j = 0; j < width; j++) {
              const d = by.state[row * width + j]!;
              sum += d * recurrentWeight![i * width + j]!;
              gradients.recurrentWeight![i * width + j]! += arrays.before[row * units + i]! * d;
            }
            by.after[row * units + i]! += sum;
          }
        }
      }
    },
  };
}
