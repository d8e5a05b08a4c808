import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { encode as encodePng } from "npm:fast-png@8.0.0";
import {
  DataError,
  imageFolder,
  type RowSource,
  soundFolder,
  stageCallOf,
  validate,
} from "@millrace/millrace";
import { RowWorkers } from "../../../core/execute/mod.ts";
import { workerRows } from "../../../core/execute/worker_rows.ts";
import { withFiles } from "../../support/loaders.ts";

const png = (grey: number) =>
  new Uint8Array(
    encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(grey) }),
  );

const names = Array.from({ length: 200 }, (_, i) => `${String(i).padStart(3, "0")}.png`);
const damaged = new Set([0, 3, 70, 71, 150, 199]);
const files = Object.fromEntries(
  names.map((name, i) => [name, damaged.has(i) ? png(i).slice(0, 40) : png(i)]),
);
const kept = names.flatMap((_, i) => damaged.has(i) ? [] : [i]);

async function open(
  handles: unknown,
  context: { readonly limit?: number; readonly byWorkers?: (source: RowSource) => RowSource } = {},
): Promise<RowSource> {
  const { definition, options } = stageCallOf(handles)!;
  assert(definition.kind === "loader");
  const validated = validate(definition.config, options, "images");
  assert(validated.ok);
  const { config } = validated;
  return (await definition.open({ config, split: "train", seed: 0, path: "images", ...context }))!;
}

async function greys(source: RowSource): Promise<number[]> {
  const image = new Uint8Array(4 * source.rows);
  await source.read(Uint32Array.from({ length: source.rows }, (_, row) => row), { image });
  return Array.from({ length: source.rows }, (_, row) => image[4 * row]!);
}

Deno.test("imageFolder() finds out by workers which images can be used, and keeps what they decode", async () => {
  await withFiles(files, async (folder) => {
    for (const memoryBytes of [1 << 20, 50 * 4]) {
      const loader = imageFolder({
        folder,
        height: 2,
        width: 2,
        channels: 1,
        memoryBytes,
        invalid: "drop",
      });
      const alone = await open(loader);
      const workers = new RowWorkers({ count: 2 });
      let asked = 0;
      const byWorkers = (source: RowSource) => {
        asked++;
        assertNotEquals(source.inWorkers, undefined);
        // whatever is read here fails
        const never = { ...source, read: () => Promise.reject(new Error("read here")) };
        return workerRows(never, { path: "images", workers });
      };
      const source = await open(loader, { byWorkers });
      assertEquals([asked, workers.count], [1, 2]);
      assertEquals(source.invalid, alone.invalid);
      assertEquals(source.invalid!.dropped, damaged.size);
      assertEquals(source.fingerprint, alone.fingerprint);
      // what fits is there already: it is read at once
      const image = new Uint8Array(4 * 40);
      assertEquals(
        source.read(Uint32Array.from({ length: 40 }, (_, row) => row), { image }),
        undefined,
      );
      assertEquals(image[4 * 39], kept[39]);
      assertEquals(await greys(source), kept);
      assertEquals(await greys(alone), kept);
      workers.close();
    }
  });
});

Deno.test("imageFolder() looks at no more images than it takes to find those that are wanted", async () => {
  await withFiles({}, async (folder) => {
    const classes = ["cat", "dog", "emu"];
    for (const name of classes) {
      await Deno.mkdir(`${folder}/${name}`);
      for (const i of [1, 2, 3, 4]) await Deno.writeFile(`${folder}/${name}/${i}.png`, png(i));
    }
    await Deno.writeFile(`${folder}/dog/1.png`, png(1).slice(0, 40));
    const loader = imageFolder({
      folder,
      height: 2,
      width: 2,
      channels: 1,
      classes,
      invalid: "drop",
      mostInvalid: 1,
    });
    const source = await open(loader, { limit: 5 });
    const { checked, dropped } = source.invalid!;
    assertEquals([source.rows, checked, dropped], [5, 6, 1]);
    const into = { image: new Uint8Array(20), label: new Uint8Array(5) };
    await source.read(Uint32Array.of(0, 1, 2, 3, 4), into);
    assertEquals([...into.label], [0, 2, 0, 1, 2]);
    assertEquals([0, 1, 2, 3, 4].map((row) => into.image[4 * row]), [1, 1, 2, 2, 2]);
  });
});

Deno.test("imageFolder() and soundFolder() decode nothing where only classes are wanted and none is kept", async () => {
  const damaged = { "a.png": new Uint8Array(9), "a.wav": new Uint8Array(9) };
  await withFiles(damaged, async (root) => {
    const folder = `${root}/data`;
    await Deno.mkdir(`${folder}/a`, { recursive: true });
    for (const name of ["a.png", "a.wav"]) {
      await Deno.rename(`${root}/${name}`, `${folder}/a/${name}`);
    }
    const classes = ["a"];
    const images = imageFolder({
      folder,
      classes,
      height: 2,
      width: 2,
      channels: 1,
      memoryBytes: 1,
    });
    const sounds = soundFolder({ folder, classes, samples: 2, sampleRate: 8000, memoryBytes: 1 });
    for (const loader of [images, sounds]) {
      const label = Uint8Array.of(7);
      await (await open(loader)).read(Uint32Array.of(0), { label });
      assertEquals([...label], [0]);
    }
  });
});

Deno.test("imageFolder() fails where what reads images does, and not the images", async () => {
  await withFiles(files, async (folder) => {
    const loader = imageFolder({ folder, height: 2, width: 2, channels: 1, invalid: "drop" });
    const failing = (source: RowSource): RowSource => ({
      ...source,
      readsAtOnce: 2,
      read: () => Promise.reject(new DataError("Cannot fetch the package", { file: "a" })),
    });
    await assertRejects(() => open(loader, { byWorkers: failing }), DataError, "fetch the package");
  });
});
