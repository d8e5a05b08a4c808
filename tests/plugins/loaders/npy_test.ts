import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DataError, encodeNpy, hostTensor, npy, type Split } from "@millrace/millrace";
import { openLoader, problemsOf, rowsOf, withFiles } from "../../support/loaders.ts";
// Made by npy_samples.py.
import samples from "../../core/formats/npy_samples.json" with { type: "json" };

async function archive(): Promise<Uint8Array> {
  const packed = Uint8Array.from(
    atob(samples.samples["npz compressed"]),
    (character) => character.charCodeAt(0),
  );
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(plain).bytes();
}

const images = Array.from({ length: 40 }, (_, i) => i);
const files = {
  "image.npy": encodeNpy(hostTensor(images, { shape: [10, 2, 2], dtype: "u8" })),
  "label.npy": encodeNpy(
    hostTensor(images.slice(0, 10).map((i) => i % 3), { shape: [10], dtype: "i32" }),
  ),
};

function arrays(folder: string) {
  return {
    image: { file: `${folder}/image.npy`, shape: [2, 2], dtype: "u8" },
    label: { file: `${folder}/label.npy`, classes: ["a", "b", "c"] },
  } as const;
}

Deno.test("npy() gives the rows of its arrays side by side, converted to its ports", async () => {
  await withFiles(files, async (folder) => {
    const { ports } = await openLoader(npy(arrays(folder)));
    assertEquals(ports, {
      image: { kind: "tensor", dtype: "u8", shape: [2, 2] },
      label: { kind: "labels", dtype: "u8", classes: 3, names: ["a", "b", "c"] },
    });
    assertEquals(await rowsOf(npy(arrays(folder)), { rows: [9, 1] }), {
      image: [36, 37, 38, 39, 4, 5, 6, 7],
      label: [0, 1],
    });
    const floats = npy({ x: { file: `${folder}/image.npy`, shape: [2, 2] } });
    assertEquals((await openLoader(floats)).ports.x!.dtype, "f32");
    assertEquals(await rowsOf(floats, { rows: [1] }), { x: [4, 5, 6, 7] });
  });
});

Deno.test("npy() reads what is larger than its memory in blocks, in any order", async () => {
  await withFiles(files, async (folder) => {
    const small = npy(arrays(folder), { memoryBytes: 40 });
    const { source } = await openLoader(small);
    assertEquals([...source!.blocks!.begins], [0, 2, 4, 6, 8]);
    assertEquals(source!.blocks!.kept, 4);
    source!.close!();
    const rows = [9, 0, 3, 2, 8, 8, 5];
    assertEquals(await rowsOf(small, { rows }), await rowsOf(npy(arrays(folder)), { rows }));
  });
});

Deno.test("npy() keeps reads apart that are asked for at the same time", async () => {
  await withFiles(files, async (folder) => {
    const { source } = await openLoader(npy(arrays(folder), { memoryBytes: 20 }));
    const reads = await Promise.all(
      images.slice(0, 10).map(async (row) => {
        const into = { image: new Uint8Array(4), label: new Uint8Array(1) };
        await source!.read(Uint32Array.of(row), into);
        return into.image[0]!;
      }),
    );
    source!.close!();
    assertEquals(reads, images.slice(0, 10).map((row) => 4 * row));
  });
});

Deno.test("npy() reads arrays of archives, and offers the splits that it is given", async () => {
  await withFiles({ "data.npz": await archive() }, async (folder) => {
    const path = `${folder}/data.npz`;
    const loader = npy({
      x: { file: `${path}#x`, shape: [3] },
      y: { file: `${path}#y`, classes: 3 },
    }, { test: { x: `${path}#x`, y: `${path}#y` } });
    for (const split of ["train", "test"] as const) {
      assertEquals(await rowsOf(loader, { split }), {
        x: [0, 0.25, 0.5, 0.75, 1, 1.25],
        y: [2, 0],
      });
    }
    assertEquals((await openLoader(loader, "validation")).source, null);
    assertEquals((await openLoader(loader, "train", 1)).source!.rows, 1);
    const refuses = (file: string, message: string) =>
      assertRejects(() => openLoader(npy({ x: { file, shape: [3] } })), DataError, message);
    await refuses(`${path}#xx`, 'did you mean "x"? its arrays: "x", "y"');
    await refuses(path, `write one of "${path}#x", "${path}#y"`);
  });
});

Deno.test("npy() refuses arrays that do not fit their ports", async () => {
  await withFiles(files, async (folder) => {
    const refuses = async (handles: unknown, message: string, split: Split = "train") => {
      const error = await assertRejects(() => openLoader(handles, split), DataError);
      assertStringIncludes(error.message, message);
      return error;
    };
    const { image, label } = arrays(folder);
    await refuses(
      npy({ image: { ...image, shape: [4] } }),
      'Cannot use this array for "image": received u8[10, 2, 2], expected u8[n, 4]',
    );
    const wrong = await refuses(
      npy({ label: { ...label, classes: 2 } }),
      "Cannot use the label 2: expected a class number from 0 to 1",
    );
    assertEquals([wrong.row, wrong.column], [3, "label"]);
    await Deno.writeFile(
      `${folder}/few.npy`,
      encodeNpy(hostTensor([1, 2.5], { shape: [2, 1] })),
    );
    const few = `${folder}/few.npy`;
    await refuses(
      npy({ image, few: { file: few, shape: [1] } }),
      'Cannot read "image" and "few" side by side: received 2 rows, expected 10',
    );
    await refuses(
      npy({ few: { file: few, shape: [1], dtype: "u8" } }),
      "Cannot hold the number 2.5 in u8: expected a whole number from 0 to 255",
    );
    await refuses(
      npy({ x: { file: `${folder}/imag.npy`, shape: [1] } }),
      `did you mean "${folder}/image.npy"?`,
    );
  });
});

Deno.test("npy() says what is wrong with its options, and with labels of another shape", async () => {
  const x = { file: "x.npy", shape: [2] };
  const problems = (arrays: unknown, options = {}) =>
    problemsOf(npy(arrays as never, options as never));
  assertStringIncludes(problems({}), "expected at least one array");
  assertStringIncludes(
    problems({ x: { file: "x.npy" } }),
    "expected { file, shape } or { file, classes }",
  );
  const test = problems({ x }, { test: { y: "y.npy" } });
  assertStringIncludes(test, '"npy.test.x": Cannot use this value - the file is missing');
  assertStringIncludes(
    test,
    '"npy.test.y": Cannot use this value - the training split has no such array',
  );
  await withFiles(files, async (folder) => {
    const labels = npy({ label: { file: `${folder}/image.npy`, classes: 3 } });
    const { message } = await assertRejects(() => openLoader(labels), DataError);
    assertStringIncludes(message, "labels are one class number for each row");
  });
});
