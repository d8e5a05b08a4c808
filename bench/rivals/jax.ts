/**
 * Contender: jax-js with its wasm backend. The whole training step is one `jit` function, as its
 * documentation advises. On one thread it gets no workers, else it starts one for each processor.
 *
 * Its arrays are counted: a function uses up what it is given, and `.ref` keeps one more use.
 *
 * @module
 */
import { contend, trainBySteps, type Trainer } from "./contender.ts";
import { load, packages } from "./packages.ts";
import { classes, type TrainWork } from "./work.ts";

// deno-lint-ignore no-explicit-any
type Value = any;

/** Weights and biases by layer. */
type Layers = { readonly w: Value; readonly b: Value }[];

function withoutWorkers(): void {
  Reflect.deleteProperty(globalThis, "Worker");
}

function trainerOf(jax: Value, { network, batch }: TrainWork): Trainer {
  const { numpy: np, nn, lax, random, jit, valueAndGrad, tree, blockUntilReady } = jax;

  /** A layer as Keras begins with it; a convolution's weight is `[filters, channels, height, width]`. */
  const layer = (shape: readonly number[], units: number): Layers[number] => {
    const length = shape.reduce((a, b) => a * b, 1);
    const cells = shape.length === 4 ? shape[2]! * shape[3]! : 1;
    const limit = Math.sqrt(6 / (cells * (shape[0]! + shape[1]!)));
    const values = Float32Array.from({ length }, () => limit * (2 * Math.random() - 1));
    return { w: np.array(values).reshape(shape), b: np.zeros([units]) };
  };

  const mlp = ([first, second]: Layers, { x, key }: { x: Value; key: Value }) => {
    const hidden = nn.relu(np.matmul(x, first!.w).add(first!.b));
    const kept = random.bernoulli(key, 0.8, [batch, 128]);
    return np.matmul(np.where(kept, hidden.mul(1 / 0.8), 0), second!.w).add(second!.b);
  };
  const convolved = (x: Value, { w, b }: Layers[number]) =>
    lax.reduceWindow(
      nn.relu(lax.conv(x, w, [1, 1], "VALID").add(b.reshape([-1, 1, 1]))),
      np.max,
      [2, 2],
      [2, 2],
    );
  const lenet = ([first, second, third]: Layers, { x, key }: { x: Value; key: Value }) => {
    key.dispose();
    const features = convolved(convolved(x.reshape([batch, 1, 28, 28]), first!), second!);
    return np.matmul(features.reshape([batch, 256]), third!.w).add(third!.b);
  };
  const forward = network === "mlp" ? mlp : lenet;

  const lossOf = (params: Layers, x: Value, y: Value, key: Value) =>
    nn.logSoftmax(forward(params, { x, key })).mul(nn.oneHot(y, classes)).sum().mul(-1 / batch);

  const sgd = jit((params: Layers, x: Value, y: Value, key: Value) => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(params), x, y, key);
    const updated = params.map(({ w, b }, i) => ({
      w: w.sub(gradients[i].w.mul(0.1)),
      b: b.sub(gradients[i].b.mul(0.1)),
    }));
    return [updated, loss];
  });

  const adam = jit((
    params: Layers,
    m: Layers,
    v: Layers,
    t: Value,
    x: Value,
    y: Value,
    key: Value,
  ) => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(params), x, y, key);
    const meanScale = np.subtract(1, np.power(0.9, t.ref));
    const squareScale = np.subtract(1, np.power(0.999, t));
    const update = (param: Value, grad: Value, mean: Value, square: Value) => {
      const newMean = mean.mul(0.9).add(grad.ref.mul(0.1));
      const newSquare = square.mul(0.999).add(np.square(grad).mul(0.001));
      const root = np.sqrt(newSquare.ref.div(squareScale.ref)).add(1e-7);
      const change = newMean.ref.div(meanScale.ref).mul(1e-3).div(root);
      return [param.sub(change), newMean, newSquare];
    };
    const updated = params.map(({ w, b }, i) => ({
      w: update(w, gradients[i].w, m[i]!.w, v[i]!.w),
      b: update(b, gradients[i].b, m[i]!.b, v[i]!.b),
    }));
    meanScale.dispose();
    squareScale.dispose();
    const part = (p: number) => updated.map(({ w, b }) => ({ w: w[p], b: b[p] }));
    return [part(0), part(1), part(2), loss];
  });

  let params: Layers = network === "mlp"
    ? [layer([784, 128], 128), layer([128, 10], 10)]
    : [layer([8, 1, 5, 5], 8), layer([16, 8, 5, 5], 16), layer([256, 10], 10)];
  const zeros = () => params.map(({ w, b }) => ({ w: np.zeros(w.shape), b: np.zeros(b.shape) }));
  let [m, v] = [zeros(), zeros()];
  let steps = 0;
  let last: Value;
  return {
    async step(images, labels) {
      const t = ++steps;
      const x = np.array(images).reshape([batch, 784]);
      const y = np.array(Int32Array.from(labels));
      const key = random.key(t);
      last?.dispose();
      if (network === "mlp") {
        [params, m, v, last] = adam(params, m, v, np.array(Float32Array.of(t)), x, y, key);
      } else [params, last] = sgd(params, x, y, key);
      // else steps pile up, and it is slower
      await blockUntilReady(params);
    },
    loss: async () => (await last.data())[0],
  };
}

await contend(async ({ threads }) => {
  if (threads === 1) withoutWorkers();
  const jax = await load("@jax-js/jax");
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  return {
    versions: { "jax-js": packages["@jax-js/jax"] },
    matmul(n) {
      const random = () => Float32Array.from({ length: n * n }, Math.random);
      const [lhs, rhs] = [0, 1].map(() => jax.numpy.array(random()).reshape([n, n]));
      return async () => {
        const product = jax.numpy.matmul(lhs.ref, rhs.ref);
        await product.blockUntilReady();
        product.dispose();
      };
    },
    train: (work) => trainBySteps(work, trainerOf(jax, work)),
  };
});
