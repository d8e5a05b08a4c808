/**
 * Training of small networks as plain TypeScript loops: layers that are called one after the other,
 * softmax cross-entropy, and an update. What a whole training step is compared with.
 *
 * @module
 */
import { glorotUniform, RandomStream, sizeOf } from "@millrace/millrace";
import {
  adamLoop,
  type ConvolutionLoop,
  convolutionLoop,
  convolvedSize,
  inputGradientLoop,
  matmulLoop,
  maxPoolLoop,
  type PoolingLoop,
  weightGradientLoop,
} from "./kernels.ts";

/** What is learned, with the gradient of the last step. */
export interface LoopParameter {
  readonly value: Float32Array;
  readonly gradient: Float32Array;
}

/** A layer for batches of one size. */
export interface LoopLayer {
  readonly parameters: readonly LoopParameter[];
  /** What it gives for a batch; the array is its own, and the same every time. */
  forward(x: Float32Array): Float32Array;
  /** Fills the parameters' gradients; gives the gradient by its input, unless it is the first layer. */
  backward(cotangent: Float32Array): Float32Array;
}

/** What every layer is told. */
interface LayerOptions {
  /** Rows of a batch. */
  readonly batch: number;
  /** Whether nothing before it wants its gradient. */
  readonly isFirst?: boolean;
}

/** Weights as Millrace begins with them, and biases of 0. */
function initialParameters(
  path: string,
  shape: readonly number[],
): { readonly weight: LoopParameter; readonly bias: LoopParameter } {
  const parameter = (value: Float32Array) => ({ value, gradient: new Float32Array(value.length) });
  return {
    weight: parameter(glorotUniform().sample(shape, new RandomStream(0, path))),
    bias: parameter(new Float32Array(shape.at(-1)!)),
  };
}

/** Adds a bias to rows, and cuts off what is negative where that is wanted. */
function addBias(
  y: Float32Array,
  { bias: { value }, relu }: { readonly bias: LoopParameter; readonly relu: boolean },
): void {
  for (let i = 0; i < y.length;) {
    for (let j = 0; j < value.length; j++, i++) {
      const sum = y[i]! + value[j]!;
      y[i] = relu && sum < 0 ? 0 : sum;
    }
  }
}

/** Takes the gradient through relu, in place, and sums the bias's. */
function backwardBias(
  cotangent: Float32Array,
  { y, bias: { gradient }, relu }: {
    readonly y: Float32Array;
    readonly bias: LoopParameter;
    readonly relu: boolean;
  },
): void {
  gradient.fill(0);
  for (let i = 0; i < y.length;) {
    for (let j = 0; j < gradient.length; j++, i++) {
      if (relu && y[i] === 0) cotangent[i] = 0;
      gradient[j]! += cotangent[i]!;
    }
  }
}

/** `y = x · weight + bias`, through relu where that is wanted. */
export function denseLayer(
  { batch, isFirst = false, inputs, units, relu = false }: LayerOptions & {
    readonly inputs: number;
    readonly units: number;
    readonly relu?: boolean;
  },
): LoopLayer {
  const { weight, bias } = initialParameters(`dense ${inputs} ${units}`, [inputs, units]);
  const y = new Float32Array(batch * units);
  const back = new Float32Array(isFirst ? 0 : batch * inputs);
  let input: Float32Array = y;
  return {
    parameters: [weight, bias],
    forward(x) {
      input = x;
      matmulLoop([x, weight.value, y], { m: batch, k: inputs, n: units });
      addBias(y, { bias, relu });
      return y;
    },
    backward(cotangent) {
      backwardBias(cotangent, { y, bias, relu });
      const transposed = { m: inputs, k: batch, n: units, transposeLhs: true };
      matmulLoop([input, cotangent, weight.gradient], transposed);
      if (!isFirst) {
        const sizes = { m: batch, k: units, n: inputs, transposeRhs: true };
        matmulLoop([cotangent, weight.value, back], sizes);
      }
      return back;
    },
  };
}

/** A convolution with bias and relu. */
export function convolutionLayer(
  { isFirst = false, ...sizes }: LayerOptions & ConvolutionLoop,
): LoopLayer {
  const { batch, size, channels, window, filters } = sizes;
  const shape = [window, window, channels, filters];
  const { weight, bias } = initialParameters(`conv2d ${shape}`, shape);
  const y = new Float32Array(batch * convolvedSize(sizes) ** 2 * filters);
  const back = new Float32Array(isFirst ? 0 : batch * size * size * channels);
  let input: Float32Array = y;
  return {
    parameters: [weight, bias],
    forward(x) {
      input = x;
      convolutionLoop([x, weight.value, y], sizes);
      addBias(y, { bias, relu: true });
      return y;
    },
    backward(cotangent) {
      backwardBias(cotangent, { y, bias, relu: true });
      weightGradientLoop([input, cotangent, weight.gradient], sizes);
      if (!isFirst) inputGradientLoop([cotangent, weight.value, back], sizes);
      return back;
    },
  };
}

/** The largest of each 2 by 2 pixels. */
export function maxPoolLayer(sizes: PoolingLoop): LoopLayer {
  const length = sizeOf([sizes.batch, sizes.size, sizes.size, sizes.channels]);
  const y = new Float32Array(length / 4);
  const back = new Float32Array(length);
  const chosen = new Int32Array(length / 4);
  return {
    parameters: [],
    forward(x) {
      maxPoolLoop([x, y], { ...sizes, chosen });
      return y;
    },
    backward(cotangent) {
      back.fill(0);
      for (let i = 0; i < cotangent.length; i++) back[chosen[i]!] = cotangent[i]!;
      return back;
    },
  };
}

/** Sets a share of elements to 0, and makes the others larger. */
export function dropoutLayer(rate: number, length: number): LoopLayer {
  const y = new Float32Array(length);
  const mask = new Float32Array(length);
  const back = new Float32Array(length);
  const masked = (from: Float32Array, to: Float32Array) => {
    for (let i = 0; i < length; i++) to[i] = from[i]! * mask[i]!;
    return to;
  };
  return {
    parameters: [],
    forward(x) {
      for (let i = 0; i < length; i++) mask[i] = Math.random() < rate ? 0 : 1 / (1 - rate);
      return masked(x, y);
    },
    backward: (cotangent) => masked(cotangent, back),
  };
}

/** How parameters are updated. */
export type LoopUpdate =
  | { readonly kind: "adam"; readonly learningRate: number }
  | { readonly kind: "sgd"; readonly learningRate: number };

/** A network that is trained step by step. */
export class LoopNetwork {
  readonly #parameters: readonly LoopParameter[];
  readonly #states: readonly { readonly m: Float32Array; readonly v: Float32Array }[];
  #step = 0;

  constructor(readonly layers: readonly LoopLayer[], readonly update: LoopUpdate) {
    this.#parameters = layers.flatMap((layer) => layer.parameters);
    this.#states = update.kind === "sgd" ? [] : this.#parameters.map(({ value: { length } }) => ({
      m: new Float32Array(length),
      v: new Float32Array(length),
    }));
  }

  /** The values of all parameters, layer after layer. */
  get parameters(): Float32Array[] {
    return this.#parameters.map(({ value }) => value);
  }

  /** One training step on a batch; gives its mean loss. */
  step(x: Float32Array, labels: Uint8Array): number {
    const logits = this.layers.reduce((input, layer) => layer.forward(input), x);
    const loss = crossEntropy(logits, labels);
    this.layers.reduceRight((cotangent, layer) => layer.backward(cotangent), logits);
    this.#step++;
    const { kind, learningRate } = this.update;
    this.#parameters.forEach(({ value, gradient }, p) => {
      if (kind === "adam") {
        adamLoop([value, gradient], { ...this.#states[p]!, step: this.#step, learningRate });
        return;
      }
      for (let i = 0; i < value.length; i++) value[i]! -= learningRate * gradient[i]!;
    });
    return loss;
  }
}

/** The mean softmax cross-entropy; leaves its gradient in the place of the logits. */
function crossEntropy(logits: Float32Array, labels: Uint8Array): number {
  const rows = labels.length;
  const classes = logits.length / rows;
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const label = labels[i]!;
    const score = row[label]!;
    let largest = -Infinity;
    for (let j = 0; j < classes; j++) largest = Math.max(largest, row[j]!);
    let sum = 0;
    for (let j = 0; j < classes; j++) sum += row[j] = Math.exp(row[j]! - largest);
    loss += Math.log(sum) + largest - score;
    for (let j = 0; j < classes; j++) row[j] = (row[j]! / sum - (j === label ? 1 : 0)) / rows;
  }
  return loss / rows;
}

/** How a whole network is made. */
export interface LoopNetworkOptions {
  /** Rows of a batch. */
  readonly batch: number;
  readonly learningRate?: number;
}

/** Dense layers with relu between them, and Adam; with dropout before the last where that is wanted. */
export function loopPerceptron(
  sizes: readonly number[],
  { batch, dropout = 0, learningRate = 1e-3 }: LoopNetworkOptions & {
    /** Share of the last hidden layer that is set to 0. */
    readonly dropout?: number;
  },
): LoopNetwork {
  const layers = sizes.slice(1).flatMap((units, i) => {
    const isLast = i === sizes.length - 2;
    const isFirst = i === 0;
    const dense = denseLayer({ batch, inputs: sizes[i]!, units, relu: !isLast, isFirst });
    const dropped = isLast && dropout > 0;
    return dropped ? [dropoutLayer(dropout, batch * sizes[i]!), dense] : [dense];
  });
  return new LoopNetwork(layers, { kind: "adam", learningRate });
}

/** The network of `pipelines/lenet_speed.ts`: two convolutions with pooling, ten classes, plain SGD. */
export function loopLenet({ batch, learningRate = 0.1 }: LoopNetworkOptions): LoopNetwork {
  const layers = [
    convolutionLayer({ batch, size: 28, channels: 1, window: 5, filters: 8, isFirst: true }),
    maxPoolLayer({ batch, size: 24, channels: 8 }),
    convolutionLayer({ batch, size: 12, channels: 8, window: 5, filters: 16 }),
    maxPoolLayer({ batch, size: 8, channels: 16 }),
    denseLayer({ batch, inputs: 256, units: 10 }),
  ];
  return new LoopNetwork(layers, { kind: "sgd", learningRate });
}
