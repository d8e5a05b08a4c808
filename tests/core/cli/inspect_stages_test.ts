import { assert, assertEquals } from "@std/assert";
import { encodeNpy, hostTensor } from "../../../core/mod.ts";
import { withFiles } from "../../support/loaders.ts";
import { wavFile } from "../../support/wav.ts";
import { summaryOf } from "./inspected.ts";
import { arrowFile, cifarFiles, npzFile, parquetFile, png, writeInto } from "./inspected_files.ts";
import { trainWritten, writePipeline } from "./trained.ts";
import { arrayStage, type FoundArray } from "../../../core/cli/inspect/suggest_stage.ts";
import { ColumnSummarizer } from "../../../core/cli/inspect/summarize_column.ts";

const table = "a,b,kind\n1,2,x\n3,,y\n5,6,x\n7,8,y\n";
const idx = (head: readonly number[], data: readonly number[]) =>
  Uint8Array.from([...head, ...data]);
const fourImages = idx([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1], [1, 2, 3, 4, 5, 6, 7, 8]);
const fourLabels = idx([0, 0, 8, 1, 0, 0, 0, 4], [0, 2, 1, 0]);

const files: Readonly<Record<string, Uint8Array | string>> = {
  "a.csv": table,
  "semi colon.csv": "rooms;price per m2\n1;10\n;20\n3;\n4;40\n5;50\n",
  "prices.csv": "rooms,price\n1,10\n2,20\n3,30\n4,\n",
  "a.tsv": table.replaceAll(",", "\t"),
  "b.jsonl": '{"a": 1, "v": [1, 2], "t": "hello"}\n{"a": 2, "v": [3, 4], "t": "you"}\n',
  "c.txt": "one\ntwo\n",
  "x.npy": encodeNpy(hostTensor([1, 2, 3, 4], { shape: [2, 2] })),
  "a.npz": await npzFile(),
  "a.parquet": parquetFile(),
  "a.arrow": arrowFile("file"),
  "idx/train-images-idx3-ubyte": fourImages,
  "idx/train-labels-idx1-ubyte": fourLabels,
  "idx/t10k-images-idx3-ubyte": fourImages,
  "idx/t10k-labels-idx1-ubyte": fourLabels,
  "images/cat/a.png": png(4, 3, 3, 10),
  "images/cat/b.png": png(4, 3, 3, 20),
  "images/dog/c.png": png(8, 8, 1, 30),
  "sounds/yes/a.wav": wavFile([0.5, -0.5, 0.25, 0]),
  "sounds/no/c.wav": wavFile([0, 0, 0, 0.75], { sampleRate: 4000 }),
  "texts/good/a.txt": "fine",
  "texts/bad/b.txt": "no\ngood",
  ...Object.fromEntries(Object.entries(cifarFiles().ten).map(([k, v]) => [`cifar10/${k}`, v])),
  ...Object.fromEntries(Object.entries(cifarFiles().hundred).map(([k, v]) => [`cifar100/${k}`, v])),
};

const inspected = [
  ...Object.keys(files).filter((name) => !name.includes("/")),
  "idx/train-images-idx3-ubyte",
  "idx/train-labels-idx1-ubyte",
  "images",
  "images/cat/a.png",
  "sounds",
  "texts",
  "cifar10",
  "cifar100",
];

Deno.test("inspect suggests stages that compile and train, pasted into a pipeline", async () => {
  await withFiles({}, async (folder) => {
    await writeInto(folder, files);
    const modules: string[] = [];
    for (const [i, name] of inspected.entries()) {
      const { stage } = await summaryOf(`${folder}/${name}`);
      modules.push(`${folder}/pasted_${i}.ts`);
      await writePipeline(stage, modules.at(-1)!);
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", ...modules],
      env: { NO_COLOR: "1" },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    for (const [i, name] of inspected.entries()) {
      assert(Number.isFinite(await trainWritten(modules[i]!)), name);
    }
  });
});

Deno.test("inspect finds the other file of a pair of IDX, and the test split", async () => {
  await withFiles({}, async (folder) => {
    await writeInto(folder, files);
    const at = `${folder}/idx`;
    const expected = `const examples = idx({
  images: "${at}/train-images-idx3-ubyte",
  labels: "${at}/train-labels-idx1-ubyte",
  shape: [2, 1],
  classes: 3,
  test: {
    images: "${at}/t10k-images-idx3-ubyte",
    labels: "${at}/t10k-labels-idx1-ubyte",
  },
});`;
    for (const name of ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]) {
      assertEquals((await summaryOf(`${at}/${name}`)).stage, expected);
    }
    await Deno.writeFile(`${at}/train-labels-idx1-ubyte`, fourLabels.subarray(0, 9));
    assertEquals(
      (await summaryOf(`${at}/train-images-idx3-ubyte`)).stage,
      `const examples = idx({
  images: "${at}/train-images-idx3-ubyte",
  labels: "?", // the file of the labels
  shape: [2, 1],
  classes: 10, // or as many as there are
});`,
    );
  });
});

Deno.test("inspect leaves out rows without what is to be predicted, and fills in features", async () => {
  await withFiles({}, async (folder) => {
    await writeInto(folder, files);
    const { stage } = await summaryOf(`${folder}/semi colon.csv`);
    assertEquals(
      stage,
      `const table = csv({
  path: "${folder}/semi colon.csv",
  separator: ";",
  features: ["rooms"],
  targets: ["price per m2"],
  missing: "nan",
  rules: { "price per m2": { required: true } },
  invalid: "drop",
  mostInvalid: 0.25,
});
const features = impute()(table.features); // the mean, where a number is missing`,
    );
    const { stage: plain } = await summaryOf(`${folder}/prices.csv`);
    assertEquals(
      plain,
      `const table = csv({
  path: "${folder}/prices.csv",
  features: ["rooms"],
  targets: ["price"],
  invalid: "drop",
  mostInvalid: 0.3,
});`,
    );
  });
});

Deno.test("arrayStage() takes the arrays of training, and those of the test split", () => {
  const array = (
    name: string,
    rows: number,
    rowShape: readonly number[],
    max: number,
  ): FoundArray => {
    const column = new ColumnSummarizer(name, { isText: false, rowsBefore: 0 });
    for (const value of [0, max]) column.add(value);
    return { file: `a.npz#${name}`, dtype: "u8", rows, rowShape, summary: column.finish(2) };
  };
  const arrays = [
    array("x_test", 3, [2, 2], 255),
    array("x_train", 6, [2, 2], 255),
    array("y_train", 6, [], 8),
    array("y_test", 3, [], 9),
    array("mean", 2, [], 1),
  ];
  assertEquals(
    arrayStage(arrays),
    `const arrays = npy({
  x: { file: "a.npz#x_train", shape: [2, 2], dtype: "u8" },
  y: { file: "a.npz#y_train", classes: 10 },
  // left out: "mean" (2 rows)
}, { test: { x: "a.npz#x_test", y: "a.npz#y_test" } });`,
  );
  assertEquals(
    arrayStage(arrays.filter(({ file }) => !file.includes("train"))),
    `const arrays = npy({
  x_test: { file: "a.npz#x_test", shape: [2, 2], dtype: "u8" },
  y_test: { file: "a.npz#y_test", classes: 10 },
  // left out: "mean" (2 rows)
});`,
  );
});
