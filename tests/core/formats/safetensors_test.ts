import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  DataError,
  decodeSafetensors,
  encodeSafetensors,
  type HostTensor,
  hostTensor,
} from "../../../core/mod.ts";
import { assertSurvivesDamage } from "../../support/mutate.ts";

const tensors: Record<string, HostTensor> = {
  "logits.dense1.weight": hostTensor([1.5, -2, 0, 3, 1e-30, 7], { shape: [2, 3] }),
  "logits.dense1.bias": hostTensor([0.1, 0.2, 0.3], { shape: [3] }),
  "labels": hostTensor([1, 2, 3], { shape: [3], dtype: "u8" }),
  "codes": hostTensor([-1, 2], { shape: [2], dtype: "i32" }),
  "counts": hostTensor([4294967295], { shape: [], dtype: "u32" }),
  "nothing": hostTensor([], { shape: [0, 5] }),
};
const metadata = { pipeline: '{"name":"mnist"}', note: 'ünïcode "quoted"\n' };
const good = encodeSafetensors(tensors, metadata);

/** A file with any header. */
function withHeader(header: string | Record<string, unknown>, dataBytes = 0): Uint8Array {
  const text = typeof header === "string" ? header : JSON.stringify(header);
  const bytes = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + bytes.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(bytes.length), true);
  file.set(bytes, 8);
  return file;
}

Deno.test("decodeSafetensors() reads what encodeSafetensors() wrote", () => {
  const decoded = decodeSafetensors(good, "f", { requireChecksum: true });
  assertEquals(decoded.tensors, tensors);
  assertEquals(decoded.metadata, metadata);
  const unaligned = new Uint8Array(good.length + 1);
  unaligned.set(good, 1);
  assertEquals(decodeSafetensors(unaligned.subarray(1), "f").tensors, tensors);
  assertEquals(decodeSafetensors(encodeSafetensors({}), "f"), { tensors: {}, metadata: {} });
});

Deno.test("encodeSafetensors() gives the same bytes whatever the order of its keys", () => {
  const reversed = Object.fromEntries(Object.entries(tensors).reverse());
  assertEquals(encodeSafetensors(reversed, metadata), good);
});

Deno.test("encodeSafetensors() aligns the header to 8 bytes and every tensor to its element", () => {
  const headerBytes = Number(new DataView(good.buffer).getBigUint64(0, true));
  assertEquals(headerBytes % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(good.subarray(8, 8 + headerBytes)));
  assertEquals(header.labels, { dtype: "U8", shape: [3], data_offsets: [48, 51] });
  assertEquals(header["logits.dense1.weight"].data_offsets[0] % 4, 0);
});

Deno.test("encodeSafetensors() rounds float64 elements and keeps odd names", () => {
  const decoded = decodeSafetensors(
    encodeSafetensors({
      ["__proto__"]: { dtype: "f32", shape: [1], data: new Float64Array([0.1]) },
      "7": hostTensor([1], { shape: [1] }),
    }),
    "f",
  ).tensors;
  assertEquals(Object.keys(decoded).toSorted(), ["7", "__proto__"]);
  assertEquals(
    Object.entries(decoded).find(([path]) => path === "__proto__")?.[1].data,
    new Float32Array([0.1]),
  );
});

Deno.test("encodeSafetensors() refuses elements that are not the shape's and the reserved name", () => {
  const short: HostTensor = { dtype: "f32", shape: [3], data: new Float32Array(2) };
  assertThrows(
    () => encodeSafetensors({ w: short }),
    RangeError,
    'Cannot save the tensor "w" of f32[3]: received 2 elements, expected 3',
  );
  assertThrows(
    () => encodeSafetensors({ __metadata__: hostTensor([1], { shape: [1] }) }),
    RangeError,
    "the format reserves the name",
  );
});

Deno.test("decodeSafetensors() reads a file of the safetensors library", () => {
  // safetensors 0.8.0: save({"b.weight": float32[2,3], "a.bias": int32[2], "m": uint8[3]}, {"format": "np"})
  const file =
    "2AAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJucCJ9LCJiLndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNo" +
    "YXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbMCwyNF19LCJhLmJpYXMiOnsiZHR5cGUiOiJJMzIiLCJzaGFwZSI6WzJd" +
    "LCJkYXRhX29mZnNldHMiOlsyNCwzMl19LCJtIjp7ImR0eXBlIjoiVTgiLCJzaGFwZSI6WzNdLCJkYXRhX29mZnNldHMi" +
    "OlszMiwzNV19fSAgICAgICAAAAAAAACAPwAAAEAAAEBAAACAQAAAoEABAAAA/v///wcICQ==";
  const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
  assertEquals(decodeSafetensors(bytes, "f"), {
    tensors: {
      "b.weight": hostTensor([0, 1, 2, 3, 4, 5], { shape: [2, 3] }),
      "a.bias": hostTensor([1, -2], { shape: [2], dtype: "i32" }),
      "m": hostTensor([7, 8, 9], { shape: [3], dtype: "u8" }),
    },
    metadata: { format: "np" },
  });
  assertThrows(
    () => decodeSafetensors(bytes, "f", { requireChecksum: true }),
    DataError,
    'its metadata has no "millrace.sha256"',
  );
});

Deno.test("decodeSafetensors() refuses a file with any one byte altered", () => {
  for (let at = 0; at < good.length; at++) {
    const altered = good.with(at, good[at]! ^ 1);
    const error = assertThrows(
      () => decodeSafetensors(altered, "model.safetensors", { requireChecksum: true }),
      DataError,
    );
    assertEquals(error.file, "model.safetensors");
  }
  assertThrows(
    () => decodeSafetensors(good.with(good.length - 1, 99), "f"),
    DataError,
    "Cannot read the safetensors file: its checksum is ",
  );
});

Deno.test("decodeSafetensors() refuses a file cut off anywhere", () => {
  for (let length = 0; length < good.length; length++) {
    assertThrows(() => decodeSafetensors(good.subarray(0, length), "f"), DataError);
  }
  const error = assertThrows(() => decodeSafetensors(good.subarray(0, -5), "f"), DataError);
  assertStringIncludes(error.message, "its tensors need 51 bytes of data, the file has 46");
  assertStringIncludes(error.message, "hint: the file is damaged or not complete");
});

Deno.test("decodeSafetensors() holds headers to the rules of the format", () => {
  const entry = (shape: unknown, offsets: unknown, dtype: unknown = "F32") => ({
    dtype,
    shape,
    data_offsets: offsets,
  });
  const refusals: [Uint8Array, string][] = [
    [new Uint8Array(7), "received 7 bytes, expected at least 8"],
    [new Uint8Array(8).fill(255), "its header claims 18,446,744,073,709,552,000 bytes"],
    [withHeader(" {}"), 'its header does not begin with "{"'],
    [withHeader("{"), "its header is not JSON text"],
    [withHeader("{}").with(9, 0xff), "its header is not JSON text"],
    [withHeader({ w: 5 }), 'the entry "w" is not a JSON object'],
    [withHeader({ __metadata__: { a: 1 } }), "its metadata is not text by key"],
    [withHeader({ w: entry([2], [0, 8], "F16") }, 8), 'the tensor "w" has the dtype "F16"'],
    [withHeader({ w: entry([-2], [0, 8]) }, 8), 'the tensor "w" has no valid shape'],
    [withHeader({ w: entry([1.5], [0, 6]) }, 6), 'the tensor "w" has no valid shape'],
    [withHeader({ w: entry(Array(65).fill(1), [0, 4]) }, 4), "has no valid shape"],
    [withHeader({ w: entry([2], [0]) }, 8), 'the tensor "w" has no valid data_offsets'],
    [withHeader({ w: entry([2], [8, 0]) }, 8), 'the tensor "w" of f32[2] needs 8 bytes'],
    [withHeader({ w: entry([3], [0, 8]) }, 8), "its data_offsets [0, 8] span 8"],
    [
      withHeader({ w: entry([9007199254740991, 9007199254740991], [0, 8]) }, 8),
      "needs 324,518,553,658,426,",
    ],
    [withHeader({ w: entry([2], [4, 12]) }, 12), 'the data of "w" begins at byte 4, expected 0'],
    [
      withHeader({ v: entry([2], [0, 8]), w: entry([2], [4, 12]) }, 12),
      'the data of "w" begins at byte 4, expected 8',
    ],
    [withHeader({ w: entry([2], [0, 8]) }, 9), "its tensors need 8 bytes of data, the file has 9"],
    [
      withHeader('{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0077":{}}'),
      'its header has the key "w" twice',
    ],
    [
      withHeader('{"w":{"dtype":"U8","dtype":"I32","shape":[0],"data_offsets":[0,0]}}'),
      'its header has the key "dtype" twice',
    ],
    [
      withHeader({ __metadata__: { "millrace.sha256": "short" } }),
      "its checksum is not one of SHA-256",
    ],
  ];
  for (const [bytes, message] of refusals) {
    assertThrows(() => decodeSafetensors(bytes, "f"), DataError, message);
  }
});

Deno.test("decodeSafetensors() takes a large header without trouble", () => {
  const many = Object.fromEntries(
    Array.from({ length: 5000 }, (_, i) => [`w${i}`, hostTensor([i], { shape: [1] })]),
  );
  const long = { text: '{"a":"b\\\\"} '.repeat(100_000) };
  const decoded = decodeSafetensors(encodeSafetensors(many, long), "f");
  assertEquals(decoded.tensors["w4999"]?.data[0], 4999);
  assert(decoded.metadata["text"] === long.text);
});

Deno.test("decodeSafetensors() survives damaged files", () => {
  const bare = withHeader({
    v: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
    w: { dtype: "U8", shape: [3], data_offsets: [16, 19] },
  }, 19);
  assertSurvivesDamage([good, bare], (bytes) => {
    return Object.values(decodeSafetensors(bytes, "f").tensors);
  });
});
