/**
 * Contender: Millrace. It trains as a user does, with `train()`, on a pipeline whose images are made
 * in memory.
 *
 * @module
 */
import {
  adam,
  backward,
  type ClassLabels,
  conv2d,
  defineLoader,
  dense,
  dropout,
  flatten,
  lstm,
  maxPool2d,
  ops,
  type Pipeline,
  pipeline,
  rescale,
  reshape,
  sequential,
  sgd,
  sparseCategoricalCrossEntropy,
  type Tensor,
  train,
  wasmDevice,
} from "@millrace/millrace";
import { z } from "zod";
import config from "../../deno.json" with { type: "json" };
import { memoryRows } from "../../plugins/loaders/memory_rows.ts";
import { prepareGraph } from "../support/graph.ts";
import { contend, Stopwatch } from "./contender.ts";
import {
  classes,
  digits as makeDigits,
  type Network,
  type Training,
  type TrainWork,
} from "./work.ts";

const ports = {
  image: { kind: "tensor", dtype: "u8", shape: [28, 28] },
  label: { kind: "labels", dtype: "u8", classes },
} as const;

const madeDigits = defineLoader<{
  readonly image: Tensor<readonly ["batch", 28, 28], "u8">;
  readonly label: ClassLabels<"batch", 10>;
}>()({
  name: "madeDigits",
  kind: "loader",
  family: "loader",
  config: z.object({ rows: z.int() }),
  ports: () => ports,
  open({ config: { rows }, split }) {
    if (split !== "train") return null;
    const { images, labels } = makeDigits(rows);
    return memoryRows({ ports, columns: { image: images, label: labels }, fingerprint: "made" });
  },
});

/** The scores that a network gives to images. */
function scoresOf(network: Network, pixels: Tensor<readonly ["batch", 28, 28]>) {
  switch (network) {
    case "mlp":
      return sequential(
        flatten(),
        dense(128, { activation: "relu" }),
        dropout(0.2),
        dense(10),
      )(pixels);
    case "lenet":
      return sequential(
        reshape([28, 28, 1]),
        conv2d(8, 5, { activation: "relu" }),
        maxPool2d(2),
        conv2d(16, 5, { activation: "relu" }),
        maxPool2d(2),
        flatten(),
        dense(10),
      )(pixels);
    case "lstm":
      return sequential(lstm(128), dense(10))(pixels);
  }
}

function pipelineOf({ network, batch, rows }: TrainWork): Pipeline {
  const digits = madeDigits({ rows });
  const pixels = rescale({ scale: 1 / 255 })(digits.image);
  const logits = scoresOf(network, pixels);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: digits.label });
  const gradients = backward()(loss);
  const optimizer = network === "lenet"
    ? sgd({ learningRate: 0.1 })(gradients)
    : adam({ learningRate: 1e-3 })(gradients);
  return pipeline({
    name: network,
    epochs: 1_000_000, // it is stopped when enough is measured
    batchSize: batch,
    stages: { digits, pixels, logits, loss, gradients, optimizer },
  });
}

async function trainPipeline(work: TrainWork, threads: number): Promise<Training> {
  const stopwatch = new Stopwatch(work.seconds);
  const enough = new AbortController();
  let loss = NaN;
  await train(pipelineOf(work), {
    threads,
    signal: enough.signal,
    // the first step is to be told; later ones as they are told to any listener
    ...(work.seconds === 0 ? { logEvery: 1 } : {}),
    onEvent(event) {
      if (event.kind !== "step") return;
      loss = event.loss;
      stopwatch.tell(event.step * work.batch);
      if (stopwatch.isOver) enough.abort();
    },
  });
  return { ...stopwatch.result(), loss };
}

await contend(({ threads }) => ({
  versions: { millrace: config.version, deno: Deno.version.deno },
  async matmul(n) {
    const { run } = await prepareGraph((builder) => {
      const [lhs, rhs] = ["lhs", "rhs"].map((name) =>
        builder.input(name, { shape: [n, n], dtype: "f32" })
      );
      builder.output("product", ops.matmul(lhs!, rhs!));
    }, { device: wasmDevice(), threads });
    return run;
  },
  train: (work) => trainPipeline(work, threads),
}));
