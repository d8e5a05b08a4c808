/**
 * How long is one training step of the tutorial networks, over batch sizes and threads? The step
 * alone: batches are not fed and scores not read (`deno task bench:rivals` times the whole loop).
 *
 * @module
 */
import { type Pipeline, wasmDevice, webgpuDevice } from "@millrace/millrace";
import lenet from "../pipelines/lenet_speed.ts";
import mnist from "../pipelines/mnist.ts";
import mnist1010 from "../pipelines/mnist_10_10.ts";
import mnist6464 from "../pipelines/mnist_64_64.ts";
import neuron from "../pipelines/neuron.ts";
import sequence from "../pipelines/sequence.ts";
import sgdNesterov from "../pipelines/sgd_nesterov.ts";
import {
  loopLenet,
  type LoopNetwork,
  type LoopNetworkOptions,
  loopPerceptron,
} from "./loops/network.ts";
import {
  allThreads,
  type BenchCase,
  loopVariant,
  register,
  type Runner,
  threadsName,
  type Variant,
} from "./support/case.ts";
import { normals } from "./support/graph.ts";
import { learningRate, prepareTraining } from "./support/training_step.ts";

/** 1, 2, 4 … threads, up to all. */
const threadCounts: readonly number[] = [
  ...Array.from({ length: Math.ceil(Math.log2(allThreads)) }, (_, i) => 2 ** i),
  allThreads,
];

/** A network at some batch sizes. */
function steps(
  pipeline: Pipeline,
  { batchSizes, watched = [], loop }: {
    readonly batchSizes: readonly number[];
    /** Batch sizes that are watched. */
    readonly watched?: readonly number[];
    /** The same network as a plain loop. */
    readonly loop?: (options: LoopNetworkOptions) => LoopNetwork;
  },
): BenchCase[] {
  return batchSizes.map((batch) => ({
    name: `${pipeline.name}, batch ${batch}`,
    samples: batch,
    isWatched: watched.includes(batch),
    variants: [
      ...(loop === undefined
        ? []
        : [loopVariant(() => prepareLoop(loop({ batch, learningRate }), batch))]),
      ...threadCounts.map((threads): Variant => ({
        name: threadsName(threads),
        threads,
        device: "wasm",
        prepare: () => prepareTraining(pipeline, { device: wasmDevice(), batch, threads }),
      })),
      {
        name: "webgpu",
        threads: 1,
        device: "webgpu",
        prepare: () => prepareTraining(pipeline, { device: webgpuDevice(), batch, threads: 1 }),
      },
    ],
  }));
}

function prepareLoop(network: LoopNetwork, batch: number): Runner {
  const images = normals("images", batch * 784).map(Math.abs);
  const labels = Uint8Array.from({ length: batch }, (_, i) => i % 10);
  return { run: () => void network.step(images, labels) };
}

/** The cases. */
export const cases: readonly BenchCase[] = [
  ...steps(mnist, {
    batchSizes: [1, 8, 32, 128, 512],
    watched: [32, 128],
    loop: (options) => loopPerceptron([784, 128, 10], { ...options, dropout: 0.2 }),
  }),
  ...steps(mnist6464, {
    batchSizes: [32, 128],
    watched: [32],
    loop: (options) => loopPerceptron([784, 64, 64, 10], options),
  }),
  ...steps(mnist1010, {
    batchSizes: [32, 128],
    watched: [32],
    loop: (options) => loopPerceptron([784, 10, 10, 10], options),
  }),
  ...steps(lenet, {
    batchSizes: [1, 16, 64, 256],
    watched: [16],
    loop: loopLenet,
  }),
  ...steps(sequence, { batchSizes: [64], watched: [64] }),
  ...steps(sgdNesterov, { batchSizes: [32, 128], watched: [32] }),
  ...steps(neuron, { batchSizes: [4], watched: [4] }),
];

await register(cases, import.meta);
