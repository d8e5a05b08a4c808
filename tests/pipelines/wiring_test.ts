import { assert, assertEquals } from "@std/assert";
import { type Pipeline, train } from "@millrace/millrace";
import { inFolder } from "../support/runs.ts";

async function load(name: string): Promise<Pipeline> {
  return (await import(`../../pipelines/${name}.ts`)).default;
}

Deno.test("pipelines/autoencoder.ts makes unseen digits again to a squared error of 0.009", async () => {
  const { metrics, parameters } = await train(await load("autoencoder"));
  assertEquals(parameters, 2 * (784 * 128 + 128 * 32) + 128 + 32 + 128 + 784);
  assert(metrics.test!["loss"]! < 0.009, JSON.stringify(metrics));
});

Deno.test("pipelines/transfer.ts learns from few labels what does not learn from scratch", async () => {
  await inFolder(async (folder) => {
    await train(await load("transfer_base"), { runDirectory: `${folder}/base` });
    const { metrics, model } = await train(await load("transfer"), {
      set: { initialWeights: [{ file: `${folder}/base`, from: "features" }] },
    });
    const { tunedAccuracy, scratchAccuracy } = metrics.test!;
    // what the pipeline states: about 83 % and 74 %
    assert(tunedAccuracy! >= 0.82, JSON.stringify(metrics));
    assert(scratchAccuracy! <= 0.76, JSON.stringify(metrics));
    assert("features.conv2d1.weight" in model.tensors);
  });
});

Deno.test("pipelines/distill.ts has a student that is better than the same network alone", async () => {
  await inFolder(async (folder) => {
    await train(await load("distill_teacher"), { runDirectory: `${folder}/teacher` });
    const { metrics, parameters } = await train(await load("distill"), {
      set: { initialWeights: [{ file: `${folder}/teacher`, from: "teacher" }] },
    });
    const small = 784 * 32 + 32 + 32 * 10 + 10;
    assertEquals(parameters, 2 * small);
    const { teacherAccuracy, studentAccuracy, aloneAccuracy } = metrics.test!;
    // what the pipeline states: about 98 %, 93 % and 90 %
    assert(teacherAccuracy! >= 0.975, JSON.stringify(metrics));
    assert(studentAccuracy! >= 0.925, JSON.stringify(metrics));
    assert(aloneAccuracy! <= 0.91, JSON.stringify(metrics));
  });
});
