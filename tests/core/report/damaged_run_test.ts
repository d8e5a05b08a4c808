import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  adam,
  backward,
  confusionMatrix,
  csv,
  DataError,
  dense,
  pipeline,
  RandomStream,
  sparseCategoricalCrossEntropy,
  train,
} from "@millrace/millrace";
import { loadLibraries } from "../../../core/report/libraries.ts";
import { page } from "../../../core/report/page.ts";
import { readHistory, readRecord } from "../../../core/report/record.ts";
import { damage } from "../../support/mutate.ts";
import { inFolder } from "../../support/runs.ts";

/** Trains a run whose record has all that there can be: scores, tables, a profile, invalid rows. */
async function trainInto(runDirectory: string): Promise<void> {
  await Deno.mkdir(runDirectory, { recursive: true });
  const path = `${runDirectory}/rows.csv`;
  await Deno.writeTextFile(
    path,
    "x,y,kind\n" + Array.from({ length: 24 }, (_, i) => `${i},${-i},${"abc"[i % 3]}\n`).join("") +
      "one,2,a\n",
  );
  const data = csv({
    path,
    features: ["x", "y"],
    label: { column: "kind", classes: ["a", "b", "c"] },
    invalid: "drop",
  });
  const logits = dense(3)(data.features);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
  const confusion = confusionMatrix()({ logits, labels: data.label });
  const fit = adam()(backward()(loss));
  const stages = { data, logits, loss, confusion, fit };
  await train(pipeline({ name: "small", batchSize: 8, epochs: 2, stages }), {
    runDirectory,
    logEvery: 1,
    profile: true,
  });
}

async function pageOf(folder: string): Promise<string> {
  const [record, history] = [await readRecord(folder), await readHistory(folder)];
  const libraries = await loadLibraries();
  return page({ record, history, analysis: undefined, libraries }).text;
}

const copies = Math.ceil(Number(Deno.env.get("MILLRACE_FUZZ_COPIES") ?? 2000) / 10);

for (const name of ["run.json", "events.jsonl"]) {
  Deno.test(`a report survives damaged files ${name}`, async () => {
    await inFolder(async (folder) => {
      await trainInto(folder);
      const file = `${folder}/${name}`;
      const sample = Deno.readFileSync(file);
      const random = new RandomStream(1, name);
      let refused = 0;
      for (let i = 0; i < copies; i++) {
        const copy = damage(sample, random);
        Deno.writeFileSync(file, copy);
        try {
          assertMatch(await pageOf(folder), /^<!doctype html>/i);
        } catch (error) {
          if (!(error instanceof DataError)) {
            throw new Error(`copy ${i}: ${new TextDecoder().decode(copy)}`, { cause: error });
          }
          refused++;
        }
      }
      // a line of the log that cannot be read is passed over
      if (name === "run.json") assert(refused > copies / 10, `only ${refused} were refused`);
      else assertEquals(refused, 0);
    });
  });
}

Deno.test("a report refuses a record without what it shows", async () => {
  await inFolder(async (folder) => {
    await trainInto(folder);
    const record = JSON.parse(Deno.readTextFileSync(`${folder}/run.json`));
    const [found] = record.results.invalid;
    const wrongs = [
      { metrics: { train: [1] } },
      { invalid: [{ ...found, faults: [{ rows: 1 }] }] },
      { invalid: [{ ...found, examples: [{ file: 3 }] }] },
      { invalid: [{ ...found, dropped: "many" }] },
    ];
    for (const wrong of wrongs) {
      const { message } = await assertRejects(() => {
        Deno.writeTextFileSync(
          `${folder}/run.json`,
          JSON.stringify({ ...record, results: { ...record.results, ...wrong } }),
        );
        return pageOf(folder);
      }, DataError);
      assertEquals(
        message.split(" (file")[0],
        "Cannot report on this run: the file is no record of one",
      );
    }
  });
});
