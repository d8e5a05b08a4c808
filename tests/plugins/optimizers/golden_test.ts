import { ops } from "../../../core/mod.ts";
import { exponentialDecay } from "../../../plugins/schedules/mod.ts";
import * as optimizers from "../../../plugins/optimizers/mod.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";
import { optimizerOf, type RecipePart } from "../../support/recipes.ts";
import { minimize, rosenbrock } from "./minimize.ts";

interface OptimizerCase {
  readonly name: string;
  readonly parts: readonly RecipePart[];
  readonly start: readonly number[];
  readonly losses: readonly number[];
  readonly params: readonly (readonly number[])[];
}

for (const golden of await readGolden<OptimizerCase>("optimizers")) {
  Deno.test(`${golden.name}: the trajectory on Rosenbrock's function is PyTorch's`, () => {
    const trajectory = minimize(optimizerOf(golden.parts), {
      start: golden.start,
      loss: rosenbrock,
      steps: golden.losses.length,
    });
    assertClose(trajectory.losses, golden.losses, { what: "losses" });
    golden.params.forEach((param, step) => {
      assertClose(trajectory.params[step]!, param, { what: `param after step ${step + 1}` });
    });
  });
}

Deno.test("exponentialDecay() is Keras's rate at every step", () => {
  const rate = 0.1;
  const options = { initialLearningRate: rate, decaySteps: 4, decayRate: 0.5 };
  for (const staircase of [false, true]) {
    const trajectory = minimize(
      optimizers.sgd({ learningRate: exponentialDecay({ ...options, staircase }) }),
      { start: [0], loss: (x) => ops.reduceSum(x), steps: 10 },
    );
    let x = 0;
    trajectory.params.forEach(([param], step) => {
      const exponent = step / 4;
      x -= rate * 0.5 ** (staircase ? Math.floor(exponent) : exponent);
      assertClose([param!], [x]);
    });
  }
});
