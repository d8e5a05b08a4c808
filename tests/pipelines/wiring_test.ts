import { assert, assertEquals } from "@std/assert";
import { type Pipeline, train } from "@millrace/millrace";
import { inFolder } from "../support/runs.ts";

async function load(name: string): Promise<Pipeline> {
  return (await import(`../../pipelines/${name}.ts`)).default;
}

Deno.test("pipelines/autoencoder.ts makes unseen digits again to a squared error of 0.0095", async () => {
  const { metrics, parameters } = await train(await load("autoencoder"));
  assertEquals(parameters, 2 * (784 * 128 + 128 * 32) + 128 + 32 + 128 + 784);
  assert(metrics.test!["loss"]! < 0.0095, JSON.stringify(metrics));
});

Deno.test("pipelines/transfer.ts learns from few labels what does not learn from scratch", async () => {
  await inFolder(async (folder) => {
    await train(await load("transfer_base"), { runDirectory: `${folder}/base` });
    const { metrics, model } = await train(await load("transfer"), {
      set: { initialWeights: [{ file: `${folder}/base`, from: "features" }] },
    });
    const { tunedAccuracy, scratchAccuracy } = metrics.test!;
    assert(tunedAccuracy! > 0.8, JSON.stringify(metrics));
    assert(tunedAccuracy! > scratchAccuracy! + 0.05, JSON.stringify(metrics));
    assert("features.conv2d1.weight" in model.tensors);
  });
});

Deno.test("pipelines/distill.ts has a student that is better than the same network alone", async () => {
  await inFolder(async (folder) => {
    await train(await load("distill_teacher"), {
      runDirectory: `${folder}/teacher`,
      set: { epochs: 2 },
    });
    const { metrics, parameters } = await train(await load("distill"), {
      set: { initialWeights: [{ file: `${folder}/teacher`, from: "teacher" }] },
    });
    const small = 784 * 32 + 32 + 32 * 10 + 10;
    assertEquals(parameters, 2 * small);
    const { teacherAccuracy, studentAccuracy, aloneAccuracy } = metrics.test!;
    assert(teacherAccuracy! > 0.965, JSON.stringify(metrics));
    assert(studentAccuracy! > 0.91, JSON.stringify(metrics));
    assert(studentAccuracy! > aloneAccuracy! + 0.02, JSON.stringify(metrics));
  });
});
