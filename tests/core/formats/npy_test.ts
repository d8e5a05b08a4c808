import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { DataError, type DType, hostTensor } from "../../../core/mod.ts";
import { encodeNpy, parseNpy, readNpy } from "../../../core/formats/mod.ts";
import { assertSurvivesDamage } from "../../support/mutate.ts";
// Made by npy_samples.py.
import npy from "./npy_samples.json" with { type: "json" };

async function sample(name: keyof typeof npy.samples): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([Uint8Array.from(atob(npy.samples[name]), (c) => c.charCodeAt(0))]);
  return await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).bytes();
}

/** A version 1 file with any header. */
function withHeader(header: string, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const prefix = [
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    text.length & 255,
    text.length >> 8,
  ];
  return Uint8Array.from([...prefix, ...text, ...new Uint8Array(dataBytes)]);
}

Deno.test("parseNpy() reads what NumPy saves, of every dtype and byte order", async () => {
  const expected: [DType, number[], (keyof typeof npy.samples)[]][] = [
    ["f32", [0, 0.25, 0.5, 0.75, 1, 1.25], [
      "<f2",
      "<f4",
      ">f4",
      "<f8",
      ">f8",
      "fortran",
      "version 2",
      "version 3",
    ]],
    ["i32", [-3, -2, -1, 0, 1, 2], ["|i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8"]],
    ["u32", [0, 1, 2, 3, 4, 5], ["<u2", "<u4", ">u4", "<u8"]],
    ["u8", [0, 1, 2, 3, 4, 5], ["|u1"]],
    ["u8", [1, 0, 1, 0, 1, 0], ["|b1"]],
  ];
  for (const [dtype, values, names] of expected) {
    for (const name of names) {
      assertEquals(
        parseNpy(await sample(name), name),
        hostTensor(values, { shape: [2, 3], dtype }),
        name,
      );
    }
  }
  const cube = Array.from({ length: 24 }, (_, i) => i);
  assertEquals(
    parseNpy(await sample("fortran3"), "f"),
    hostTensor(cube, { shape: [2, 3, 4], dtype: "i32" }),
  );
  assertEquals(parseNpy(await sample("scalar"), "f"), hostTensor([1.5], { shape: [] }));
  assertEquals(parseNpy(await sample("empty"), "f"), hostTensor([], { shape: [0, 3] }));
  assertEquals(parseNpy(await sample("vector"), "f"), hostTensor([0, 1, 2], { shape: [3] }));
});

Deno.test("encodeNpy() writes the bytes that NumPy writes", async () => {
  for (const name of ["<f4", "<i4", "<u4", "|u1", "scalar", "empty", "vector"] as const) {
    const bytes = await sample(name);
    assertEquals(encodeNpy(parseNpy(bytes, name)), bytes, name);
  }
});

Deno.test("encodeNpy() rounds float64 elements to float32", () => {
  const tensor = { dtype: "f32", shape: [1], data: new Float64Array([0.1]) } as const;
  assertEquals(parseNpy(encodeNpy(tensor), "f").data, new Float32Array([0.1]));
});

Deno.test("parseNpy() refuses arrays that are not of numbers, and pickles above all", async () => {
  const refuse = async (name: keyof typeof npy.samples, message: string) => {
    const bytes = await sample(name);
    const error = assertThrows(() => parseNpy(bytes, "a.npy"), DataError, message);
    assertStringIncludes(error.message, '(file "a.npy")');
  };
  await refuse("object", "arrays of objects are pickles, which could run code");
  await refuse("text", "its dtype is '<U2', expected one of b1, u1");
  await refuse("complex", "its dtype is '<c16'");
  await refuse("record", "its header is ");
  await refuse("big", "Cannot hold the integer 1099511627776 of element 0 in i32");
});

Deno.test("parseNpy() refuses malformed headers and sizes that are not the file's", async () => {
  const good = await sample("<f4");
  const refusals: [Uint8Array, string][] = [
    [new Uint8Array(3), "it does not begin as NPY files do"],
    [new TextEncoder().encode("PK\x03\x04 an npz archive"), "it does not begin as NPY files do"],
    [good.with(6, 9), "its version is 9.0, expected 1.0, 2.0 or 3.0"],
    [good.subarray(0, 40), "its header claims 118 bytes, the file has 40"],
    [good.subarray(0, -1), "it is truncated: its header says f32[2, 3], which takes 152 bytes"],
    [Uint8Array.from([...good, 0]), "it is too long"],
    [
      withHeader(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991, 9007199254740991), }",
      ),
      "it is truncated",
    ],
    [
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740993,), }"),
      "its header is",
    ],
    [withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"), "its header is"],
    [withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (3), }", 12), "its header is"],
    [withHeader("{'descr': '<f4', 'fortran_order': False, }"), "its header is"],
    [
      withHeader("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4),
      "its header is",
    ],
    [withHeader("{'descr': '<f4', 'fortran_order': 0, 'shape': (), }", 4), "its header is"],
    [
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (), } + exit()", 4),
      "its header is",
    ],
    [
      withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", 4),
      "its header is",
    ],
    [withHeader("__import__('os').system('true')"), "its header is"],
  ];
  for (const [bytes, message] of refusals) {
    assertThrows(() => parseNpy(bytes, "a.npy"), DataError, message);
  }
  assertEquals(
    parseNpy(withHeader(`{"shape":(2,),"descr":"|u1","fortran_order":True}`, 2), "f").shape,
    [2],
  );
});

Deno.test("parseNpy() survives damaged files", async () => {
  const samples = await Promise.all(
    (["<f4", ">i2", "<i8", "fortran3", "|u1", "version 2", "version 3", "scalar"] as const).map(
      sample,
    ),
  );
  assertSurvivesDamage(samples, (bytes) => [parseNpy(bytes, "f")]);
});

Deno.test("readNpy() reads a file", async () => {
  const path = await Deno.makeTempFile({ suffix: ".npy" });
  await Deno.writeFile(path, await sample("<f4"));
  assertEquals((await readNpy(path)).shape, [2, 3]);
  await Deno.remove(path);
  await assertRejects(() => readNpy(path), DataError, "there is no such file");
});
