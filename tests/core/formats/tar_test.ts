import { assertEquals, assertRejects } from "@std/assert";
import { DataError, readTar } from "../../../core/mod.ts";
import { assertSurvivesDamageAsync } from "../../support/mutate.ts";
import { tarOf } from "../../support/tar.ts";

/**
 * A folder, a file "one", 600 bytes under a name of 128 letters, an empty file "ü.txt", and a link: written by
 * Python's tarfile in the formats GNU and pax, compressed by gzip.
 */
const samples = {
  gnu:
    "H4sIAAAAAAACA+3XTQrCMBAF4DlKTtA06TTdeoBeomgRUVoxET2cOy9mdOEiFKTCtErfV0K6f8xPfBs0Ccsjx/y6o/Qe+HdclaRK" +
    "msDZh+akFC2Uj/k3WbiGWfMvkvwrLi2pHPmL67uWYLkynelV3XfbetftBet/oO7fNW9zk9Z/xY5UjfqfpP8fYvxzHOGxAz+S/4f5b0yR7H+F" +
    "dc/9D/Nf3hVAADrr//T/+012Eo9+/5v4of9PN//lVv8v8zdsmZTVbVjrY+P9ZYP8AQAAAAAAAAAAAMZ5AIwGj5sAKAAA",
  pax:
    "H4sIAAAAAAACA+3YzYrCMBQF4Lv2KfIETfPXzizEWbr0FYINo8xQpYlMH87dvNikLhSL4CDECD0flIZuuric3kO9C5wSK6NK69M9Gt9v" +
    "nCujDDFDT3DwwXbxlTRNPs7fFqEPWeevRvOvjZDESsw/uV3rCKar4AX/WNl+6WzjunT5v5H7c+ZlDPtV/kV8VBLrkf/khHpjexs282ERfO/a" +
    "zxzXsH9myGKu/Z96vHf2vxBq1P+UrIf+h/2fXg+QAL6s6H//7X+lVOh/ufrf+6X+/R5RxKbY/xbZ//+Mz7XW6H/P6//b9oteaf5C6EoTk9yF" +
    "Nd9b738azB8AAAAAAAAA4DF/zTg22wAoAAA=",
};

/** Bytes in pieces that end at no block. */
async function* pieces(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function entriesOf(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly name: string; readonly isFile: boolean; readonly text: string }[]> {
  const entries = [];
  for await (const { name, isFile, bytes, content } of readTar(chunks, "a.tar")) {
    let text = "";
    for await (const part of content) text += new TextDecoder().decode(part);
    assertEquals(text.length, bytes);
    entries.push({ name, isFile, text });
  }
  return entries;
}

const long = `set/${"long".repeat(30)}.txt`;

for (const [format, base64] of Object.entries(samples)) {
  Deno.test(`readTar() reads the format ${format}, long and foreign names included`, async () => {
    const stream = new Blob([Uint8Array.fromBase64(base64)]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    assertEquals(
      await entriesOf(stream),
      [
        { name: "set/", isFile: false, text: "" },
        { name: "set/a.txt", isFile: true, text: "one" },
        { name: long, isFile: true, text: "x".repeat(600) },
        { name: "set/ü.txt", isFile: true, text: "" },
        { name: "set/link", isFile: false, text: "" },
      ],
    );
  });
}

Deno.test("readTar() passes over what is not read of an entry", async () => {
  const archive = tarOf([{ name: "a", data: "a".repeat(5000) }, { name: "b", data: "bb" }]);
  const names = [];
  for await (const { name } of readTar(pieces(archive), "a.tar")) names.push(name);
  assertEquals(names, ["a", "b"]);
});

Deno.test("readTar() says what is wrong with an archive", async () => {
  const refusal = async (bytes: Uint8Array) =>
    (await assertRejects(() => entriesOf(pieces(bytes)), DataError)).message.split("\n")[0];
  const good = tarOf([{ name: "a", data: "abc" }]);
  const read = "Cannot read the tar archive: ";
  assertEquals(
    await refusal(good.with(3, 66)),
    `${read}a header does not have its checksum (file "a.tar")`,
  );
  assertEquals(
    await refusal(good.subarray(0, 514)),
    `${read}it ends within an entry (file "a.tar")`,
  );
  assertEquals(
    await refusal(good.subarray(0, 100)),
    `${read}it ends within an entry (file "a.tar")`,
  );
  assertEquals(await refusal(new Uint8Array(0)), `${read}it holds nothing (file "a.tar")`);
  assertEquals(await refusal(new Uint8Array(1024)), `${read}it holds nothing (file "a.tar")`);
  assertEquals(
    await refusal(tarOf([{ name: "a", kind: "L", claims: 2 ** 30 }])),
    `${read}a record about an entry has 1,073,741,824 bytes (file "a.tar")`,
  );
  assertEquals(
    await refusal(tarOf([{ name: "a", claims: 8 ** 11 - 1 }])),
    `${read}it ends within an entry (file "a.tar")`,
  );
});

Deno.test("readTar() survives damaged archives", async () => {
  const sample = tarOf([
    { name: "././@LongLink", kind: "L", data: `${long}\0` },
    { name: "short", data: "abc" },
    { name: "pax", kind: "x", data: "12 path=b/c\n9 size=4\n" },
    { name: "b", data: "bbbb" },
    { name: "folder", kind: "5" },
  ]);
  await assertSurvivesDamageAsync([sample], async (bytes) => {
    for await (const { content } of readTar(pieces(bytes), "copy")) {
      for await (const _ of content);
    }
  });
});
