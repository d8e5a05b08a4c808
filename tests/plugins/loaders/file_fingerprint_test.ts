import {
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { encode as encodePng } from "npm:fast-png@8.0.0";
import {
  backward,
  cifar10,
  DataError,
  dense,
  encodeNpy,
  flatten,
  hostTensor,
  imageFolder,
  npy,
  pipeline,
  PipelineError,
  rescale,
  sgd,
  soundFolder,
  sparseCategoricalCrossEntropy,
  split,
  train,
} from "@millrace/millrace";
import { filesFingerprint } from "../../../plugins/loaders/file_fingerprint.ts";
import { openLoader, withFiles } from "../../support/loaders.ts";
import { wavFile } from "../../support/wav.ts";

const png = (grey: number) =>
  new Uint8Array(
    encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(grey) }),
  );

/** Whether what a loader is told apart by is another one when a file is. */
async function assertNotices(
  open: (folder: string) => unknown,
  files: Readonly<Record<string, Uint8Array>>,
  changed: Readonly<Record<string, Uint8Array>>,
): Promise<void> {
  for (const [name, bytes] of Object.entries(changed)) {
    assertEquals(bytes.length, files[name]!.length, "the size is the same");
  }
  const found: string[] = [];
  for (const contents of [files, files, { ...files, ...changed }]) {
    await withFiles(contents, async (folder) => {
      const { source } = await openLoader(open(folder));
      found.push(source!.fingerprint!);
      source!.close?.();
    });
  }
  assertEquals(found[0], found[1], "the same files in another folder");
  assertNotEquals(found[0], found[2]);
}

Deno.test("folders and files are told apart by what they hold, wherever they lie", async () => {
  const images = (folder: string) => imageFolder({ folder, height: 2, width: 2, channels: 1 });
  await assertNotices(images, { "a.png": png(1), "b.png": png(2) }, { "b.png": png(3) });
  const sounds = (folder: string) => soundFolder({ folder, samples: 9, sampleRate: 8000 });
  await assertNotices(sounds, { "a.wav": wavFile([0, 0.5, 0]) }, {
    "a.wav": wavFile([0, 0.25, 0]),
  });
  const batch = (value: number) => new Uint8Array(2 * 3073).fill(value, 10, 5000);
  const names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
  const batches = Object.fromEntries(names.map((name) => [name, batch(1)]));
  for (const memoryBytes of [1 << 20, 8000]) {
    const photographs = (folder: string) => cifar10({ folder, memoryBytes });
    await assertNotices(photographs, batches, { "data_batch_3.bin": batch(2) });
  }
  const array = (value: number) => encodeNpy(hostTensor([1, 2, value, 4], { shape: [4, 1] }));
  for (const memoryBytes of [1 << 20, 8]) {
    const numbers = (folder: string) =>
      npy({ x: { file: `${folder}/x.npy`, shape: [1] } }, { memoryBytes });
    await withFiles({ "x.npy": array(3) }, async (folder) => {
      const open = async () => (await openLoader(numbers(folder))).source!;
      const before = await open();
      const { fingerprint } = before;
      before.close?.();
      await Deno.writeFile(`${folder}/x.npy`, array(5));
      const after = await open();
      assertNotEquals(after.fingerprint, fingerprint);
      after.close?.();
    });
  }
});

Deno.test("train() refuses to go on when an image has changed, and its size has not", async () => {
  const files = Object.fromEntries([0, 1, 2, 3].map((i) => [`${i}.png`, png(i)]));
  await withFiles(files, async (root) => {
    const folder = `${root}/images`;
    await Deno.mkdir(`${folder}/a`, { recursive: true });
    await Deno.mkdir(`${folder}/b`);
    for (const i of [0, 1, 2, 3]) {
      await Deno.rename(`${root}/${i}.png`, `${folder}/${i % 2 === 0 ? "a" : "b"}/${i}.png`);
    }
    const options = { height: 2, width: 2, channels: 1, classes: ["a", "b"] } as const;
    const images = imageFolder({ folder, ...options });
    for (const data of [images, split({ test: 0.5 })(images)]) {
      const logits = dense(2)(flatten()(rescale({ scale: 1 / 255 })(data.image)));
      const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
      const optimizer = sgd()(backward()(loss));
      const stages = { images, logits, loss, optimizer };
      const made = pipeline({ name: "p", epochs: 1, batchSize: 2, stages });
      const runDirectory = await Deno.makeTempDir({ dir: root });
      const run = { device: "reference", runDirectory: `${runDirectory}/run` };
      await train(made, run);
      const more = { ...run, resume: true, set: { epochs: 2 } };
      await Deno.writeFile(`${folder}/a/2.png`, png(9));
      const { message } = await assertRejects(() => train(made, more), PipelineError);
      assertStringIncludes(
        message,
        data === images ? 'the data of "images" has changed' : "has changed",
      );
      await Deno.writeFile(`${folder}/a/2.png`, png(2));
      await train(made, more);
    }
  });
});

Deno.test("filesFingerprint() reads ends and blocks between of what is too large to be read whole", async () => {
  const bytes = new Uint8Array(100_000);
  await withFiles({ "a": bytes, "b": bytes }, async (folder) => {
    const print = (wholeBytes?: number) =>
      filesFingerprint(
        ["a", "b"].map((name) => ({ name, path: `${folder}/${name}` })),
        wholeBytes === undefined ? {} : { wholeBytes },
      );
    const [whole, part] = [print(), print(60_000)];
    assertNotEquals(whole, part);
    for (const at of [0, 50_000, 99_999]) {
      await Deno.writeFile(`${folder}/b`, bytes.with(at, 1));
      assertNotEquals(print(), whole);
      assertNotEquals(print(60_000), part);
    }
    // between blocks
    await Deno.writeFile(`${folder}/b`, bytes.with(6000, 1));
    assertNotEquals(print(), whole);
    assertEquals(print(60_000), part);
    await Deno.remove(`${folder}/b`);
    assertThrows(() => print(), DataError, "there is no such file or folder");
  });
});
