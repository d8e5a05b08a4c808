import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  evaluate,
  freeze,
  meanSquaredError,
  ops,
  pipeline,
  PipelineError,
  regularize,
  sequential,
  sgd,
  train,
  type Value,
} from "@millrace/millrace";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

interface RegularizerCase {
  readonly name: string;
  readonly options: { readonly l1: number; readonly l2: number };
  readonly parameters: Readonly<Record<string, Numbers>>;
  readonly value: number;
  readonly gradients: Readonly<Record<string, Numbers>>;
}

for (const golden of await readGolden<RegularizerCase>("regularizers")) {
  Deno.test(`${golden.name}: penalty and gradients are PyTorch's`, () => {
    const laboratory = new Laboratory();
    const variables = Object.entries(golden.parameters).map(([path, numbers]) =>
      laboratory.variable(path, numbers)
    );
    const loss = variables.map(({ value }) => ops.mean(ops.sin(value))).reduce((a, b) =>
      ops.add(a, b)
    );
    const { output } = buildStage<Value>(laboratory, regularize(golden.options), { loss }, {
      parametersOf: () => variables,
    });
    laboratory.builder.output("value", output);
    for (const { path, value } of variables) {
      laboratory.builder.output(path, ops.gradient(output, value));
    }
    const results = laboratory.run();
    assertClose(results.value!, [golden.value]);
    for (const [path, gradient] of Object.entries(golden.gradients)) {
      assertClose(results[path]!, gradient, { what: `gradient by ${path}` });
    }
  });
}

/** Two layers on one row, whose loss is regularized by what is given. */
function declared(options: Parameters<typeof regularize>[0], { frozen = false } = {}) {
  const table = arrays({ x: [[1, 2]], y: [[0]] }, { test: { x: [[1, 2]], y: [[0]] } });
  const first = dense(2, { kernelInitializer: "ones" });
  const hidden = (frozen ? freeze(first) : first)(table.x);
  const output = sequential(dense(1, { kernelInitializer: "ones" }))(hidden);
  const loss = meanSquaredError()({ predictions: output, targets: table.y });
  const penalized = regularize(options)(loss);
  const fit = sgd({ learningRate: 1e-9 })(backward()(penalized));
  return pipeline({
    name: "penalized",
    stages: { table, hidden, output, loss, penalized, fit },
  });
}

for (const device of ["reference", "wasm"]) {
  Deno.test(`regularize() adds to the loss once, and is the loss of the run, on ${device}`, async () => {
    const { loss, metrics, model } = await train(declared({ l1: 0.5, l2: 0.25 }), { device });
    // the loss is 6² = 36, the weights six ones
    assertAlmostEquals(metrics.train.loss!, 36, 1e-4);
    assertAlmostEquals(metrics.train.penalized!, 36 + 6 * 0.75, 1e-4);
    assertAlmostEquals(loss, metrics.train.penalized!, 1e-12);
    const { scores } = await evaluate(declared({ l1: 0.5, l2: 0.25 }), { device, model });
    assertAlmostEquals(scores.penalized!, 36 + 6 * 0.75, 1e-4);
  });
}

Deno.test("regularize() takes parameters by path, and by the end of one", async () => {
  const penaltyOf = async (parameters: readonly string[]) => {
    const { metrics } = await train(declared({ l2: 1, parameters }));
    return metrics.train.penalized! - metrics.train.loss!;
  };
  assertAlmostEquals(await penaltyOf(["hidden.weight"]), 4, 1e-4);
  assertAlmostEquals(await penaltyOf(["output"]), 2, 1e-4);
  assertAlmostEquals(await penaltyOf(["weight"]), 6, 1e-4);
});

Deno.test("regularize() leaves frozen parameters out, in training and evaluation alike", async () => {
  const frozen = declared({ l2: 1 }, { frozen: true });
  const { metrics } = await train(frozen);
  assertAlmostEquals(metrics.train.penalized! - metrics.train.loss!, 2, 1e-4);
  assertAlmostEquals(metrics.test!.penalized! - metrics.test!.loss!, 2, 1e-4);
});

Deno.test("regularize() refuses names that mean no parameter, and losses without weights", async () => {
  const error = await assertRejects(
    () => train(declared({ l2: 1, parameters: ["hiden"] })),
    PipelineError,
  );
  assertEquals(error.issues[0]!.path, "penalized");
  assert(
    error.issues[0]!.message.startsWith('Cannot regularize "hiden": the loss depends on "hidden'),
    error.issues[0]!.message,
  );
  assert(error.issues[0]!.message.endsWith('did you mean "hidden"?'), error.issues[0]!.message);
  const laboratory = new Laboratory();
  const bias = laboratory.variable("bias", { shape: [2], data: [1, 2] });
  assertThrows(
    () =>
      buildStage(laboratory, regularize({ l2: 1 }), { loss: ops.mean(bias.value) }, {
        parametersOf: () => [bias],
      }),
    TypeError,
    "Cannot regularize the loss: it depends on no parameter of two axes or more; " +
      "name others in parameters",
  );
});
