import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DataError } from "../../../core/mod.ts";
import { openIdx, parseIdx, readIdx } from "../../../core/formats/mod.ts";
import { assertSurvivesDamage } from "../../support/mutate.ts";

/** An IDX file: type code, sizes, and the elements' bytes. */
function idx(
  code: number,
  shape: readonly number[],
  data: readonly number[],
): Uint8Array<ArrayBuffer> {
  const sizes = shape.flatMap((size) => [size >>> 24, size >>> 16, size >>> 8, size]);
  return Uint8Array.from([0, 0, code, shape.length, ...sizes, ...data]);
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).bytes();
}

async function withFile(bytes: Uint8Array, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

const images = idx(0x08, [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 255]);

Deno.test("parseIdx() reads every type of element", () => {
  assertEquals(parseIdx(images, "f"), {
    dtype: "u8",
    shape: [2, 2, 2],
    data: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 255]),
  });
  assertEquals(parseIdx(idx(0x09, [2], [0xff, 0x7f]), "f"), {
    dtype: "i32",
    shape: [2],
    data: new Int32Array([-1, 127]),
  });
  assertEquals(
    parseIdx(idx(0x0b, [2], [0xff, 0xfe, 0x01, 0x00]), "f").data,
    new Int32Array([-2, 256]),
  );
  assertEquals(
    parseIdx(idx(0x0c, [1, 1], [0x80, 0, 0, 1]), "f").data,
    new Int32Array([-2147483647]),
  );
  assertEquals(parseIdx(idx(0x0d, [1], [0x3f, 0xc0, 0, 0]), "f").data, new Float32Array([1.5]));
  assertEquals(
    parseIdx(idx(0x0e, [1], [0xc0, 0x04, 0, 0, 0, 0, 0, 0]), "f").data,
    new Float32Array([-2.5]),
  );
  assertEquals(parseIdx(idx(0x08, [0, 28, 28], []), "f").shape, [0, 28, 28]);
});

Deno.test("parseIdx() refuses what is no IDX file, and one of another length than its header says", () => {
  const refusals: [Uint8Array, string][] = [
    [new Uint8Array(0), "received 0 bytes, expected at least 4"],
    [
      new Uint8Array([0x89, 0x50, 0x4e, 0x47]),
      "it begins with 0x89504e47, expected a magic number",
    ],
    [idx(0x0a, [1], [1]), "it begins with 0x00000a01"],
    [new Uint8Array([0, 0, 8, 0, 1]), "it begins with 0x00000800"],
    [
      new Uint8Array([0, 0, 8, 3, 0, 0, 0, 1]),
      "its header of 3 axes takes 16 bytes, the file has 8",
    ],
    [
      images.subarray(0, -1),
      "it is truncated: its header says u8[2, 2, 2], which takes 24 bytes, " +
      "the file has 23",
    ],
    [idx(0x08, [1], [1, 2]), "it is too long: its header says u8[1], which takes 9 bytes"],
    [idx(0x0e, [0xffffffff, 0xffffffff, 0xffffffff], []), "it is truncated"],
  ];
  for (const [bytes, message] of refusals) {
    const error = assertThrows(() => parseIdx(bytes, "train-images"), DataError, message);
    assertEquals(error.file, "train-images");
    assertEquals(error.message.includes("hint: "), true);
  }
});

Deno.test("parseIdx() survives damaged files", () => {
  const samples = [
    images,
    idx(0x0b, [3, 2], Array(12).fill(7)),
    idx(0x0e, [2, 1, 1], Array(16).fill(3)),
    idx(0x08, Array(20).fill(1), [9]),
  ];
  assertSurvivesDamage(samples, (bytes) => [parseIdx(bytes, "f")]);
});

Deno.test("readIdx() reads plain and compressed files and names what is wrong with others", async () => {
  await withFile(images, async (path) => assertEquals((await readIdx(path)).shape, [2, 2, 2]));
  const packed = await gzip(images);
  await withFile(packed, async (path) => {
    assertEquals(await readIdx(path), parseIdx(images, path));
    assertEquals(await readIdx(new URL(`file://${path}`)), parseIdx(images, path));
  });
  const large = idx(0x08, [3000], Array(3000).fill(0).map((_, i) => i % 251));
  await withFile(await gzip(large), async (path) => {
    assertEquals(await readIdx(path), parseIdx(large, path));
  });
  await withFile(packed.subarray(0, -9), async (path) => {
    await assertRejects(() => readIdx(path), DataError, "its gzip data is damaged or not complete");
  });
  await withFile(await gzip(images.subarray(0, -1)), async (path) => {
    await assertRejects(() => readIdx(path), DataError, "it is truncated");
  });
  await withFile(await gzip(new Uint8Array(2000)), async (path) => {
    await assertRejects(() => readIdx(path), DataError, "it begins with 0x00000000");
  });
  await assertRejects(
    () => readIdx("nowhere/train-images"),
    DataError,
    'Cannot read the file: there is no such file or folder (file "nowhere/train-images")',
  );
  await assertRejects(() => readIdx("tests"), DataError, "it is a folder");
  await assertRejects(
    () => readIdx(new URL("https://example.com/a")),
    DataError,
    'Cannot read data from "https:" (file "https://example.com/a")',
  );
});

Deno.test("readIdx() does not unpack more than the header says, nor believe one that claims too much", async () => {
  const bomb = new Uint8Array(4 << 20);
  bomb.set(idx(0x08, [10], []));
  await withFile(await gzip(bomb), async (path) => {
    await assertRejects(
      () => readIdx(path),
      DataError,
      "it holds more than the 18 bytes of its header",
    );
  });
  await withFile(await gzip(idx(0x08, [0xffffffff], [])), async (path) => {
    await assertRejects(() => readIdx(path), DataError, "its header claims 4,294,967,303 bytes");
  });
});

Deno.test("openIdx() reads the rows asked for, of plain and compressed files", async () => {
  const words = idx(0x0b, [4, 2], [0, 0, 0, 1, 0, 10, 0, 11, 0, 20, 0, 21, 0, 30, 0, 31]);
  for (const bytes of [words, await gzip(words)]) {
    await withFile(bytes, async (path) => {
      using opened = await openIdx(path);
      assertEquals([opened.dtype, opened.shape], ["i32", [4, 2]]);
      assertEquals(await opened.read(1, 3), {
        dtype: "i32",
        shape: [2, 2],
        data: Int32Array.of(10, 11, 20, 21),
      });
      assertEquals((await opened.read(3, 4)).data, Int32Array.of(30, 31));
      assertEquals((await opened.read(2, 2)).shape, [0, 2]);
    });
  }
});

Deno.test("openIdx() says that a file has become shorter since it was opened", async () => {
  await withFile(images, async (path) => {
    using opened = await openIdx(path);
    await Deno.truncate(path, 20);
    await assertRejects(
      () => opened.read(0, 2),
      DataError,
      "Cannot read the file: it has become shorter while it was read",
    );
  });
});

Deno.test({
  name: "readIdx() reads a pipe",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    const written = Deno.writeFile(`${folder}/pipe`, images, { create: false });
    assertEquals((await readIdx(`${folder}/pipe`)).data, parseIdx(images, "pipe").data);
    await written;
    await Deno.remove(folder, { recursive: true });
  },
});
