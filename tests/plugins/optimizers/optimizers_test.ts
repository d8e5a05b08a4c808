import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  ops,
  type TracedGradients,
  type TracedUpdate,
  type Value,
  type Variable,
} from "../../../core/mod.ts";
import { applyUpdate } from "../../../core/check/mod.ts";
import { adam, backward, sgd } from "../../../plugins/optimizers/mod.ts";
import { exponentialDecay } from "../../../plugins/schedules/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";
import { gradientsOf, minimize, parabola, rosenbrock } from "./minimize.ts";

/** Every optimizer, at rates that suit the parabola and Rosenbrock's valley. */
const optimizers: readonly [name: string, parabola: unknown, valley: unknown][] = [
  ["sgd()", sgd({ learningRate: 0.1 }), sgd({ learningRate: 1e-3 })],
  [
    "sgd() with momentum",
    sgd({ learningRate: 0.05, momentum: 0.8 }),
    sgd({ learningRate: 2e-4, momentum: 0.9 }),
  ],
  [
    "sgd() with Nesterov's momentum",
    sgd({ learningRate: 0.05, momentum: 0.8, nesterov: true }),
    sgd({ learningRate: 2e-4, momentum: 0.9, nesterov: true }),
  ],
  [
    "sgd() with a schedule",
    sgd({
      learningRate: exponentialDecay({ initialLearningRate: 0.3, decaySteps: 10, decayRate: 0.9 }),
    }),
    sgd({
      learningRate: exponentialDecay({
        initialLearningRate: 1e-3,
        decaySteps: 1000,
        decayRate: 0.9,
      }),
    }),
  ],
  ["adam()", adam({ learningRate: 0.2 }), adam({ learningRate: 0.02 })],
];

for (const [name, gentle, patient] of optimizers) {
  Deno.test(`${name} finds the least of a parabola`, () => {
    const { losses, params } = minimize(gentle, {
      start: [-4, 0, 10],
      loss: parabola,
      steps: 200,
    });
    assert(losses.at(-1)! < 1e-4 * losses[0]!, `the last loss is ${losses.at(-1)}`);
    for (const x of params.at(-1)!) assertAlmostEquals(x, 3, 0.02);
  });

  Deno.test(`${name} goes down Rosenbrock's valley`, () => {
    const { losses } = minimize(patient, { start: [-1.2, 1], loss: rosenbrock, steps: 1500 });
    assert(losses.at(-1)! < 0.5, `the last loss is ${losses.at(-1)}, the first ${losses[0]}`);
  });
}

Deno.test("sgd() without momentum keeps no state", () => {
  const laboratory = new Laboratory();
  const parameter = laboratory.variable("x", { shape: [2], data: [1, 2] });
  const gradient = ops.mul(parameter.value, 2);
  buildStage(laboratory, sgd(), {
    gradients: gradientsOf(laboratory, [{ parameter, gradient }]),
  });
  assertEquals(laboratory.builder.variables, [parameter]);
});

Deno.test("adam() computes its corrections once a step, as scalars", () => {
  const laboratory = new Laboratory();
  const parameter = laboratory.variable("x", { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] });
  const gradient = ops.mul(parameter.value, 2);
  const gradients = gradientsOf(laboratory, [{ parameter, gradient }]);
  applyUpdate(buildStage<TracedUpdate>(laboratory, adam(), { gradients }).output);
  const { nodes } = laboratory.builder.build("adam");
  const powers = nodes.filter(({ op }) => op.name === "pow");
  assertEquals(powers.map(({ output }) => output.spec.shape), [[], []]);
});

/** `mean(x·w + b)` below "net": a loss of two parameters. */
function smallLoss(laboratory: Laboratory): { loss: Value; parameters: readonly Variable[] } {
  const w = laboratory.variable("net.w", { shape: [2], data: [1, 2] });
  const b = laboratory.variable("net.b", { shape: [], data: [0.5] });
  return { loss: ops.mean(ops.add(w.value, b.value)), parameters: [w, b] };
}

/** Builds backward() where `parametersOf` gives the parameters. */
function pathsOf(options: { parameters?: readonly string[] } = {}): string[] {
  const laboratory = new Laboratory();
  const { loss, parameters } = smallLoss(laboratory);
  const { output } = buildStage<TracedGradients>(
    laboratory,
    backward(options),
    { loss },
    { parametersOf: () => parameters },
  );
  return output.parameters.map(({ parameter }) => parameter.path);
}

Deno.test("backward() gives the gradient of every parameter, or of those named", () => {
  assertEquals(pathsOf(), ["net.w", "net.b"]);
  assertEquals(pathsOf({ parameters: ["net"] }), ["net.w", "net.b"]);
  assertEquals(pathsOf({ parameters: ["net.b"] }), ["net.b"]);
});

Deno.test("backward() refuses a path that names no parameter", () => {
  assertThrows(
    () => pathsOf({ parameters: ["nat"] }),
    RangeError,
    'Cannot differentiate by "nat": the loss depends on "net.w", "net.b"; did you mean "net"?',
  );
});

Deno.test("backward() refuses a loss that depends on no parameter", () => {
  const laboratory = new Laboratory();
  const { loss } = smallLoss(laboratory);
  assertThrows(
    () => buildStage(laboratory, backward(), { loss }),
    TypeError,
    "Cannot differentiate the loss: it depends on no parameter",
  );
});
