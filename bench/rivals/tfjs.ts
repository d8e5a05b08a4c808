/**
 * Contender: TensorFlow.js, with the backend named by the second argument, `cpu` or `wasm`. It runs on
 * one thread: its wasm backend has threads in browsers only.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { contend, trainBySteps, type Trainer } from "./contender.ts";
import { load, locate, packages } from "./packages.ts";
import { classes, type TrainWork } from "./work.ts";

const backend = Deno.args[1] === "wasm" ? "wasm" : "cpu";
const tf = await load("@tensorflow/tfjs");

async function openBackend(): Promise<void> {
  if (backend === "wasm") {
    const { setWasmPaths } = await load("@tensorflow/tfjs-backend-wasm");
    const folder = new URL("dist/", locate("@tensorflow/tfjs-backend-wasm", "package.json"));
    setWasmPaths(fileURLToPath(folder));
  }
  await tf.setBackend(backend);
  await tf.ready();
}

/** A weight as Keras begins with it. */
function glorot(shape: readonly number[]): unknown {
  const cells = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const limit = Math.sqrt(6 / (cells * (shape.at(-2)! + shape.at(-1)!)));
  return tf.variable(tf.randomUniform(shape, -limit, limit));
}

function zeros(length: number): unknown {
  return tf.variable(tf.zeros([length]));
}

function trainerOf({ network, batch }: TrainWork): Trainer {
  const [w1, b1, w2, b2, w3, b3] = network === "mlp"
    ? [glorot([784, 128]), zeros(128), glorot([128, 10]), zeros(10)]
    : [
      glorot([5, 5, 1, 8]),
      zeros(8),
      glorot([5, 5, 8, 16]),
      zeros(16),
      glorot([256, 10]),
      zeros(10),
    ];
  // deno-lint-ignore no-explicit-any
  const mlp = (x: any) => {
    const hidden = tf.relu(tf.add(tf.matMul(x, w1), b1));
    return tf.add(tf.matMul(tf.dropout(hidden, 0.2), w2), b2);
  };
  // deno-lint-ignore no-explicit-any
  const convolved = (x: any, weight: unknown, bias: unknown) =>
    tf.maxPool(tf.relu(tf.add(tf.conv2d(x, weight, 1, "valid"), bias)), 2, 2, "valid");
  // deno-lint-ignore no-explicit-any
  const lenet = (x: any) => {
    const features = convolved(convolved(tf.reshape(x, [batch, 28, 28, 1]), w1, b1), w2, b2);
    return tf.add(tf.matMul(tf.reshape(features, [batch, 256]), w3), b3);
  };
  const forward = network === "mlp" ? mlp : lenet;
  const optimizer = network === "mlp" ? tf.train.adam(1e-3) : tf.train.sgd(0.1);
  let last = NaN;
  const step: Trainer["step"] = (images, labels) =>
    tf.tidy(() => {
      const x = tf.tensor2d(images, [batch, 784]);
      const targets = tf.oneHot(tf.tensor1d(labels, "int32"), classes);
      const loss = optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(targets, forward(x)),
        true,
      );
      last = loss.dataSync()[0];
    });
  return { step, loss: () => last };
}

await contend(async () => {
  await openBackend();
  return {
    versions: { tfjs: packages["@tensorflow/tfjs"] },
    matmul(n) {
      const [lhs, rhs] = [0, 1].map(() => tf.randomNormal([n, n]));
      return () => tf.matMul(lhs, rhs).dispose(); // both backends have computed when they return
    },
    train: (work) => trainBySteps(work, trainerOf(work)),
  };
});
