import { assert, assertEquals, assertRejects } from "@std/assert";
import { parse } from "@std/csv/parse";
import { DataError, RandomStream } from "../../../core/mod.ts";
import { csvRecords, openRecords, parseDecimal } from "../../../core/formats/mod.ts";

const pieces = [
  "a",
  "1.5",
  ",",
  ",",
  "\n",
  "\r\n",
  "\n\n",
  '"x"',
  '"a,b"',
  '"l\nm"',
  '"q""q"',
  " ",
  "é",
];

/** Text of random fields; quotes stand where CSV has them. */
function randomCsv(random: RandomStream, quoted: boolean): string {
  const known = quoted ? pieces : pieces.filter((piece) => !piece.includes('"'));
  let text = "";
  for (let i = random.below(60); i > 0; i--) {
    const piece = known[random.below(known.length)]!;
    const isField = !/^[,\r\n]/.test(piece);
    text += isField && text !== "" && !/[,\n]$/.test(text) ? `,${piece}` : piece;
  }
  return text;
}

Deno.test("csvRecords() reads text as the parser of @std/csv does, with and without quotes", async () => {
  const random = new RandomStream(3, "csv");
  for (let i = 0; i < 2000; i++) {
    const text = randomCsv(random, i % 2 === 0);
    const { records, lines } = await csvRecords(text, { separator: ",", line: 1, file: "f" });
    assertEquals(records, parse(text), JSON.stringify(text));
    assertEquals(lines.length, records.length, JSON.stringify(text));
  }
});

Deno.test("openRecords() cuts files into whole records, whatever the size of a block", async () => {
  const path = await Deno.makeTempFile();
  const random = new RandomStream(4, "blocks");
  try {
    for (let i = 0; i < 200; i++) {
      const text = randomCsv(random, true);
      await Deno.writeTextFile(path, text);
      const { records, lines } = await csvRecords(text, { separator: ",", line: 1, file: path });
      using file = await openRecords(path, { quoted: true, blockBytes: 1 + random.below(20) });
      const found = { records: [] as unknown[], lines: [] as number[] };
      let joined = "";
      for await (const { bytes, line, begin } of file.blocks()) {
        const part = new TextDecoder().decode(bytes);
        assertEquals(new TextDecoder().decode(await file.read(begin, begin + bytes.length)), part);
        const { records, lines } = await csvRecords(part, { separator: ",", line, file: path });
        found.records.push(...records);
        found.lines.push(...lines);
        joined += part;
      }
      assertEquals(joined, text);
      assertEquals(found, { records, lines } as never, JSON.stringify(text));
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("openRecords() refuses a record without an end, before it fills the memory", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, new Uint8Array(66 << 20).fill(0x61));
    using file = await openRecords(path);
    await assertRejects(
      () => Array.fromAsync(file.blocks()),
      DataError,
      "Cannot read a record of more than 67,108,864 bytes",
    );
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("parseDecimal() gives the double nearest to the text, and NaN for any other", () => {
  const random = new RandomStream(5, "decimals");
  const digits = () => String(random.word()).slice(0, 1 + random.below(9));
  for (let i = 0; i < 20_000; i++) {
    const sign = ["", "-", "+"][random.below(3)];
    const fraction = random.below(2) === 0 ? "" : `.${"0".repeat(random.below(4))}${digits()}`;
    const exponent = random.below(6) === 0 ? `e${random.below(40) - 20}` : "";
    const text = `${sign}${digits()}${fraction}${exponent}`;
    assertEquals(parseDecimal(text), Number(text), text);
  }
  const others = [
    "",
    ".",
    "-",
    "1e",
    "0x1",
    "1 ",
    " 1",
    "1_0",
    "Infinity",
    "1.2.3",
    "1,5",
    "e5",
    "--1",
  ];
  for (const text of others) assertEquals(parseDecimal(text), NaN, text);
  assertEquals([parseDecimal("5."), parseDecimal(".5"), parseDecimal("-0")], [5, 0.5, -0]);
});

Deno.test("csvRecords() reads numbers from bytes as Number reads their text, or leaves them", async () => {
  const random = new RandomStream(6, "plain");
  const characters = ["0", "1", "9", "5", ".", "-", "+", "e", " ", "é"];
  const marked = Uint8Array.of(0xef, 0xbb, 0xbf);
  for (let i = 0; i < 3000; i++) {
    // digits alone make numbers of all lengths, other characters what looks like one
    const known = characters.slice(0, [5, 6, 10][i % 3]);
    const field = () =>
      Array.from({ length: random.below(20) }, () => known[random.below(known.length)]!).join("");
    const separator = [",", "\t", ".", "-", "5"][random.below(5)]!;
    const text = Array.from({ length: 1 + random.below(8) }, () => [field(), field()])
      .map((fields) => fields.join(separator)).join(["\n", "\r\n"][random.below(2)]!);
    const own = new TextEncoder().encode(text);
    const bytes = i % 4 === 0 ? Uint8Array.of(...marked, ...own) : own;
    const { plain, records } = await csvRecords(text, { separator, line: 1, bytes, file: "f" });
    assertEquals(records, parse(text, { separator }), JSON.stringify([text, separator]));
    for (const [record, fields] of records.entries()) {
      assertEquals(plain!.width(record), fields.length);
      for (const [position, field] of fields.entries()) {
        const number = plain!.number(record, position);
        const expected = parseDecimal(field);
        const isLeft = Number.isNaN(number) &&
          (!/^[+-]?[\d.]+$/.test(field) || field.replaceAll(/[+.-]/g, "").length > 15 ||
            /[\d.+-]/.test(separator));
        assert(isLeft || Object.is(number, expected), JSON.stringify([text, field, number]));
        if (!Number.isNaN(expected)) assertEquals(expected, Number(field));
      }
    }
  }
});
