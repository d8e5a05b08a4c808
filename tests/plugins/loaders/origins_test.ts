import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeNpy, hostTensor, sha256 } from "@millrace/millrace";
import { encode as encodePng } from "npm:fast-png@8.0.0";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import samples from "../../core/formats/npy_samples.json" with { type: "json" };
import { gzip, tarOf } from "../../support/tar.ts";
import { wavFile } from "../../support/wav.ts";

const png = (value: number) =>
  new Uint8Array(encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(value) }));

async function npz(): Promise<Uint8Array> {
  const packed = new Blob([Uint8Array.fromBase64(samples.samples["npz compressed"])]);
  return await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).bytes();
}

const contents: Readonly<Record<string, Uint8Array | string>> = {
  "a.csv": "x\n1\n2\n",
  "b.jsonl": '{"x": 1}\n{"x": 2}\n',
  "c.txt": "a\nb\n",
  "e.csv": "text,label\na,no\nb,yes\n",
  "texts/no/a.txt": "a",
  "texts/yes/b.txt": "b",
  "d.parquet": new Uint8Array(
    parquetWriteBuffer({ columnData: [{ name: "x", data: [1, 2], type: "DOUBLE" }] }),
  ),
  "x.npy": encodeNpy(hostTensor([1, 2], { shape: [2, 1] })),
  "images-idx3": Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 1, 2),
  "labels-idx1": Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 0, 1),
  "images/cat/a.png": png(1),
  "images/dog/b.png": png(2),
  "sounds/c.wav": wavFile([0.5]),
};

/** Each loader, of files in an archive. */
const program = (
  { support, millrace, archive, arrays, plain }: {
    readonly support: string;
    readonly millrace: string;
    readonly archive: string;
    readonly arrays: string;
    /** Files that are in no archive. */
    readonly plain: { readonly table: string; readonly text: string };
  },
) => `
import { rowsOf } from ${JSON.stringify(support)};
import { characters, csv, idx, imageFolder, jsonLines, labelledTexts, npy, parquet, soundFolder, textLines } from ${
  JSON.stringify(millrace)
};
const at = (name: string) => ${JSON.stringify(archive)} + "!/" + name;
const features = ["x"];
console.log(JSON.stringify({
  csv: await rowsOf(csv({ path: at("a.csv"), features })),
  jsonLines: await rowsOf(jsonLines({ path: at("b.jsonl"), features })),
  textLines: await rowsOf(textLines({ path: at("c.txt"), bytes: 1 })),
  characters: await rowsOf(characters({ path: at("c.txt"), length: 1 })),
  labelledTable: await rowsOf(labelledTexts({ path: at("e.csv"), classes: ["no", "yes"], length: 1 })),
  labelledFolder: await rowsOf(labelledTexts({ path: at("texts"), classes: ["no", "yes"], length: 1 })),
  plainTable: await rowsOf(labelledTexts({ path: ${
  JSON.stringify(plain.table)
}, classes: ["no", "yes"], length: 1 })),
  plainText: await rowsOf(characters({ path: ${JSON.stringify(plain.text)}, length: 1 })),
  parquet: await rowsOf(parquet({ path: at("d.parquet"), features })),
  npy: await rowsOf(npy({ x: { file: at("x.npy"), shape: [1] } })),
  npz: await rowsOf(npy({ y: { file: ${JSON.stringify(arrays)} + "#y", classes: 3 } })),
  idx: await rowsOf(idx({ images: at("images-idx3"), labels: at("labels-idx1"), shape: [1], classes: 2 })),
  imageFolder: await rowsOf(imageFolder({ folder: at("images"), height: 1, width: 1, channels: 1, classes: ["cat", "dog"] })),
  soundFolder: await rowsOf(soundFolder({ folder: at("sounds"), samples: 1, sampleRate: 8000 })),
}));
`;

Deno.test("loaders read files in an archive on the web, checked by its checksum", async () => {
  const archive = await gzip(
    tarOf(Object.entries(contents).map(([name, data]) => ({ name, data }))),
  );
  const arrays = await npz();
  const requests: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    requests.push(pathname);
    const plain = contents[pathname.slice(1)];
    if (typeof plain === "string") return new Response(plain);
    return new Response(pathname.endsWith(".npz") ? arrays.slice() : archive);
  });
  const folder = await Deno.makeTempDir();
  try {
    const url = `http://127.0.0.1:${server.addr.port}`;
    await Deno.writeTextFile(
      `${folder}/program.ts`,
      program({
        support: new URL("../../support/loaders.ts", import.meta.url).href,
        millrace: new URL("../../../mod.ts", import.meta.url).href,
        archive: `${url}/all.tar.gz#sha256=${sha256([archive])}`,
        arrays: `${url}/a.npz#sha256=${sha256([arrays])}`,
        plain: {
          table: `${url}/e.csv#sha256=${sha256([contents["e.csv"]!])}`,
          text: `${url}/c.txt`,
        },
      }),
    );
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `--config=${Deno.cwd()}/deno.json`, "program.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const rows = JSON.parse(new TextDecoder().decode(stdout));
    const x = { features: [1, 2] };
    const texts = { text: [97, 98], label: [0, 1] };
    assertEquals(rows, {
      csv: x,
      jsonLines: x,
      textLines: { line: [97, 98] },
      characters: { window: [1, 0, 2], following: [0, 2, 0], next: [0, 2, 0] },
      labelledTable: texts,
      labelledFolder: texts,
      plainTable: texts,
      plainText: { window: [1, 0, 2], following: [0, 2, 0], next: [0, 2, 0] },
      parquet: x,
      npy: { x: [1, 2] },
      npz: { y: [2, 0] },
      idx: { image: [1, 2], label: [0, 1] },
      imageFolder: { image: [1, 2], label: [0, 1] },
      soundFolder: { sound: [0.5], length: [1] },
    });
    assertEquals(requests, ["/all.tar.gz", "/e.csv", "/c.txt", "/a.npz"]);
    assertStringIncludes(
      (await Array.fromAsync(Deno.readDir(`${folder}/.cache/millrace`)))
        .map(({ name }) => name).join(" "),
      "all.tar.gz.files",
    );
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});
