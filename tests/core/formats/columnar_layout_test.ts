import { assert, assertEquals, assertThrows } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import * as apache from "npm:apache-arrow@21.2.0";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { RandomStream } from "@millrace/millrace";
import { registerCompression } from "../../../core/formats/arrow/compression.ts";
import { verifyArrow } from "../../../core/formats/arrow/layout.ts";
import { loadCompressors } from "../../../core/formats/parquet/codecs.ts";
import { sumOfLengths } from "../../../core/formats/parquet/deltas.ts";
import { checkedPages } from "../../../core/formats/parquet/pages.ts";
import { thriftBytes, ThriftReader } from "../../../core/formats/parquet/thrift.ts";
// Made by arrow_samples.py.
import compressed from "../../plugins/loaders/arrow_samples.json" with { type: "json" };
import { damage } from "../../support/mutate.ts";

/** What is said of damaged copies, numbers left out. */
function refusals(samples: readonly Uint8Array[], read: (bytes: Uint8Array) => void): Set<string> {
  const said = new Set<string>();
  const random = new RandomStream(1, "refusals");
  for (let i = 0; i < 20_000; i++) {
    try {
      read(damage(samples[i % samples.length]!, random));
    } catch (error) {
      assert(error instanceof RangeError, (error as Error).stack);
      said.add(error.message.replaceAll(/-?\d+(?:\.\d+)?(?:e\+\d+)?/g, "#"));
    }
  }
  return said;
}

Deno.test("verifyArrow() says what is wrong with each part of a file", () => {
  const { Float32, Table, tableToIPC, vectorFromArray } = apache;
  const table = new Table({
    x: vectorFromArray([1, 2, 3, 4], new Float32()),
    kind: vectorFromArray(["a", "b", "a", "b"]),
  } as never);
  const samples = (["file", "stream"] as const).map((as) => new Uint8Array(tableToIPC(table, as)));
  for (const sample of samples) verifyArrow(sample);
  const packed = [compressed.lz4, compressed.zstd].map((text) => Uint8Array.fromBase64(text));
  for (const sample of packed) {
    const { bytes, isCompressed } = verifyArrow(sample);
    assert(isCompressed && bytes > 3 * 8 * 10_000, `${bytes}`);
  }
  const said = refusals([...samples, ...packed], verifyArrow);
  for (
    const message of [
      "it is cut off",
      "its footer claims # bytes of the file's #",
      "its footer points to what is no batch",
      "it begins with no schema",
      "a message claims # bytes of the file's #",
      "it has a message of kind #",
      "a message has no header",
      "a batch claims # bytes of the file's #",
      "a dictionary has no batch",
      "a batch claims # rows in # bytes",
      "a column claims # values, # missing, in # bytes",
      "a buffer claims bytes # to # of #",
      "a compressed buffer has # bytes",
      "a compressed buffer claims to hold # bytes",
    ]
  ) {
    assert(said.has(message), `"${message}" is not among ${[...said].join("; ")}`);
  }
});

Deno.test("buffers of Arrow become no more than they say", async () => {
  const decode = new Map<number, (bytes: Uint8Array) => Uint8Array>();
  const registry = {
    set(kind: number, codec: { decode(bytes: Uint8Array): Uint8Array }) {
      decode.set(kind, codec.decode);
    },
  };
  await registerCompression(registry, { file: "a.arrow" });
  const [lz4, zstd] = [decode.get(0)!, decode.get(1)!];
  /** What is compressed, behind the length that it claims. */
  const claim = (packed: Uint8Array, length: number) => {
    const bytes = new Uint8Array(8 + packed.length);
    new DataView(bytes.buffer).setBigInt64(0, BigInt(length), true);
    bytes.set(packed, 8);
    return bytes.subarray(8);
  };
  const zeros = new Uint8Array(1 << 20);
  const bomb = zstdCompressSync(zeros);
  assertEquals(zstd(claim(bomb, zeros.length)), zeros);
  assertThrows(() => zstd(claim(bomb, 32)), RangeError);
  assertThrows(
    () => zstd(claim(bomb, 2 * zeros.length)),
    RangeError,
    "a buffer claims to hold 2097152 bytes and holds 1048576",
  );
  assertEquals(zstd(claim(zstdCompressSync(new Uint8Array(0)), 0)).length, 0);
  assertThrows(
    () => lz4(claim(Uint8Array.of(1, 2, 3), 1 << 20)),
    RangeError,
    "a buffer of 3 bytes claims to hold 1048576",
  );
  // a frame of one block that is stored
  const frame = (head: readonly number[], size: number) =>
    Uint8Array.of(...head, 0x40, 0, ...new Uint8Array(Uint32Array.of(size).buffer), 1, 2, 3);
  const ends = (packed: Uint8Array) => Uint8Array.of(...packed, 0, 0, 0, 0);
  const head = [0x04, 0x22, 0x4d, 0x18, 0x40];
  const stored = 0x80000003;
  assertEquals(lz4(claim(ends(frame(head, stored)), 3)), Uint8Array.of(1, 2, 3));
  for (
    const [packed, length, message] of [
      [ends(frame(head, stored)), 2, "a buffer claims to hold 2 bytes and holds 3"],
      [ends(frame(head, stored)), 4, "a buffer claims to hold 4 bytes and holds 3"],
      [frame(head, 0x80000004), 3, "a frame of LZ4 is cut off"],
      [frame([4, 0x22, 0x4d, 0x18, 0x41], stored), 3, "a frame of LZ4 wants a dictionary"],
      [frame([5, 0x22, 0x4d, 0x18, 0x40], stored), 3, "a frame of LZ4 is none"],
    ] as const
  ) {
    assertThrows(() => lz4(claim(packed, length)), RangeError, message);
  }
});

Deno.test("ThriftReader says what is wrong with a footer", () => {
  const file = new Uint8Array(parquetWriteBuffer({
    columnData: [
      { name: "x", data: [1, 2, 3], type: "FLOAT" },
      { name: "kind", data: ["a", "b", "c"], type: "STRING" },
    ],
  }));
  const length = new DataView(file.buffer).getUint32(file.length - 8, true);
  const footer = file.slice(file.length - 8 - length, file.length - 8);
  const read = (bytes: Uint8Array) =>
    new ThriftReader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)).struct();
  read(footer);
  const said = refusals([footer], read);
  for (
    const message of [
      "it is cut off",
      "a field is of kind #",
      "a list claims # elements in # bytes",
      "a field claims # of # bytes",
      "a number has too many bytes",
    ]
  ) {
    assert(said.has(message), `"${message}" is not among ${[...said].join("; ")}`);
  }
  // structs within structs, and lists within lists
  assertThrows(
    () => read(new Uint8Array(1000).fill(0x1c)),
    RangeError,
    "structs are nested too deeply",
  );
  const lists = new Uint8Array(1000).fill(0x19);
  assertThrows(() => read(lists), RangeError, "lists are nested too deeply");
});

const rules = { levels: { repetition: 0, definition: 0 }, values: 8, isBoolean: false };

/** A data page as it stands in a file. */
function pageOf(
  packed: Uint8Array,
  { length = packed.length, encoding = 0 }: { length?: number; encoding?: number } = {},
): Uint8Array {
  const fields = { 1: 8, 2: encoding, 3: 3, 4: 3 };
  return Uint8Array.from([
    ...thriftBytes({ 1: 0, 2: length, 3: packed.length, 5: fields }),
    ...packed,
    0,
  ]);
}

Deno.test("pages of Parquet inflate to no more than they say", async () => {
  const compressors = await loadCompressors({ file: "a.parquet", what: "Parquet files" });
  const zeros = new Uint8Array(1 << 24);
  const bombs = { ZSTD: zstdCompressSync(zeros), GZIP: gzipSync(zeros) };
  for (const [codec, bomb] of Object.entries(bombs)) {
    const decompress = compressors[codec]!;
    assertEquals(decompress(bomb, zeros.length).length, zeros.length);
    const page = pageOf(bomb, { length: 32 });
    assertThrows(() => checkedPages(page, { ...rules, decompress }), RangeError);
  }
  for (const codec of ["SNAPPY", "LZ4", "LZ4_RAW"]) {
    const page = pageOf(Uint8Array.of(1, 2, 3), { length: 1 << 20 });
    assertThrows(
      () => checkedPages(page, { ...rules, decompress: compressors[codec]! }),
      RangeError,
      "a page of 3 bytes claims to hold 1048576",
    );
  }
});

/** Numbers as differences, in one block of 128 in four parts, each of so many bits. */
function deltas(numbers: readonly number[], width: number): number[] {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
  const zigzag = (value: number) => varint(value < 0 ? -2 * value - 1 : 2 * value);
  const differences = numbers.slice(1).map((value, i) => value - numbers[i]!);
  const least = Math.min(...differences, 0);
  const bits = differences.flatMap((value) =>
    Array.from({ length: width }, (_, bit) => Math.floor((value - least) / 2 ** bit) % 2)
  );
  const bytes = Array.from(
    { length: 32 * width / 8 },
    (_, byte) =>
      [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, i) => sum + ((bits[8 * byte + i] ?? 0) << i), 0),
  );
  return [
    ...varint(128),
    ...varint(4),
    ...varint(numbers.length),
    ...zigzag(numbers[0] ?? 0),
    ...zigzag(least),
    width,
    0,
    0,
    0,
    ...bytes,
  ];
}

Deno.test("sumOfLengths() sums what is written as differences, and stops behind it", () => {
  const numbers = [5, 0, 17, 300, 299, 0, 8, 1];
  const bytes = Uint8Array.from([...deltas(numbers, 10), 99]);
  const cursor = { at: 0 };
  assertEquals(sumOfLengths(bytes, cursor, 8), numbers.reduce((sum, n) => sum + n, 0));
  assertEquals(cursor.at, bytes.length - 1);
  const refuses = (given: readonly number[], message: string) =>
    assertThrows(() => sumOfLengths(Uint8Array.from(given), { at: 0 }, 8), RangeError, message);
  refuses(deltas([...numbers, 1], 10), "a page claims 9 values where there is room for 8");
  refuses(deltas([3, -1], 10), "a page has a length of -1");
  refuses(deltas([0, 300, 301, 400], 10).slice(0, 11), "a page ends within its lengths");
  refuses([0, 4, 1, 0], "a page has blocks of 0 values in 4 parts");
  refuses([...deltas([1, 2], 0).slice(0, 6), 40, 0, 0, 0], "a page has lengths of 40 bits");
});

Deno.test("checkedPages() refuses texts that share more than any page holds", () => {
  const long = 1 << 26;
  const prefixes = deltas([0, long, long, long, long, long, long, long], 27);
  const suffixes = deltas([long, 0, 0, 0, 0, 0, 0, 0], 27);
  const page = pageOf(Uint8Array.from([...prefixes, ...suffixes]), { encoding: 7 });
  assertThrows(
    () => checkedPages(page, { ...rules, decompress: null }),
    RangeError,
    `a page claims ${8 * long} bytes of text`,
  );
});
