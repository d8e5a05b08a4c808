import { assert, assertEquals, assertRejects } from "@std/assert";
import { decode as decodeFastPng, encode as encodePng } from "npm:fast-png@8.0.0";
import jpeg from "npm:jpeg-js@0.4.4";
import { crc32, DataError, imageFolder, RandomStream } from "@millrace/millrace";
import { decodeImage } from "../../../core/formats/mod.ts";
import { fitImage } from "../../../plugins/loaders/fit_image.ts";
import { openLoader, rowsOf, withFiles } from "../../support/loaders.ts";
import { assertSurvivesDamageAsync } from "../../support/mutate.ts";

/** A PNG file of any form: `data` are its lines, each with its filter before it. */
async function pngFile(
  { width, height, depth, colourType, interlace = 0 }: {
    readonly width: number;
    readonly height: number;
    readonly depth: number;
    readonly colourType: number;
    readonly interlace?: number;
  },
  { data, palette }: { readonly data: readonly number[]; readonly palette?: readonly number[] },
): Promise<Uint8Array<ArrayBuffer>> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  [depth, colourType, 0, 0, interlace].forEach((byte, i) => header.setUint8(8 + i, byte));
  const plain = new Blob([Uint8Array.from(data)]).stream();
  const packed = await new Response(plain.pipeThrough(new CompressionStream("deflate"))).bytes();
  const bytes = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const chunk = (tag: string, contents: Iterable<number>) => {
    const body = Uint8Array.from([...new TextEncoder().encode(tag), ...contents]);
    const ends = new DataView(new ArrayBuffer(8));
    ends.setUint32(0, body.length - 4);
    ends.setUint32(4, crc32(body));
    const edges = new Uint8Array(ends.buffer);
    bytes.push(...edges.subarray(0, 4), ...body, ...edges.subarray(4));
  };
  chunk("IHDR", new Uint8Array(header.buffer));
  if (palette !== undefined) chunk("PLTE", palette);
  chunk("tEXt", new TextEncoder().encode("Title\0nothing"));
  chunk("IDAT", packed);
  chunk("IEND", []);
  return Uint8Array.from(bytes);
}

function png(width: number, height: number, channels: 1 | 3 | 4, data: readonly number[]) {
  return new Uint8Array(encodePng({ width, height, channels, data: Uint8Array.from(data) }));
}

function grid(width: number, height: number): number[] {
  return Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
}

Deno.test("decodeImage() reads PNG of every depth, with colours, greys and palettes", async () => {
  const rgb = await decodeImage(png(2, 1, 3, [1, 2, 3, 4, 5, 6]), "a.png");
  assertEquals({ ...rgb, data: [...rgb.data] }, {
    width: 2,
    height: 1,
    channels: 3,
    data: [1, 2, 3, 4, 5, 6],
  });
  const alpha = await decodeImage(png(1, 1, 4, [1, 2, 3, 9]), "a.png");
  assertEquals([...alpha.data], [1, 2, 3]);
  const forms: [Parameters<typeof pngFile>[0], Parameters<typeof pngFile>[1], number[]][] = [
    [{ width: 3, height: 2, depth: 1, colourType: 0 }, { data: [0, 0b10100000, 0, 0b01000000] }, [
      255,
      0,
      255,
      0,
      255,
      0,
    ]],
    [{ width: 2, height: 1, depth: 4, colourType: 0 }, { data: [0, 0x1f] }, [17, 255]],
    [{ width: 1, height: 2, depth: 16, colourType: 0 }, { data: [0, 0x12, 0x34, 0, 0xff, 0] }, [
      0x12,
      0xff,
    ]],
    [{ width: 1, height: 1, depth: 8, colourType: 4 }, { data: [0, 7, 9] }, [7]],
    [
      { width: 3, height: 1, depth: 2, colourType: 3 },
      { data: [0, 0b10_00_01_00], palette: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
      [7, 8, 9, 1, 2, 3, 4, 5, 6],
    ],
  ];
  for (const [form, contents, expected] of forms) {
    const { data } = await decodeImage(await pngFile(form, contents), "a.png");
    assertEquals([...data], expected, JSON.stringify(form));
  }
});

/** Sizes of the passes of an interlaced image: columns and lines. */
function passesOf(width: number, height: number): [number, number][] {
  const every = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [
    1,
    0,
    2,
    2,
  ]];
  return [...every, [0, 1, 1, 2]].map(([left, top, across, down]): [number, number] => [
    Math.ceil((width - left!) / across!),
    Math.ceil((height - top!) / down!),
  ]).filter(([width, height]) => width > 0 && height > 0);
}

Deno.test("decodeImage() reads PNG as fast-png does: every filter, interlaced or not", async () => {
  const random = new RandomStream(1, "png");
  const samplesOf: Record<number, number> = { 0: 1, 2: 3, 4: 2, 6: 4 };
  for (const [colourType, samples] of Object.entries(samplesOf)) {
    for (const depth of [8, 16]) {
      for (const interlace of [0, 1]) {
        for (const [width, height] of [[1, 1], [3, 2], [11, 9], [16, 7]] as const) {
          const form = { width, height, depth, colourType: Number(colourType), interlace };
          const passes = interlace === 1 ? passesOf(width, height) : [[width, height] as const];
          const data = passes.flatMap(([width, height]) =>
            Array.from({ length: height }, () => [
              random.below(5),
              ...Array.from({ length: width * samples * depth / 8 }, () => random.below(256)),
            ]).flat()
          );
          const file = await pngFile(form, { data });
          const expected = decodeFastPng(file);
          const kept = samples >= 3 ? 3 : 1;
          const { data: found } = await decodeImage(file, "a.png");
          assertEquals(
            [...found],
            Array.from({ length: width * height * kept }, (_, i) => {
              const value = expected.data[Math.floor(i / kept) * samples + i % kept]!;
              return depth === 16 ? value >> 8 : value;
            }),
            JSON.stringify(form),
          );
        }
      }
    }
  }
});

Deno.test("decodeImage() reads interlaced PNG of single bits", async () => {
  // a pass for the first pixel, one for the second, one for the line below
  const form = { width: 2, height: 2, depth: 1, colourType: 0, interlace: 1 };
  const { data } = await decodeImage(
    await pngFile(form, { data: [0, 0b1000_0000, 0, 0, 0, 0b0100_0000] }),
    "a.png",
  );
  assertEquals([...data], [255, 0, 0, 255]);
});

Deno.test("decodeImage() reads JPEG", async () => {
  const grey = new Uint8Array(16 * 8 * 4).fill(200);
  const { width, height, channels, data } = await decodeImage(
    new Uint8Array(jpeg.encode({ width: 16, height: 8, data: grey }, 90).data),
    "a.jpg",
  );
  assertEquals([width, height, channels], [16, 8, 3]);
  assert(data.every((value) => Math.abs(value - 200) <= 3));
});

Deno.test("decodeImage() refuses what is no image, or claims what it is not", async () => {
  const good = png(2, 1, 3, [1, 2, 3, 4, 5, 6]);
  const refuses = (bytes: Uint8Array<ArrayBuffer>, message: string) =>
    assertRejects(() => decodeImage(bytes, "a.png"), DataError, message);
  await refuses(new Uint8Array(9), "it is neither PNG nor JPEG");
  await refuses(good.slice(0, 40), "its PNG data is cut off");
  const form = { width: 1 << 20, height: 1 << 20, depth: 8, colourType: 2 };
  await refuses(await pngFile(form, { data: [0] }), "it claims 1,048,576 by 1,048,576 pixels");
  await refuses(
    await pngFile({ ...form, height: 90 }, { data: [0] }),
    "it claims 1,048,576 by 90 pixels, more than its 15 bytes of data can hold",
  );
  await refuses(
    await pngFile({ width: 1, height: 1, depth: 3, colourType: 0 }, { data: [0] }),
    "its PNG header is damaged",
  );
  const dot = { width: 1, height: 1, depth: 8, colourType: 0 };
  await refuses(await pngFile({ ...dot, depth: 4, colourType: 2 }, { data: [0] }), "header is dam");
  await refuses(await pngFile({ ...dot, colourType: 3 }, { data: [0, 0] }), "it has no palette");
  await refuses(await pngFile(dot, { data: [0] }), "its PNG data is damaged");
  await refuses(await pngFile(dot, { data: [5, 1] }), "its PNG data is damaged");
  const altered = good.slice();
  altered[good.length - 20]! ^= 1;
  await refuses(altered, "its PNG data is damaged");
  await refuses(
    await pngFile({ width: 1, height: 1, depth: 8, colourType: 3 }, {
      data: [0, 5],
      palette: [1, 2, 3],
    }),
    "it uses colour 5 of 1",
  );
  const bomb = await pngFile({ width: 1, height: 1, depth: 8, colourType: 0 }, {
    data: new Uint8Array(80 << 20) as never,
  });
  await refuses(bomb, "its PNG data inflates to more than the image's");
  await refuses(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), "its JPEG data has no frame");
});

Deno.test("fitImage() stretches, crops and pads as Pillow's bilinear filter", () => {
  const fit = (
    values: readonly number[],
    [width, height]: readonly [number, number],
    [wide, high]: readonly [number, number],
    how: "stretch" | "crop" | "pad",
  ) => {
    const target = new Uint8Array(wide * high);
    const image = { width, height, channels: 1 as const, data: Uint8Array.from(values) };
    fitImage(image, target, { width: wide, height: high, channels: 1, fit: how });
    return [...target];
  };
  // computed by hand: half of each neighbour's triangle
  assertEquals(fit([0, 100], [2, 1], [4, 1], "stretch"), [0, 25, 75, 100]);
  assertEquals(fit([0, 0, 80, 80], [4, 1], [2, 1], "stretch"), [11, 69]);
  assertEquals(fit([1, 2, 3, 4, 5, 6], [6, 1], [2, 1], "crop"), [3, 4]);
  assertEquals(fit([9, 9], [2, 1], [2, 2], "pad"), [9, 9, 0, 0]);
  assertEquals(fit([7, 7, 7, 7, 7, 7], [3, 2], [5, 5], "stretch"), new Array(25).fill(7));
  const grey = new Uint8Array(1);
  fitImage({ width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0) }, grey, {
    width: 1,
    height: 1,
    channels: 1,
    fit: "exact",
  });
  assertEquals(grey[0], 76);
});

Deno.test("imageFolder() gives images with the class of their folder, decoded once", async () => {
  await withFiles({}, async (folder) => {
    await Deno.mkdir(`${folder}/cat`);
    await Deno.mkdir(`${folder}/dog`);
    await Deno.writeFile(`${folder}/cat/1.png`, png(2, 1, 3, [1, 2, 3, 4, 5, 6]));
    await Deno.writeFile(`${folder}/dog/2.PNG`, png(2, 1, 3, [7, 8, 9, 7, 8, 9]));
    await Deno.writeFile(`${folder}/dog/3.png`, png(1, 1, 1, [50]));
    await Deno.writeTextFile(`${folder}/dog/notes.txt`, "no image");
    const options = { folder, height: 1, width: 2, channels: 3, classes: ["dog", "cat"] } as const;
    const loader = imageFolder({ ...options, fit: "stretch" });
    const expected = {
      image: [7, 8, 9, 7, 8, 9, 50, 50, 50, 50, 50, 50, 1, 2, 3, 4, 5, 6],
      label: [0, 0, 1],
    };
    assertEquals(await rowsOf(loader), expected);
    assertEquals(
      await rowsOf(imageFolder({ ...options, fit: "stretch", memoryBytes: 8 })),
      expected,
    );
    const { source } = await openLoader(loader);
    const into = { image: new Uint8Array(6), label: new Uint8Array(1) };
    assert(source!.read(Uint32Array.of(2), into) instanceof Promise);
    await source!.read(Uint32Array.of(2), into);
    assertEquals(source!.read(Uint32Array.of(2), into), undefined);
    assertEquals([...into.image], [1, 2, 3, 4, 5, 6]);
    const exact = imageFolder(options);
    await assertRejects(
      () => rowsOf(exact),
      DataError,
      "Cannot use the image: received 1 by 1 pixels, expected 2 by 1",
    );
    const flat = imageFolder({ folder: `${folder}/cat`, height: 1, width: 2, channels: 1 });
    assertEquals(Object.keys((await openLoader(flat)).ports), ["image"]);
    assertEquals((await openLoader(loader, "test")).source, null);
    const limited = await openLoader(loader, "train", 2);
    assertEquals(limited.source!.rows, 2);
  });
});

Deno.test("imageFolder() names folders that do not fit the classes", async () => {
  await withFiles({}, async (folder) => {
    await Deno.mkdir(`${folder}/cat`);
    await Deno.writeFile(`${folder}/cat/a.png`, png(1, 1, 1, [1]));
    const open = (classes: readonly string[]) =>
      openLoader(imageFolder({ folder, height: 1, width: 1, channels: 1, classes }));
    await assertRejects(() => open(["cats"]), DataError, 'is it "cats"?');
    await assertRejects(() => open(["cat", "dog"]), DataError, 'folder of the class "dog"');
    await Deno.remove(`${folder}/cat/a.png`);
    await assertRejects(
      () => open(["cat"]),
      DataError,
      "Cannot find any file of .png, .jpg, .jpeg",
    );
  });
});

Deno.test("decodeImage() survives damaged files", async () => {
  const picture = { width: 17, height: 9, data: new Uint8Array(17 * 9 * 4).fill(99) };
  const samples = [
    png(6, 5, 3, grid(6, 5)),
    await pngFile({ width: 9, height: 3, depth: 2, colourType: 3 }, {
      data: [0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9],
      palette: grid(2, 2),
    }),
    new Uint8Array(jpeg.encode(picture, 80).data),
  ];
  await assertSurvivesDamageAsync(samples, (bytes) => decodeImage(bytes, "a"), {
    timeoutMs: 10_000,
  });
});
