import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../core/mod.ts";
import { crc32, openZip, parseNpy } from "../../../core/formats/mod.ts";
import { assertSurvivesDamageAsync } from "../../support/mutate.ts";
// Made by npy_samples.py.
import npy from "./npy_samples.json" with { type: "json" };

async function sample(name: "npz" | "npz compressed"): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([Uint8Array.from(atob(npy.samples[name]), (c) => c.charCodeAt(0))]);
  return await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).bytes();
}

async function withArchive<T>(bytes: Uint8Array, use: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: ".npz" });
  try {
    await Deno.writeFile(path, bytes);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/** Reads every entry. */
async function readAll(path: string): Promise<Record<string, Uint8Array>> {
  using zip = await openZip(path);
  const contents: Record<string, Uint8Array> = {};
  for (const [name, entry] of zip.entries) contents[name] = await zip.read(entry);
  return contents;
}

async function refuses(bytes: Uint8Array, message: string): Promise<void> {
  await withArchive(bytes, async (path) => {
    await assertRejects(() => readAll(path), DataError, message);
  });
}

Deno.test("openZip() reads what numpy.savez and numpy.savez_compressed write", async () => {
  for (const name of ["npz", "npz compressed"] as const) {
    await withArchive(await sample(name), async (path) => {
      const contents = await readAll(path);
      assertEquals(Object.keys(contents), ["x.npy", "y.npy"]);
      assertEquals([...parseNpy(contents["x.npy"]!, "x").data], [0, 0.25, 0.5, 0.75, 1, 1.25]);
      assertEquals([...parseNpy(contents["y.npy"]!, "y").data], [2, 0]);
    });
  }
});

Deno.test("crc32() is that of ZIP", () => {
  assertEquals(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

Deno.test("openZip() refuses what is no archive, or a torn one", async () => {
  const good = await sample("npz");
  await refuses(new Uint8Array(0), "it has no directory at its end");
  await refuses(new TextEncoder().encode("PK\x03\x04 and no more"), "it has no directory");
  await refuses(good.subarray(100), "claims");
});

Deno.test("openZip() refuses sizes and checksums that are not those of the data", async () => {
  const good = await sample("npz compressed");
  const view = new DataView(good.buffer);
  let directory = 0;
  while (view.getUint32(directory, true) !== 0x02014b50) directory++;
  const size = view.getUint32(directory + 24, true);
  const changed = (at: number, value: number) => {
    const bytes = good.slice();
    new DataView(bytes.buffer).setUint32(directory + at, value, true);
    return bytes;
  };
  await refuses(changed(24, 0xfffffff0), "claims 4,294,967,280 bytes out of");
  await refuses(changed(24, size - 1), `"x.npy" holds more than the ${size - 1} bytes`);
  await refuses(changed(24, size + 1), `"x.npy" has ${size} bytes, its directory says ${size + 1}`);
  await refuses(changed(16, 1), '"x.npy" does not have its checksum');
  await refuses(changed(42, 7), '"x.npy" is not where the directory says');
  await refuses(good.with(directory + 10, 12), '"x.npy" is compressed by method 12');
  await refuses(good.with(directory + 8, 1), '"x.npy" is encrypted');
  const begin = 30 + view.getUint16(26, true) + view.getUint16(28, true);
  await refuses(good.slice().fill(0xff, begin, begin + 20), 'the data of "x.npy" is damaged');
});

Deno.test("openZip() survives damaged archives", async () => {
  const samples = await Promise.all((["npz", "npz compressed"] as const).map(sample));
  // the directory stands at the end, where few faults strike
  const ends = samples.map((bytes) => bytes.subarray(-250));
  const path = await Deno.makeTempFile();
  try {
    await assertSurvivesDamageAsync([...samples, ...ends], async (bytes) => {
      await Deno.writeFile(path, bytes);
      await readAll(path);
    });
  } finally {
    await Deno.remove(path);
  }
});
