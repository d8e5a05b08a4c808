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
const program = (support: string, millrace: string, archive: string, arrays: string) => `
import { rowsOf } from ${JSON.stringify(support)};
import { csv, idx, imageFolder, jsonLines, npy, parquet, soundFolder, textLines } from ${
  JSON.stringify(millrace)
};
const at = (name: string) => ${JSON.stringify(archive)} + "!/" + name;
const features = ["x"];
console.log(JSON.stringify({
  csv: await rowsOf(csv({ path: at("a.csv"), features })),
  jsonLines: await rowsOf(jsonLines({ path: at("b.jsonl"), features })),
  textLines: await rowsOf(textLines({ path: at("c.txt"), bytes: 1 })),
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
    return new Response(pathname.endsWith(".npz") ? arrays.slice() : archive);
  });
  const folder = await Deno.makeTempDir();
  try {
    const url = `http://127.0.0.1:${server.addr.port}`;
    await Deno.writeTextFile(
      `${folder}/program.ts`,
      program(
        new URL("../../support/loaders.ts", import.meta.url).href,
        new URL("../../../mod.ts", import.meta.url).href,
        `${url}/all.tar.gz#sha256=${sha256([archive])}`,
        `${url}/a.npz#sha256=${sha256([arrays])}`,
      ),
    );
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", `--config=${Deno.cwd()}/deno.json`, "program.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const rows = JSON.parse(new TextDecoder().decode(stdout));
    const x = { features: [1, 2] };
    assertEquals(rows, {
      csv: x,
      jsonLines: x,
      textLines: { line: [97, 98] },
      parquet: x,
      npy: { x: [1, 2] },
      npz: { y: [2, 0] },
      idx: { image: [1, 2], label: [0, 1] },
      imageFolder: { image: [1, 2], label: [0, 1] },
      soundFolder: { sound: [0.5], length: [1] },
    });
    assertEquals(requests, ["/all.tar.gz", "/a.npz"]);
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
