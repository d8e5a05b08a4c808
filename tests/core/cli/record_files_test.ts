import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  backward,
  DataError,
  dense,
  flatten,
  imageFolder,
  type Pipeline,
  pipeline,
  predict,
  recordPorts,
  rescale,
  sgd,
  softmax,
  soundFolder,
  sparseCategoricalCrossEntropy,
  split,
  train,
} from "@millrace/millrace";
import { parseInputs } from "../../../core/cli/records.ts";
import { recordFiles } from "../../../core/cli/record_files.ts";
import { formatPredictions } from "../../../core/cli/predictions.ts";
import { blobs } from "../../support/pipelines.ts";
import { inFolder } from "../../support/runs.ts";
import { wavFile } from "../../support/wav.ts";

Deno.test("recordFiles() stops at its limit, and refuses more files than are read at once", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/inner`);
    for (const name of ["inner/a.wav", "inner/b.wav", "c.wav"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "");
    }
    const reader = { extensions: [".wav"], read: () => Promise.resolve({}) };
    const inputs = [{ port: undefined, file: folder }] as unknown as Parameters<
      typeof recordFiles
    >[0];
    const files = await recordFiles(inputs, { reader, mostFiles: 3 });
    assertEquals(files, ["c.wav", "inner/a.wav", "inner/b.wav"].map((name) => `${folder}/${name}`));
    assertEquals((await recordFiles(inputs, { reader, limit: 2, mostFiles: 2 }))?.length, 2);
    const error = await assertRejects(
      () => recordFiles(inputs, { reader, mostFiles: 2 }),
      DataError,
      "Cannot predict from more than 2 files at once",
    );
    assertEquals(
      error.message.endsWith("hint: name a folder within, or take fewer with --limit"),
      true,
    );
  });
});

/** Loud and soft sounds of four samples, in a folder for each; a part is set apart. */
async function loudness(folder: string): Promise<Pipeline> {
  for (const [name, level] of [["loud", 0.75], ["soft", 0.25]] as const) {
    await Deno.mkdir(`${folder}/${name}`);
    for (let i = 0; i < 6; i++) {
      const sound = [level, level, -level, level / (i + 1)];
      await Deno.writeFile(`${folder}/${name}/${i}.wav`, wavFile(sound));
    }
  }
  const classes = ["loud", "soft"] as const;
  const sounds = soundFolder({ folder, classes, samples: 4, sampleRate: 8000 });
  const data = split({ test: 0.5, stratify: "label" })(sounds);
  const logits = dense(2)(data.sound);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
  const fit = sgd({ learningRate: 1 })(backward()(loss));
  return pipeline({
    name: "loudness",
    epochs: 40,
    stages: { sounds, data, logits, loss, fit, probabilities: softmax()(logits) },
  });
}

Deno.test("predict: sounds are read as the pipeline's loader reads them, one or a folder of them", async () => {
  await inFolder(async (folder) => {
    const declared = await loudness(folder);
    const { model } = await train(declared, { device: "reference" });
    const { output, ports, files: reader } = recordPorts(declared);
    assertEquals([Object.keys(ports), reader?.extensions], [["data.sound"], [".wav"]]);
    const filesOf = (file: string, limit = Infinity) =>
      recordFiles(parseInputs([file], ports), { reader, limit });
    const one = `${folder}/soft/3.wav`;
    assertEquals(await filesOf(one), [one]);
    assertEquals(await filesOf(`${folder}/`, 1), [`${folder}/loud/0.wav`]);
    assertEquals(await filesOf("sounds.npy"), undefined);
    const files = (await filesOf(folder))!;
    assertEquals(files.length, 12);
    const records = await reader!.read(files);
    assertEquals(records["data.sound"]!.shape, [12, 4]);
    const result = await predict(declared, { model, output, records });
    const text = [...formatPredictions(result, { format: "csv", classes: true, files })].join("");
    const lines = text.trimEnd().split("\n").map((line) => line.split(","));
    assertEquals(lines[0], ["file", "class", "loud", "soft"]);
    for (const [file, kind] of lines.slice(1)) assertEquals(file!.split("/").at(-2), kind);
    const json = [...formatPredictions(result, { format: "jsonl", files })].join("");
    assert(json.startsWith(`{"file":"${folder}/loud/0.wav","probabilities":{"loud":`), json);
  });
});

Deno.test("predict: files that do not fit are refused as the loader refuses them", async () => {
  await inFolder(async (folder) => {
    const declared = await loudness(folder);
    const { ports, files: reader } = recordPorts(declared);
    await Deno.writeFile(`${folder}/long.wav`, wavFile([0, 0, 0, 0, 0]));
    await assertRejects(
      () => reader!.read([`${folder}/long.wav`]),
      DataError,
      "received 5 samples",
    );
    await Deno.mkdir(`${folder}/none`);
    await assertRejects(
      () => recordFiles(parseInputs([`${folder}/none`], ports), { reader }),
      DataError,
      "Cannot find any file of .wav in the folder",
    );
    assertThrows(
      () => parseInputs([], ports, reader),
      Error,
      "wanted: data.sound (f32[rows, 4]), or a file of .wav, or a folder of such",
    );
  });
});

Deno.test("recordPorts() has a reader where a loader's rows are files, and none elsewhere", () => {
  assertEquals(recordPorts(blobs()).files, undefined);
  const pictures = imageFolder({ folder: "pictures", height: 2, width: 2, channels: 1 });
  const flat = flatten()(rescale()(pictures.image));
  const { files } = recordPorts(pipeline({ name: "pictures", stages: { pictures, flat } }));
  assertEquals(files?.extensions, [".png", ".jpg", ".jpeg"]);
});
