import { assert, assertEquals } from "@std/assert";
import { predict, train } from "@millrace/millrace";
import housing from "../../pipelines/housing.ts";
import iris from "../../pipelines/iris.ts";

Deno.test("pipelines/housing.ts explains what scikit-learn's MLPRegressor does, or more", async () => {
  // by split seed: mean test R² over seeds 0 to 4 of MLPRegressor(hidden_layer_sizes=(10,), alpha=0,
  // learning_rate_init=0.01, batch_size=32, max_iter=100) of scikit-learn 1.9.1, on these very rows
  for (const [splitSeed, theirs] of [[0, 0.8443], [1, 0.8701]] as const) {
    const scores: number[] = [];
    for (const seed of [0, 1, 2, 3, 4]) {
      const { metrics, parameters, steps } = await train(housing, {
        set: { seed, "houses.seed": splitSeed },
      });
      assertEquals([parameters, steps], [13 * 10 + 10 + 10 + 1, 1300]);
      scores.push(metrics.test!["r2"]!);
    }
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    assert(mean >= theirs, `split seed ${splitSeed}: ${scores}`);
  }
});

Deno.test("pipelines/housing.ts reports R² and RMSE of one error, and predicts from its columns", async () => {
  const { metrics, model } = await train(housing);
  const { loss, rmse, r2 } = metrics.test!;
  assert(r2! >= 0.87 && Math.abs(rmse! ** 2 - loss!) < 1e-3, JSON.stringify(metrics));
  const data = Float32Array.of(0.02, 18, 2.3, 0, 0.5, 6.6, 65, 4.1, 1, 296, 15.3, 396.9, 5);
  const { values } = await predict(housing, {
    model,
    records: { "houses.features": { dtype: "f32", shape: [1, 13], data } },
  });
  // the first house of the table, which sold for 24.0
  assert(Math.abs(values.data[0]! - 24) < 6, String(values.data[0]));
});

Deno.test("pipelines/iris.ts is right about 94 % of the flowers in five-fold cross-validation", async () => {
  let right = 0;
  for (let fold = 0; fold < 5; fold++) {
    const { metrics } = await train(iris, {
      set: { "flowers.test": 0, "flowers.folds": 5, "flowers.fold": fold },
    });
    right += metrics.validation!["accuracy"]! / 5;
  }
  assert(right >= 0.94, String(right));
});
