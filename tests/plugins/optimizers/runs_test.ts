/**
 * Optimizers and schedules at work in whole runs: stopped and resumed, on any number of threads, with
 * averages that stand in for parameters, in groups, and wired wrongly.
 *
 * @module
 */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import {
  accumulateGradients,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  addDecayedWeights,
  arrays,
  backward,
  chain,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  compile,
  cosineDecay,
  dense,
  evaluate,
  exponentialMovingAverage,
  type Gradients,
  hostTensor,
  lion,
  loadModel,
  type Loss,
  maxNorm,
  meanSquaredError,
  nadam,
  oneCycle,
  type ParameterUpdate,
  piecewiseConstantDecay,
  type Pipeline,
  pipeline,
  PipelineError,
  type PipelineOptions,
  predict,
  reduceOnPlateau,
  rmsprop,
  scaleByAdam,
  sequential,
  sgd,
  sparseCategoricalCrossEntropy,
  syntheticClassification,
  train,
  type TrainOptions,
  warmUp,
  wasmDevice,
} from "@millrace/millrace";
import { bitsOf, inFolder } from "../../support/runs.ts";
import { assertClose } from "../../golden/golden.ts";

type Optimizer = (gradients: Gradients) => ParameterUpdate;

/** 24 rows of numbers that look random, and a smooth function of them. */
function table() {
  const x = Array.from(
    { length: 24 },
    (_, row) => Array.from({ length: 3 }, (_, i) => Math.sin(7 * row + 3 * i)),
  );
  return arrays({
    x,
    y: x.map(([a, b, c]) => [a! * b! + c!]),
  });
}

/** A small network with an optimizer. */
function network(optimizer: Optimizer, options: Partial<PipelineOptions> = {}): Pipeline {
  return grouped((loss) => ({ optimizer: optimizer(backward()(loss)) }), options);
}

/** A small network with several stages that update it. */
function grouped(
  updates: (loss: Loss) => Readonly<Record<string, ParameterUpdate>>,
  options: Partial<PipelineOptions> = {},
): Pipeline {
  const data = table();
  const model = sequential(dense(5, { activation: "tanh" }), dense(1))(data.x);
  const loss = meanSquaredError()({ predictions: model, targets: data.y });
  return pipeline({
    name: "network",
    epochs: 4,
    batchSize: 4,
    seed: 3,
    stages: { data, model, loss, ...updates(loss) },
    ...options,
  });
}

/** Optimizers that keep every kind of state there is. */
const stateful: Readonly<Record<string, Optimizer>> = {
  "chain() of accumulation, clipping, adamw() and an average": chain(
    accumulateGradients(4),
    clipByGlobalNorm(0.5),
    adamw({ learningRate: warmUp(0.05, { steps: 2 }) }),
    maxNorm(1),
    exponentialMovingAverage(0.7),
  ),
  "nadam() with a schedule that waits for a plateau": nadam({
    learningRate: reduceOnPlateau({
      initialLearningRate: cosineDecay({ initialLearningRate: 0.1, decaySteps: 40 }),
      patience: 0,
      threshold: 0.5,
    }),
  }),
  "rmsprop(), centered, with momentum": rmsprop({ centered: true, momentum: 0.5 }),
  "sgd() with one cycle of rate and momentum": sgd(
    oneCycle({ maxLearningRate: 0.1, totalSteps: 24 }),
  ),
};

for (const [name, optimizer] of Object.entries(stateful)) {
  Deno.test(`${name} resumes in the middle of an epoch to the same bits`, async () => {
    await inFolder(async (folder) => {
      const whole = await train(network(optimizer));
      for (const [i, steps] of [2, 9, 15].entries()) {
        const runDirectory = `${folder}/${i}`;
        const stopped = await train(network(optimizer), { ...stopAfter(steps), runDirectory });
        assertEquals([stopped.stopped, stopped.steps], [true, steps]);
        const resumed = await train(network(optimizer), { runDirectory, resume: true });
        assertEquals(bitsOf(resumed), bitsOf(whole));
        assertEquals(resumed.metrics.train, whole.metrics.train);
      }
    });
  });

  Deno.test(`${name} gives the same bits on one thread and on two`, async () => {
    const wide = network(optimizer, { epochs: 2 });
    const one = await train(wide, { threads: 1 });
    const two = await train(wide, { threads: 2 });
    assertEquals(two.threads, 2);
    assertEquals(bitsOf(one), bitsOf(two));
  });
}

/** Optimizers and chains that are one kernel over all parameters. */
const single: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
  adam: adam({ amsgrad: true }),
  adamw: adamw({ learningRate: cosineDecay({ initialLearningRate: 0.1, decaySteps: 9 }) }),
  nadam: nadam(),
  adamax: adamax(),
  rmsprop: rmsprop({ centered: true, momentum: 0.9 }),
  adagrad: adagrad(),
  adadelta: adadelta(),
  lion: lion({ weightDecay: 0.1 }),
  "adamw of parts": chain(scaleByAdam(), addDecayedWeights(0.1), sgd()),
  "clipped by value": chain(clipByValue(1), adam()),
  "clipped by norm": chain(clipByGlobalNorm(1), adam()),
  accumulated: chain(accumulateGradients(4), adam()),
  averaged: chain(adam(), exponentialMovingAverage()),
};

/** Stops a run after a number of steps. */
function stopAfter(steps: number): TrainOptions {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    logEvery: 1,
    onEvent: (event) => event.kind === "step" && event.step === steps && controller.abort(),
  };
}

Deno.test("accumulateGradients() of four small batches is a step over one large batch", async () => {
  const inner = adamw({ learningRate: 0.05 });
  const options = { shuffle: false, epochs: 6 };
  const small = await train(
    network(chain(accumulateGradients(4), inner), { ...options, batchSize: 6 }),
    { device: "reference" },
  );
  const large = await train(network(inner, { ...options, batchSize: 24 }), { device: "reference" });
  assertEquals([small.steps, large.steps], [24, 6]);
  for (const [path, { data }] of Object.entries(large.model.tensors)) {
    assertClose(small.model.tensors[path]!.data, Array.from(data), { tolerance: 1e-6, what: path });
  }
});

Deno.test("accumulateGradients() of 1 step changes nothing, and counts through another one", async () => {
  const bits = async (optimizer: Optimizer) => bitsOf(await train(network(optimizer)));
  const plain = await bits(adam());
  assertEquals(await bits(chain(accumulateGradients(1), adam())), plain);
  const nested = chain(accumulateGradients(2), accumulateGradients(3), sgd());
  const at = chain(accumulateGradients(6), sgd());
  const [twice, once] = [await train(network(nested)), await train(network(at))];
  for (const [path, { data }] of Object.entries(once.model.tensors)) {
    assertClose(twice.model.tensors[path]!.data, Array.from(data), { tolerance: 1e-6, what: path });
  }
  assertNotEquals(bitsOf(once), bitsOf(await train(network(sgd()))));
});

Deno.test("exponentialMovingAverage() evaluates, predicts and saves the averages", async () => {
  await inFolder(async (folder) => {
    const data = table();
    const model = sequential(dense(5, { activation: "tanh" }), dense(1))(data.x);
    const loss = meanSquaredError()({ predictions: model, targets: data.y });
    const optimizer = adam({ learningRate: 0.1 })(backward()(loss));
    const stages = { data, model, loss, optimizer };
    const average = exponentialMovingAverage(0.9)(optimizer);
    const options = { name: "averaged", epochs: 3, batchSize: 4, seed: 3 };
    const averaged = pipeline({ ...options, stages: { ...stages, average } });
    const plain = pipeline({ ...options, stages });
    const runDirectory = `${folder}/run`;
    const trained = await train(averaged, { runDirectory });
    const other = await train(plain);
    // the steps are the same: the averages are beside them
    assertEquals(trained.metrics.train, other.metrics.train);
    assertNotEquals(bitsOf(trained), bitsOf(other));
    assertEquals(Object.keys(trained.model.tensors), Object.keys(other.model.tensors));
    const file = await loadModel(`${runDirectory}/model.safetensors`);
    assertEquals(bitsOf({ model: file }), bitsOf(trained));
    // the saved model needs no average: the pipeline without one evaluates it alike
    const split = "train" as const;
    const own = await evaluate(averaged, { model: trained.model, split });
    assertEquals((await evaluate(plain, { model: file, split })).scores, own.scores);
    assertNotEquals((await evaluate(plain, { model: other.model, split })).scores, own.scores);
    const records = { "data.x": hostTensor([0.1, 0.2, 0.3], { shape: [1, 3] }) };
    const predicted = await predict(averaged, { model: trained.model, records, output: "model" });
    const again = await predict(plain, { model: file, records, output: "model" });
    assertEquals(predicted.values, again.values);
  });
});

Deno.test("exponentialMovingAverage() stands in while the run itself evaluates", async () => {
  const data = syntheticClassification({ rows: 40, testRows: 20, features: 3, classes: 2 });
  const logits = dense(2)(data.features);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
  const averaging = chain(adam({ learningRate: 0.1 }), exponentialMovingAverage(0.95));
  const optimizer = averaging(backward()(loss));
  const averaged = pipeline({
    name: "tested",
    epochs: 2,
    batchSize: 5,
    stages: { data, logits, loss, optimizer },
  });
  const trained = await train(averaged);
  const { scores } = await evaluate(averaged, { model: trained.model, split: "test" });
  assertEquals(trained.metrics.test, scores);
});

Deno.test("exponentialMovingAverage() with a warm-up follows its formula", async () => {
  const bias = async (optimizer: Optimizer, epochs: number) => {
    const data = arrays({ x: [[0]], y: [[1]] });
    const line = dense(1, { kernelInitializer: "zeros" })(data.x);
    const loss = meanSquaredError()({ predictions: line, targets: data.y });
    const stages = { data, line, loss, optimizer: optimizer(backward()(loss)) };
    const { model } = await train(pipeline({ name: "line", epochs, stages }), {
      device: "reference",
    });
    return model.tensors["line.bias"]!.data[0]!;
  };
  const fit = sgd({ learningRate: 0.05 });
  const averaged = chain(fit, exponentialMovingAverage(0.5, { warmUp: true }));
  let average = 0;
  for (let t = 1; t <= 12; t++) {
    const kept = t === 1 ? 0 : Math.min(0.5, (1 + t) / (10 + t));
    average = kept * average + (1 - kept) * await bias(fit, t);
    assertAlmostEquals(await bias(averaged, t), average, 1e-6);
  }
});

Deno.test("reduceOnPlateau() shrinks the rate of a run between its epochs", async () => {
  // a loss that never gets better by half: the rate is a tenth in each next epoch
  const learningRate = reduceOnPlateau({
    initialLearningRate: 0.01,
    patience: 0,
    threshold: 0.99,
  });
  const rates = piecewise([0.01, 0.01, 0.001, 0.0001]);
  const options = { epochs: 4, batchSize: 4 };
  const waiting = await train(network(sgd({ learningRate }), options), { device: "reference" });
  const planned = await train(network(sgd({ learningRate: rates }), options), {
    device: "reference",
  });
  for (const [path, { data }] of Object.entries(planned.model.tensors)) {
    assertClose(waiting.model.tensors[path]!.data, Array.from(data), { tolerance: 1e-6 });
  }
});

/** A rate for each epoch of six steps. */
function piecewise(values: readonly number[]) {
  return {
    name: "piecewise",
    value: piecewiseConstantDecay({ boundaries: [6, 12, 18], values }).value,
  };
}

Deno.test("backward() into several optimizers is one into one, where their settings are the same", async () => {
  const whole = await train(network(adam()));
  const parts = await train(grouped((loss) => {
    const of = (path: string) => backward({ parameters: [path] })(loss);
    return { first: adam()(of("model.dense1")), second: adam()(of("model.dense2")) };
  }));
  assertEquals(bitsOf(parts), bitsOf(whole));
  const slow = await train(grouped((loss) => {
    const of = (path: string) => backward({ parameters: [path] })(loss);
    return {
      first: adam({ learningRate: 0 })(of("model.dense1")),
      second: adam()(of("model.dense2")),
    };
  }));
  const { tensors } = slow.model;
  assertNotEquals(tensors["model.dense2.weight"], whole.model.tensors["model.dense2.weight"]);
  assertNotEquals(tensors["model.dense1.weight"], whole.model.tensors["model.dense1.weight"]);
});

Deno.test("chain() is wired part by part, and set by their names", async () => {
  const parts = await train(
    network((gradients: Gradients) =>
      maxNorm(1)(sgd({ learningRate: 0.5 })(clipByNorm(0.1)(gradients)))
    ),
  );
  const made = chain(chain(clipByNorm(0.1), sgd({ learningRate: 0.01 })), maxNorm(1));
  const chained = await train(network(made), {
    set: { "optimizer.chain.sgd.learningRate": 0.5 },
  });
  assertEquals(bitsOf(chained), bitsOf(parts));
});

const wrong: readonly [name: string, pipeline: Pipeline, message: string][] = [
  [
    "adamw() refuses to exclude what is no parameter",
    network(adamw({ excludeFromDecay: ["bais"] })),
    '"optimizer": Cannot exclude "bais" from weight decay: the parameters are ' +
    '"model.dense1.weight", "model.dense1.bias", "model.dense2.weight", "model.dense2.bias"; ' +
    'did you mean "bias"?',
  ],
  [
    "addDecayedWeights() refuses to exclude what is no parameter",
    network(chain(addDecayedWeights(0.1, { excludeFromDecay: ["norm"] }), sgd())),
    '"optimizer.addDecayedWeights": Cannot exclude "norm" from weight decay: the parameters are ' +
    '"model.dense1.weight"',
  ],
  [
    "maxNorm() refuses what the optimizer does not update",
    network(chain(sgd(), maxNorm(1, { parameters: ["model.dense3"] }))),
    '"optimizer.maxNorm": Cannot keep "model.dense3" within a norm: the optimizer updates ' +
    '"model.dense1.weight"',
  ],
  [
    "exponentialMovingAverage() refuses a second average",
    network(chain(sgd(), exponentialMovingAverage(0.9), exponentialMovingAverage(0.99))),
    '"optimizer.exponentialMovingAverage2": Cannot let two variables stand in for ' +
    '"model.dense1.weight"',
  ],
  [
    "reduceOnPlateau() refuses a score that there is not",
    network(sgd({ learningRate: reduceOnPlateau({ initialLearningRate: 1, monitor: "los" }) })),
    '"optimizer.learningRate.plateau": Cannot watch "los": the pipeline has no loss or metric of ' +
    'that name\n  hint: did you mean "loss"?',
  ],
  [
    "train() refuses two optimizers of one parameter",
    grouped((loss) => {
      const gradients = backward()(loss);
      return { first: sgd()(gradients), second: adam()(gradients) };
    }),
    '"second": Cannot update "model.dense1.weight" twice in one step: two optimizers hold it',
  ],
];

for (const [name, made, message] of wrong) {
  Deno.test(name, async () => {
    const error = await assertRejects(() => train(made), PipelineError);
    assert(error.message.includes(message), error.message);
  });
}

Deno.test("optimizers update all parameters in one kernel", () => {
  const { target } = wasmDevice();
  const updates = (optimizer: Optimizer) => {
    const { plan } = compile(network(optimizer), { purpose: "train", target });
    return plan.commands.filter(({ kernel, paths }) =>
      kernel.anchor === null && kernel.shape.length > 0 &&
      paths.some((path) => path.startsWith("optimizer"))
    ).length;
  };
  for (const [name, optimizer] of Object.entries(single)) {
    assertEquals(updates(optimizer), 1, name);
  }
});
