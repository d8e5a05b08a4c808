import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { sha256 } from "../../../core/mod.ts";
import { gzip, type TarFile, tarOf } from "../../support/tar.ts";
import { withFiles } from "../../support/loaders.ts";
import { png } from "./inspected_files.ts";

const csv = "a,b\n1,2\n3,4\n";
const idx = (head: readonly number[], data: readonly number[]) =>
  Uint8Array.from([...head, ...data]);
const files: readonly TarFile[] = [
  { name: "set/a.csv", data: csv },
  { name: "set/texts/good/a.txt", data: "fine" },
  { name: "set/texts/bad/b.txt", data: "bad" },
  { name: "set/train-images-idx3", data: idx([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1], [5, 6]) },
  { name: "set/train-labels-idx1", data: idx([0, 0, 8, 1, 0, 0, 0, 2], [0, 1]) },
];

/** Runs the command line in a folder, without prompts. */
async function runIn(folder: string, permissions: readonly string[], ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-check", "--allow-read", ...permissions],
      ...[`--config=${Deno.cwd()}/deno.json`, `${Deno.cwd()}/core/cli/main.ts`, ...args],
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs the verb in a folder, as its task does. */
async function inspectIn(folder: string, place: string, ...permissions: string[]) {
  return await runIn(
    folder,
    ["--allow-write=.cache", ...permissions],
    ...["inspect", place, "--json"],
  );
}

Deno.test("inspect looks into files and folders of archives, and names them as loaders do", async () => {
  const one = await gzip(tarOf([{ name: "inner/only.csv", data: csv }]));
  await withFiles({ "a.tar": tarOf(files), "one.tgz": one }, async (folder) => {
    const summaryOf = async (place: string) => {
      const { code, stdout, stderr } = await inspectIn(folder, place);
      assertEquals(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const table = await summaryOf("a.tar!/set/a.csv");
    assertEquals([table.file, table.format, table.rows], ["a.tar!/set/a.csv", "CSV", 2]);
    assertStringIncludes(table.stage, 'path: "a.tar!/set/a.csv",');
    const texts = await summaryOf("a.tar!/set/texts/");
    assertEquals([texts.format, texts.rows], ["folder of texts", 2]);
    assertStringIncludes(texts.stage, 'path: "a.tar!/set/texts",');
    const { stage } = await summaryOf("a.tar!/set/train-images-idx3");
    assertStringIncludes(stage, 'labels: "a.tar!/set/train-labels-idx1",');
    const only = await summaryOf("one.tgz");
    assertEquals([only.file, only.rows], ["one.tgz!/inner/only.csv", 2]);
    const whole = await inspectIn(folder, "a.tar");
    assertEquals(whole.code, 1);
    assertStringIncludes(whole.stderr, "Cannot inspect an archive of 5 files as a whole");
    assertStringIncludes(whole.stderr, 'name a file or folder in it: "a.tar!/set/a.csv", ');
  });
});

Deno.test("inspect names folders of archives of many files, and says what an empty one is", async () => {
  const many = Array.from({ length: 12 }, (_, i) => ({
    name: `set/${i % 2 === 0 ? "even" : "odd"}/${i}.txt`,
    data: "x",
  }));
  const archives = { "a.tar": tarOf(many), "b.tar": tarOf([{ name: "b/", kind: "5" }]) };
  await withFiles({ ...archives, "c.tgz": Uint8Array.of(31, 139, 1) }, async (folder) => {
    const hint = async (name: string) => (await inspectIn(folder, name)).stderr;
    assertStringIncludes(
      await hint("a.tar"),
      'name a file or folder in it: "a.tar!/set/", "a.tar!/set/even/", "a.tar!/set/odd/"',
    );
    assertStringIncludes(await hint("b.tar"), "hint: name an archive that holds data");
    assertStringIncludes(await hint("c.tgz"), "its compressed data is damaged");
  });
});

Deno.test("inspect looks into files on the web, checked by their checksums", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(csv),
  );
  try {
    await withFiles({}, async (folder) => {
      const { port } = server.addr;
      const place = `http://127.0.0.1:${port}/a.csv#sha256=${
        sha256([new TextEncoder().encode(csv)])
      }`;
      const refused = await inspectIn(folder, place);
      assertStringIncludes(refused.stderr, "hint: start Deno with --allow-net=127.0.0.1");
      const { code, stdout, stderr } = await inspectIn(folder, place, "--allow-net=127.0.0.1");
      assertEquals(code, 0, stderr);
      assertStringIncludes(stderr, "Downloading http://127.0.0.1");
      const { stage, rows } = JSON.parse(stdout);
      assertEquals(rows, 2);
      assert(stage.includes(`path: ${JSON.stringify(place)},`), stage);
    });
  } finally {
    await server.shutdown();
  }
});

Deno.test("inspect says that what is compressed by gzip is to be decompressed", async () => {
  const table = await gzip(new TextEncoder().encode(csv));
  const images = await gzip(files[3]!.data as Uint8Array<ArrayBuffer>);
  await withFiles({ "a.csv.gz": table, "images-idx3.gz": images }, async (folder) => {
    const { code, stderr } = await inspectIn(folder, "a.csv.gz");
    assertEquals(code, 1);
    assertStringIncludes(stderr, "Cannot inspect the file: it is compressed by gzip");
    assertStringIncludes(stderr, "hint: decompress it: IDX is the one format");
    assertEquals(JSON.parse((await inspectIn(folder, "images-idx3.gz")).stdout).format, "IDX");
  });
});

Deno.test("predict takes records where loaders take rows: in archives", async () => {
  const millrace = new URL("../../../mod.ts", import.meta.url).href;
  const line = `
import { backward, csv, dense, meanSquaredError, pipeline, sgd } from ${JSON.stringify(millrace)};
const rows = csv({ path: "a.tar!/set/a.csv", features: ["a"], targets: ["b"] });
const line = dense(1)(rows.features);
const loss = meanSquaredError()({ predictions: line, targets: rows.targets });
const fit = sgd({ learningRate: 0.01 })(backward()(loss));
export default pipeline({ name: "line", epochs: 1, stages: { rows, line, loss, fit } });
`;
  await withFiles({ "a.tar": tarOf(files), "line.ts": line }, async (folder) => {
    const permissions = ["--allow-write", "--allow-sys"];
    const trained = await runIn(folder, permissions, "train", "line.ts", "--quiet");
    assertEquals(trained.code, 0, trained.stderr);
    const input = ["--input", "a.tar!/set/a.csv"];
    const { code, stdout, stderr } = await runIn(
      folder,
      permissions,
      ...["predict", "line.ts", ...input],
    );
    assertEquals(code, 0, stderr);
    assertEquals(stdout.trim().split("\n").length, 3);
  });
});

Deno.test("predict names files of archives as they were given", async () => {
  const millrace = new URL("../../../mod.ts", import.meta.url).href;
  const pets = `
import {
  backward, dense, flatten, imageFolder, pipeline, rescale, sequential, sgd,
  sparseCategoricalCrossEntropy,
} from ${JSON.stringify(millrace)};
const images = imageFolder({
  folder: "a.tar!/pets", height: 1, width: 1, channels: 1, classes: ["cat", "dog"],
});
const logits = sequential(rescale(), flatten(), dense(2))(images.image);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: images.label });
const fit = sgd({ learningRate: 0.01 })(backward()(loss));
export default pipeline({ name: "pets", epochs: 1, stages: { images, logits, loss, fit } });
`;
  const image = png(1, 1, 1, 9);
  const archive = tarOf([
    { name: "pets/cat/a.png", data: image },
    { name: "pets/dog/b.png", data: image },
  ]);
  await withFiles({ "a.tar": archive, "pets.ts": pets }, async (folder) => {
    const permissions = ["--allow-write", "--allow-sys"];
    const trained = await runIn(folder, permissions, "train", "pets.ts", "--quiet");
    assertEquals(trained.code, 0, trained.stderr);
    const predict = async (input: string) => {
      const { code, stdout, stderr } = await runIn(
        folder,
        permissions,
        ...["predict", "pets.ts", "--input", input, "--json"],
      );
      assertEquals(code, 0, stderr);
      return JSON.parse(stdout).files;
    };
    assertEquals(await predict("a.tar!/pets/"), [
      "a.tar!/pets/cat/a.png",
      "a.tar!/pets/dog/b.png",
    ]);
    assertEquals(await predict("a.tar!/pets/dog/b.png"), ["a.tar!/pets/dog/b.png"]);
  });
});
