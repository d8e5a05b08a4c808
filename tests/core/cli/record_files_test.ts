import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  backward,
  bagOfWords,
  DataError,
  dense,
  flatten,
  imageFolder,
  labelledTexts,
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
import { parseInputs, readRecords } from "../../../core/cli/records.ts";
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

Deno.test("predict: texts of a labelled set are read from files as the loader reads them, or from tables", async () => {
  await inFolder(async (folder) => {
    for (const [name, word] of [["dull", "grey"], ["fun", "red"]] as const) {
      await Deno.mkdir(`${folder}/${name}`);
      for (let i = 0; i < 4; i++) {
        await Deno.writeTextFile(`${folder}/${name}/${i}.txt`, `Subject: ${i}\n\nit is ${word}`);
      }
    }
    const texts = labelledTexts({
      path: folder,
      classes: ["dull", "fun"],
      mails: true,
      length: 16,
    });
    const words = bagOfWords({ vocabulary: 9 })(texts.text);
    const logits = dense(2)(words.weights);
    const loss = sparseCategoricalCrossEntropy()({ logits, labels: texts.label });
    const fit = sgd({ learningRate: 1 })(backward()(loss));
    const declared = pipeline({
      name: "moods",
      epochs: 30,
      stages: { texts, words, logits, loss, fit, probabilities: softmax()(logits) },
    });
    const { model } = await train(declared, { device: "reference" });
    const { output, ports, files: reader } = recordPorts(declared);
    const inputs = parseInputs([folder], ports, reader);
    const files = (await recordFiles(inputs, { reader }))!;
    const records = await reader!.read(files);
    const header = new TextDecoder().decode(records["texts.text"]!.data.slice(0, 16) as Uint8Array);
    assertEquals(header, "it is grey\0\0\0\0\0\0");
    const classesOf = async (given: typeof records) => {
      const result = await predict(declared, { model, output, records: given });
      const text = [...formatPredictions(result, { format: "csv", classes: true })].join("");
      return text.trimEnd().split("\n").slice(1).map((line) => line.split(",")[0]);
    };
    assertEquals(await classesOf(records), files.map((file) => file.split("/").at(-2)));
    // what is longer is cut, as it was in training
    const table = `${folder}/new.jsonl`;
    const mails = [{ text: "Subject: grey\n\nso red, and red it is" }, { text: "a\n\n\0grey" }];
    await Deno.writeTextFile(table, mails.map((mail) => JSON.stringify(mail)).join("\n"));
    const rows = await readRecords(parseInputs([table], ports, reader), { ports, reader });
    assertEquals(
      new TextDecoder().decode(rows["texts.text"]!.data as Uint8Array),
      "so red, and red  grey".padEnd(32, "\0"),
    );
    assertEquals(await classesOf(rows), ["fun", "dull"]);
  });
});
