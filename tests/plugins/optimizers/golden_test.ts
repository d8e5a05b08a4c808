import { assertClose, readGolden } from "../../golden/golden.ts";
import { optimizerOf, type RecipePart } from "../../support/recipes.ts";
import { minimize, rosenbrock } from "./minimize.ts";

interface OptimizerCase {
  readonly name: string;
  /** Whose formula it is. */
  readonly by: string;
  readonly parts: readonly RecipePart[];
  readonly start: readonly number[];
  readonly losses: readonly number[];
  readonly params: readonly (readonly number[])[];
}

for (const golden of await readGolden<OptimizerCase>("optimizers")) {
  Deno.test(`${golden.name}: the trajectory on Rosenbrock's function is ${golden.by}'s`, () => {
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
