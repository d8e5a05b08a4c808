import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  adam,
  arrays,
  backward,
  defineLayer,
  defineOp,
  defineStage,
  dense,
  type Dim,
  explain,
  type Explanation,
  explanationOf,
  flatten,
  type Gradients,
  GraphBuilder,
  meanSquaredError,
  type OpaqueOp,
  ops,
  type Pipeline,
  pipeline,
  PipelineError,
  scalar,
  sequential,
  sgd,
  spectrogram,
  standardize,
  type Tensor,
} from "@millrace/millrace";
import { z } from "zod";
import { main } from "../../core/cli/main.ts";
import { reverse } from "../../core/differentiate/mod.ts";
import neuron from "../../pipelines/neuron.ts";
import mnist from "../../pipelines/mnist.ts";
import { keptIo } from "./cli/support.ts";
import { blobs } from "../support/pipelines.ts";

const pipelines = new URL("../../pipelines/", import.meta.url);

/** The equations of a text: what it says of shapes and rules left out. */
function equationsIn(text: string): string[] {
  return text.split("\n").filter((line) => /^ {4}\S.* = /.test(line) && !/^ {4}where /.test(line))
    .map((line) => line.trim().replace(/ {2,}\S+\[[\d, ]*\]$/, ""));
}

/** The elements of the values of an explanation, by name. */
function elementsOf(explanation: Explanation): Map<string, readonly number[]> {
  return new Map(
    explanation.sections.flatMap(({ blocks }) => blocks).flatMap(({ equations }) => equations)
      .flatMap(({ left, numbers }) => numbers === null ? [] : [[left, numbers.elements] as const]),
  );
}

Deno.test("explain() writes the neuron as the tutorial does", async () => {
  assertEquals(equationsIn(await explain(neuron)), [
    "z = inputs · weight + bias",
    "output = sigmoid(z)",
    "loss = Σ((output - targets)²) / 4",
    "∂loss/∂loss = 1",
    "∂loss/∂output = 2 · (output - targets) / 4",
    "∂loss/∂z = ∂loss/∂output ⊙ output ⊙ (1 - output)",
    "∂loss/∂bias = Σ(∂loss/∂z)",
    "∂loss/∂weight = inputsᵀ · ∂loss/∂z",
    "p′ = p - 2 · g",
    "absolute = Σ(|output - targets|)",
    "count = 4",
  ]);
});

Deno.test("explain() says which rule gives a gradient, and what a function is", async () => {
  const text = await explain(neuron);
  for (
    const words of [
      "sigmoid(x) = 1 / (1 + exp(-x))",
      "where y = output, activation = sigmoid, x = inputs, weight f32[2, 1], bias f32[1]",
      "chain rule: the derivative of Σ((output - targets)²) / 4 by output",
      "chain rule: ∂loss/∂output times the slope of sigmoid at z, which is output ⊙ (1 - output)",
      "sum rule: every example uses the same bias, so its gradient is summed over them",
      "product rule: z holds inputs · weight; the other factor, transposed, times ∂loss/∂z",
      "for p = weight, bias, with g = ∂loss/∂p",
    ]
  ) assertStringIncludes(text, words);
});

Deno.test("explain() puts its numbers below each equation, as by hand from weights of 0", async () => {
  const text = await explain(neuron, { numbers: true });
  assertStringIncludes(text, "neuron: the first step of training, on all 4 examples, seed 0");
  assertStringIncludes(
    text,
    [
      "             = ⎡  0.0625 ⎤",
      "               ⎢ -0.0625 ⎥",
      "               ⎢ -0.0625 ⎥",
      "               ⎣ -0.0625 ⎦",
    ].join("\n"),
  );
  assertMatch(text, /loss = Σ\(\(output - targets\)²\) \/ 4 +f32\[\]\n {9}= 0\.25\n/);
  assertStringIncludes(
    text,
    [
      "    weight   p        g     p′",
      "    [0, 0]   0   -0.125   0.25",
      "    [1, 0]   0   -0.125   0.25",
    ].join("\n"),
  );
});

Deno.test("explain() computes the numbers that the formulas give", async () => {
  const learningRate = 0.7;
  const explanation = await explanationOf(neuron, {
    numbers: true,
    set: {
      "output.kernelInitializer": "glorotUniform",
      "output.biasInitializer": "glorotUniform",
      "optimizer.learningRate": learningRate,
      seed: 5,
    },
  });
  const found = elementsOf(explanation);
  const inputs = [[0, 0], [0, 1], [1, 0], [1, 1]];
  const targets = [0, 1, 1, 1];
  const weight = found.get("weight")!;
  const [bias] = found.get("bias") as [number];
  assert([...weight, bias].every((element) => element !== 0));

  const z = inputs.map(([a, b]) => a! * weight[0]! + b! * weight[1]! + bias);
  const output = z.map((s) => 1 / (1 + Math.exp(-s)));
  const loss = output.reduce((sum, y, i) => sum + (y - targets[i]!) ** 2, 0) / 4;
  const byOutput = output.map((y, i) => 2 * (y - targets[i]!) / 4);
  const byZ = byOutput.map((gradient, i) => gradient * output[i]! * (1 - output[i]!));
  const byWeight = [0, 1].map((k) =>
    byZ.reduce((sum, gradient, i) => sum + gradient * inputs[i]![k]!, 0)
  );
  const byBias = byZ.reduce((sum, gradient) => sum + gradient, 0);
  const expected: Readonly<Record<string, readonly number[]>> = {
    inputs: inputs.flat(),
    targets,
    z,
    output,
    loss: [loss],
    "∂loss/∂loss": [1],
    "∂loss/∂output": byOutput,
    "∂loss/∂z": byZ,
    "∂loss/∂weight": byWeight,
    "∂loss/∂bias": [byBias],
    error: [output.reduce((sum, y, i) => sum + Math.abs(y - targets[i]!), 0) / 4],
  };
  for (const [name, numbers] of Object.entries(expected)) {
    assertEquals(found.get(name)?.length, numbers.length, name);
    numbers.forEach((number, i) => assertAlmostEquals(found.get(name)![i]!, number, 1e-12, name));
  }
  const tables = explanation.sections.flatMap(({ blocks }) => blocks).flatMap(({ tables }) =>
    tables
  );
  const columns = Object.fromEntries(
    tables.map(({ name, columns }) => [
      name,
      columns.map(({ name, numbers }) => [name, numbers.elements] as const),
    ]),
  );
  const steps = {
    weight: { p: weight, g: byWeight },
    bias: { p: [bias], g: [byBias] },
  };
  for (const [name, { p, g }] of Object.entries(steps)) {
    const after = p.map((element, i) => element - learningRate * g[i]!);
    const wanted = [["p", p], ["g", g], ["p′", after]] as const;
    assertEquals(columns[name]?.map(([column]) => column), wanted.map(([column]) => column));
    wanted.forEach(([column, numbers], k) =>
      numbers.forEach((number, i) =>
        assertAlmostEquals(columns[name]![k]![1][i]!, number, 1e-12, `${name} ${column}`)
      )
    );
  }
});

Deno.test("explain() names every layer of a network, and reads like a textbook", async () => {
  const equations = equationsIn(await explain(mnist));
  for (
    const equation of [
      "pixels = image / 255",
      "flatten = reshape(pixels, [32, 784])",
      "z = flatten · dense1.weight + dense1.bias",
      "dense1 = max(z, 0)",
      "dropout = 1.25 · dense1 ⊙ [u ≥ 0.2]",
      "logits = dropout · dense2.weight + dense2.bias",
      "loss = Σ(log Σ₁ exp(logits) - Σ₁(logits ⊙ [label = (0 … 9)])) / 32",
      "∂loss/∂logits = (exp(logits - log Σ₁ exp(logits)) - [label = (0 … 9)]) / 32",
      "∂loss/∂dense2.bias = Σ₀(∂loss/∂logits)",
      "∂loss/∂dense2.weight = dropoutᵀ · ∂loss/∂logits",
      "∂loss/∂dropout = ∂loss/∂logits · dense2.weightᵀ",
      "∂loss/∂dense1 = 1.25 · ∂loss/∂dropout ⊙ [u ≥ 0.2]",
      "∂loss/∂z = ∂loss/∂dense1 ⊙ [dense1 > 0]",
      "m′ = 0.9 · m + 0.1 · g",
      "v′ = 0.999 · v + 0.001 · g²",
      "p′ = p - 0.001 · m′ / ((1 - 0.9^t) · (√v′ / √(1 - 0.999^t) + 1e-7))",
      "probabilities = exp(logits - log Σ₁ exp(logits))",
    ]
  ) assert(equations.includes(equation), `${equation}\nis not among\n${equations.join("\n")}`);
});

Deno.test("explain() explains every pipeline, in lines of 100 characters, each name once", async () => {
  for await (const { name } of Deno.readDir(pipelines)) {
    if (!name.endsWith(".ts")) continue;
    const { default: found }: { default: Pipeline } = await import(new URL(name, pipelines).href);
    const explanation = await explanationOf(found);
    const text = await explain(found);
    const wide = text.split("\n").filter((line) => line.length > 100);
    assertEquals(wide, [], name);
    assert(!/undefined|\bvalue\d|\bNaN\b|object/.test(text), name);
    const training = explanation.sections.filter(({ title }) =>
      ["Forward", "Loss", "Backward, from the loss to the parameters"].includes(title)
    );
    const lefts = training.flatMap(({ blocks }) => blocks).flatMap(({ equations }) => equations)
      .map(({ left }) => left);
    assert(lefts.length > 5, name);
    assertEquals(lefts.filter((left, i) => lefts.indexOf(left) !== i), [], name);
  }
});

Deno.test("explain() takes one example of many, and cuts large tensors short", async () => {
  const text = await explain(blobs(), { numbers: true });
  assertStringIncludes(
    text,
    "blobs: the first step of training, on the first of 60 examples (training takes 16 a step), seed 7",
  );
  assertStringIncludes(text, "as it predicts: what a layer does only in training is left out");
  const wide = await explanationOf(blobs(), { numbers: true, rows: 20 });
  const { numbers } = wide.sections.flatMap(({ blocks }) => blocks)
    .flatMap(({ equations }) => equations).find(({ left }) => left === "features")!;
  assertEquals(numbers?.count, 80);
  assertEquals(numbers?.elements.length, 4);
  const error = await assertRejects(
    () => explain(blobs(), { numbers: true, rows: 61 }),
    PipelineError,
  );
  assertEquals(
    error.message,
    "Cannot take this many examples of the training split: received 61, expected at most 60",
  );
});

Deno.test("explain() keeps to one stage, and knows its name", async () => {
  const text = await explain(mnist, { stage: "logits.dense1" });
  assertEquals(equationsIn(text), [
    "z = flatten · dense1.weight + dense1.bias",
    "dense1 = max(z, 0)",
    "∂loss/∂z = ∂loss/∂dense1 ⊙ [dense1 > 0]",
    "∂loss/∂dense1.bias = Σ₀(∂loss/∂z)",
    "∂loss/∂dense1.weight = flattenᵀ · ∂loss/∂z",
  ]);
  const error = await assertRejects(() => explain(mnist, { stage: "logit" }), PipelineError);
  assertEquals(
    error.message,
    '"logit": Cannot explain this stage: there is none of this name\n  hint: did you mean "logits"?',
  );
});

const cubeOp = defineOp<null>({
  name: "cube",
  kind: "elementwise",
  infer: ([x]) => x!,
  formula: ([x]) => scalar.mul(x!, scalar.mul(x!, x!)),
  vjp: ({ inputs: [x], cotangent }) => [ops.mul(cotangent, ops.mul(3, ops.mul(x!, x!)))],
});

const reverseOp: OpaqueOp<{ readonly axis: number }> = defineOp<{ readonly axis: number }>({
  name: "reverse",
  kind: "opaque",
  infer: ([x]) => x!,
  reference: ({ inputs: [x], output }) => output.data.set(x!.data.toReversed()),
  vjp: ({ cotangent, params }) => [cotangent.builder.apply(reverseOp, [cotangent], params)],
});

type Keeping = <S extends readonly Dim[]>(x: Tensor<S>) => Tensor<S>;

const cube = defineLayer<Keeping>()({
  name: "cube",
  config: z.object({}),
  build: ({ x }) => x.builder.apply(cubeOp, [x], null),
});

const turn = defineLayer<Keeping>()({
  name: "turn",
  config: z.object({}),
  build: ({ x }) => x.builder.apply(reverseOp, [x], { axis: 0 }),
});

const clip = defineStage<(gradients: Gradients) => Gradients>()({
  name: "clip",
  family: "optimizer",
  kind: "traced",
  config: z.object({}),
  inputs: { gradients: { kind: "gradients" } },
  output: "gradients",
  build({ gradients }) {
    const squares = gradients.parameters.map(({ gradient }) => ops.reduceSum(ops.square(gradient)));
    const norm = ops.sqrt(squares.reduce((a, b) => ops.add(a, b)));
    const factor = ops.minimum(1, ops.div(1, norm));
    const parameters = gradients.parameters.map(({ parameter, gradient }) => ({
      parameter,
      gradient: ops.mul(gradient, factor),
    }));
    return { ...gradients, parameters };
  },
});

const table = arrays({ x: [[1, 2], [2, 5], [3, 1]], y: [[2], [4], [6]] });

Deno.test("explain() writes an op without format by its formula, or by its name", async () => {
  const line = turn({})(cube({})(dense(1)(table.x)));
  const loss = meanSquaredError()({ predictions: line, targets: table.y });
  const equations = equationsIn(
    await explain(pipeline({
      name: "ops",
      batchSize: 3,
      stages: { table, line, loss, fit: sgd({ learningRate: 0.1 })(backward()(loss)) },
    })),
  );
  for (
    const equation of [
      "dense = x · weight + bias",
      "cube = dense³",
      "line = reverse(cube, axis 0)",
      "∂loss/∂cube = reverse(∂loss/∂line, axis 0)",
      "∂loss/∂dense = 3 · ∂loss/∂cube ⊙ dense²",
    ]
  ) assert(equations.includes(equation), `${equation}\nis not among\n${equations.join("\n")}`);
});

Deno.test("explain() follows softmax, fitted transforms, and stages that change gradients", async () => {
  const features = standardize()(table.x);
  const net = sequential(dense(2, { activation: "softmax" }), dense(1))(features);
  const loss = meanSquaredError()({ predictions: net, targets: table.y });
  const clipped = clip({})(backward()(loss));
  const text = await explain(
    pipeline({
      name: "clipped",
      batchSize: 3,
      stages: { table, features, net, loss, clipped, fit: adam()(clipped) },
    }),
    { numbers: true },
  );
  const equations = equationsIn(text);
  for (
    const equation of [
      "features = (x - mean) / std",
      "z = features · dense1.weight + dense1.bias",
      "dense1 = exp(z - log Σ₁ exp(z))",
      "∂loss/∂z = ∂loss/∂dense1 ⊙ dense1 - Σ₁(∂loss/∂dense1 ⊙ dense1) ⊙ dense1",
    ]
  ) assert(equations.includes(equation), `${equation}\nis not among\n${equations.join("\n")}`);
  assertMatch(text, /clipped\(∂loss\/∂dense2\.bias\) = ∂loss\/∂dense2\.bias · z\d/);
  assertStringIncludes(text, "with g = clipped(∂loss/∂p)");
  assertStringIncludes(text, "found in the training split");
});

Deno.test("explain: the verb prints text, or one JSON object", async () => {
  const io = keptIo();
  const file = new URL("neuron.ts", pipelines).pathname;
  assertEquals(await main(["explain", file, "--set", "optimizer.learningRate=3"], io), 0);
  assertStringIncludes(io.stdout.text, "p′ = p - 3 · g");
  const json = keptIo();
  assertEquals(await main(["explain", file, "--numbers", "--rows", "2", "--json"], json), 0);
  const explanation: Explanation = JSON.parse(json.stdout.text);
  assertEquals(explanation.rows, 2);
  assertEquals(elementsOf(explanation).get("output"), [0.5, 0.5]);
});

Deno.test("reverse() tells which value is the gradient by which, in the order of the walk", () => {
  const builder = new GraphBuilder();
  const variable = builder.variable("w", {
    spec: { shape: [3], dtype: "f32" },
    role: "parameter",
    initialize: null,
  });
  const squares = ops.square(variable.value);
  const loss = ops.reduceSum(squares);
  const gradient = ops.gradient(loss, variable.value);
  builder.output("loss", loss);
  builder.output("gradient", gradient);
  const { graph, cotangents, valueOf } = reverse(builder.build("squares"));
  assertEquals(cotangents[0]?.of, valueOf(loss));
  assert(cotangents.every((cotangent) => cotangent.loss === valueOf(loss)));
  const byWeight = cotangents.find(({ of }) => of === valueOf(variable.value));
  assertEquals(byWeight?.value, graph.outputs.find(({ name }) => name === "gradient")?.value);
  assertEquals(cotangents.find(({ of }) => of === valueOf(squares))?.value.spec.shape, [3]);
});

Deno.test("explain() shows tables that follow from the configuration, with their numbers", async () => {
  const sounds = arrays({ x: [[0, 1, 2, 3]], y: [[1]] });
  const spectra = spectrogram({ frameLength: 2, window: "rectangular" })(sounds.x);
  const line = dense(1)(flatten()(spectra));
  const loss = meanSquaredError()({ predictions: line, targets: sounds.y });
  const fit = sgd()(backward()(loss));
  const stages = { sounds, spectra, line, loss, fit };
  const text = await explain(pipeline({ name: "tables", stages }), { numbers: true });
  // cosines and sines of π · k · (n - 1)
  assertMatch(text, /constants\n +cosines [^⎡]*⎡ 1 {2}-1 ⎤\n +⎣ 1 {3}1 ⎦\n/);
  assertMatch(text, /spectra\.sines\n[^⎡]*⎡ 0 {2}0 ⎤\n +⎣ 0 {2}0 ⎦\n/);
  // cos(2π · k · (n - 1) / 2): of half a turn back, and of none
});
