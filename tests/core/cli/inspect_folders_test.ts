import { assertEquals, assertStringIncludes } from "@std/assert";
import { withFiles } from "../../support/loaders.ts";
import { wavFile } from "../../support/wav.ts";
import { inspect, openStage, summaryOf } from "./inspected.ts";
import { arrowFile, cifarFiles, parquetFile, png, writeInto } from "./inspected_files.ts";

Deno.test("inspect looks into Parquet, over all row groups", async () => {
  await withFiles({ "a.parquet": parquetFile() }, async (folder) => {
    const path = `${folder}/a.parquet`;
    const { format, rows, isWhole, columns, stage } = await summaryOf(path);
    assertEquals([format, rows, isWhole], ["Parquet", 4, true]);
    const [x, n, gaps, kind] = columns;
    assertEquals([x.type, x.min, x.max, x.mean], ["number", 0.5, 3.5, 2]);
    assertEquals([n.type, n.min, n.max], ["whole number", 1, 4]);
    assertEquals([gaps.missing, gaps.max], [2, 3]);
    assertEquals([kind.type, kind.values], ["text", ["cat", "dog"]]);
    const { source, ports } = await openStage(stage, `${folder}/stage.ts`);
    assertEquals([source!.rows, Object.keys(ports)], [4, ["features", "label"]]);
    source!.close?.();
    const first = await summaryOf(path, "--limit", "2");
    assertEquals([first.rows, first.isWhole, first.columns[0].max], [2, false, 1.5]);
  });
});

for (const as of ["file", "stream"] as const) {
  Deno.test(`inspect looks into an Arrow ${as}, lists included`, async () => {
    await withFiles({ "a.arrow": arrowFile(as) }, async (folder) => {
      const { format, rows, columns, stage } = await summaryOf(`${folder}/a.arrow`);
      assertEquals([format, rows], ["Arrow", 4]);
      assertEquals(columns.map(({ type }: { type: string }) => type), [
        "number",
        "whole number",
        "list of 2",
        "text",
      ]);
      const { source, ports } = await openStage(stage, `${folder}/stage.ts`);
      assertEquals([source!.rows, Object.keys(ports)], [4, ["features", "label", "pair"]]);
      source!.close?.();
    });
  });
}

Deno.test("inspect names the damage of Parquet and Arrow files", async () => {
  const files = {
    "a.parquet": parquetFile().subarray(0, 100),
    "a.arrow": arrowFile("file").subarray(0, 300),
  };
  await withFiles(files, async (folder) => {
    for (const [name, format] of [["a.parquet", "Parquet"], ["a.arrow", "Arrow"]]) {
      const { status, stderr } = await inspect(`${folder}/${name}`);
      assertEquals(status, 1);
      assertStringIncludes(stderr, `Cannot read the ${format} file`);
    }
  });
});

Deno.test("inspect looks into a folder of images, in a folder for each class", async () => {
  await withFiles({}, async (folder) => {
    await writeInto(folder, {
      "cat/a.png": png(4, 3, 3, 10),
      "cat/b.png": png(4, 3, 3, 20),
      "dog/c.PNG": png(8, 8, 1, 30),
      "dog/notes.md": "not an image",
      ".hidden/d.png": "no image at all",
    });
    const { format, rows, columns, stage } = await summaryOf(`${folder}/`);
    assertEquals([format, rows], ["folder of images", 3]);
    const [size, colour, pixels, classes] = columns;
    assertEquals(size.values, ["4 by 3", "8 by 8"]);
    assertEquals(colour.values, ["colour", "grey"]);
    assertEquals([pixels.min, pixels.max], [10, 30]);
    assertEquals(classes.values, ["cat", "dog"]);
    assertStringIncludes(stage, 'fit: "crop"');
    const { source, ports } = await openStage(stage, `${folder}/stage.ts`);
    assertEquals(source!.rows, 3);
    assertEquals(ports.image!.kind === "tensor" && ports.image!.shape, [3, 4, 3]);
    source!.close?.();
    const sampled = await summaryOf(folder, "--limit", "2");
    assertEquals([sampled.format, sampled.rows], ["folder of images, 2 of them opened", 3]);
    const single = await summaryOf(`${folder}/dog/c.PNG`);
    assertEquals(single.format, "PNG, 8 by 8 pixels, grey");
    const lone = await openStage(single.stage, `${folder}/lone.ts`);
    assertEquals(lone.source!.rows, 1);
    lone.source!.close?.();
    await Deno.writeTextFile(`${folder}/cat/a.png`, "torn");
    assertStringIncludes((await inspect(folder)).stderr, "it is neither PNG nor JPEG");
  });
});

Deno.test("inspect looks into a folder of sounds of several rates", async () => {
  await withFiles({}, async (folder) => {
    await writeInto(folder, {
      "yes/a.wav": wavFile([0.5, -0.5, 0.25, 0]),
      "yes/b.wav": wavFile([0.5, -0.5]),
      "no/c.wav": wavFile([0, 0, 0, 0.75], { sampleRate: 4000 }),
    });
    const { format, rows, columns, stage } = await summaryOf(folder);
    assertEquals([format, rows], ["folder of sounds", 3]);
    const [rate, channels, length, samples, classes] = columns;
    assertEquals([rate.min, rate.max, channels.max], [4000, 8000, 1]);
    assertEquals([length.min, length.max, samples.max], [2, 4, 0.75]);
    assertEquals(classes.values, ["no", "yes"]);
    assertStringIncludes(stage, "samples: 8");
    assertStringIncludes(stage, 'otherRate: "resample"');
    const { source } = await openStage(stage, `${folder}/stage.ts`);
    assertEquals(source!.rows, 3);
    source!.close?.();
  });
});

Deno.test("inspect looks into folders of texts, with classes and without", async () => {
  await withFiles({}, async (folder) => {
    await writeInto(folder, { "good/a.txt": "fine", "bad/b.txt": "no\ngood", "bad/c.txt": "oh" });
    const { format, rows, columns, stage } = await summaryOf(folder);
    assertEquals([format, rows], ["folder of texts", 3]);
    assertEquals([columns[0].min, columns[0].max, columns[1].values], [2, 7, ["bad", "good"]]);
    const { source } = await openStage(stage, `${folder}/stage.ts`);
    assertEquals(source!.rows, 3);
    source!.close?.();
    const lines = await summaryOf(`${folder}/bad`);
    assertStringIncludes(lines.stage, `textLines({ path: "${folder}/bad/b.txt", bytes: 4 })`);
  });
});

Deno.test("inspect looks into the files of CIFAR-10 and CIFAR-100", async () => {
  const { ten, hundred } = cifarFiles();
  await withFiles(ten, async (folder) => {
    const { format, rows, columns, stage } = await summaryOf(folder);
    assertEquals([format, rows], ["CIFAR-10, training and test", 6]);
    assertEquals(columns[0].type, "u8[rows, 32, 32, 3]");
    assertEquals(columns[1].values, ["airplane", "automobile"]);
    const { source } = await openStage(stage, `${folder}/stage.ts`);
    assertEquals(source!.rows, 5);
    source!.close?.();
    await Deno.truncate(`${folder}/test_batch.bin`, 10);
    assertStringIncludes((await inspect(folder)).stderr, "expected a multiple of 3,073");
  });
  await withFiles(hundred, async (folder) => {
    const { format, columns } = await summaryOf(folder);
    assertEquals(format, "CIFAR-100, training and test");
    assertEquals(columns[1].values, ["aquatic_mammals", "vehicles_2"]);
  });
});
