import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { DataError, sha256 } from "@millrace/millrace";
import { archivedFile, unpack } from "../../../core/formats/origin/archive_files.ts";
import { withFiles } from "../../support/loaders.ts";
import { gzip, type TarFile, tarOf } from "../../support/tar.ts";
import { zipOf } from "../../support/zip.ts";

const files: readonly TarFile[] = [
  { name: "set/", kind: "5" },
  { name: "set/a.csv", data: "x\n1\n" },
  { name: "./set/inner/b.csv", data: "x\n2\n" },
  { name: "set/link", kind: "2" },
];

/** A ZIP archive with one stored file. */
const zip = zipOf({ "set/a.csv": "x\n1\n" });

Deno.test("archivedFile() takes the path of a file in an archive apart", () => {
  assertEquals(archivedFile("https://a.org/b.tar.gz#sha256=00!/c/d.csv"), {
    archive: "https://a.org/b.tar.gz#sha256=00",
    entry: "c/d.csv",
  });
  assertEquals(archivedFile("data/b.ZIP!/c.csv"), { archive: "data/b.ZIP", entry: "c.csv" });
  assertEquals(archivedFile("data/wow!/c.csv"), undefined);
  assertEquals(archivedFile("data/b.zip"), undefined);
});

Deno.test("unpack() unpacks an archive once, links left out", async () => {
  const given = { "a.tar.gz": await gzip(tarOf(files)), "a.tar": tarOf(files), "a.zip": zip };
  await withFiles(given, async (folder) => {
    for (const name of Object.keys(given)) {
      const told: string[] = [];
      const options = { folder: `${folder}/cache`, tell: (text: string) => told.push(text) };
      const archive = `${folder}/${name}`;
      const path = await unpack({ archive, entry: "set/a.csv" }, options);
      assertEquals(await Deno.readTextFile(path), "x\n1\n");
      assertEquals(await unpack({ archive, entry: "set/a.csv" }, options), path);
      assertEquals(told, [`Unpacking ${name}`]);
      if (name.endsWith(".zip")) continue;
      const second = await unpack({ archive, entry: "set/inner/b.csv" }, options);
      await assertRejects(
        () => unpack({ archive, entry: "set/none.csv" }, options),
        DataError,
        'Cannot find "set/none.csv" in the archive',
      );
      assertEquals(await Deno.readTextFile(second), "x\n2\n");
      assertEquals(told.length, 1);
    }
  });
});

Deno.test("unpack() unpacks once for several that ask at a time", async () => {
  await withFiles({ "a.tar": tarOf(files) }, async (folder) => {
    const told: string[] = [];
    const ask = () =>
      unpack({ archive: `${folder}/a.tar`, entry: "set/a.csv" }, {
        folder: `${folder}/cache`,
        tell: (text) => told.push(text),
      });
    const paths = await Promise.all([ask(), ask(), ask()]);
    assertEquals(new Set(paths).size, 1);
    assertEquals(told, ["Unpacking a.tar"]);
    const left = await Array.fromAsync(Deno.readDir(`${folder}/cache`));
    assertEquals(left.length, 1);
  });
});

Deno.test("unpack() gives folders of an archive", async () => {
  await withFiles({ "a.tar": tarOf(files), "a.zip": zip }, async (folder) => {
    for (
      const [name, names] of Object.entries({ "a.tar": ["a.csv", "inner"], "a.zip": ["a.csv"] })
    ) {
      const options = { folder: `${folder}/cache` };
      const path = await unpack({ archive: `${folder}/${name}`, entry: "set/" }, options);
      const found = await Array.fromAsync(Deno.readDir(path));
      assertEquals(found.map(({ name }) => name).sort(), names);
    }
  });
});

Deno.test("unpack() refuses a ZIP archive whose files lie over each other", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `${i}.csv`);
  const hostile = zipOf(Object.fromEntries(names.map((name) => [name, "x"])));
  const view = new DataView(hostile.buffer);
  // each entry of the directory claims as many bytes as the whole archive has
  for (let at = 0; at + 46 <= hostile.length; at++) {
    if (view.getUint32(at, true) !== 0x02014b50) continue;
    view.setUint32(at + 20, hostile.length, true);
    view.setUint32(at + 24, hostile.length, true);
  }
  assertStringIncludes(
    await refusal(hostile, "a.zip"),
    "Cannot unpack the archive: its files take more bytes than it has",
  );
});

Deno.test("unpack() unpacks anew what has changed", async () => {
  await withFiles({ "a.tar": tarOf(files) }, async (folder) => {
    const [archive, entry] = [`${folder}/a.tar`, "set/a.csv"];
    await unpack({ archive, entry }, { folder });
    await Deno.writeFile(archive, tarOf([{ name: entry, data: "x\n10\n" }]));
    const path = await unpack({ archive, entry }, { folder });
    assertEquals(await Deno.readTextFile(path), "x\n10\n");
  });
});

/** What unpacking says; nothing may be left behind. */
async function refusal(archive: Uint8Array, name = "a.tar", entry = "set/a.csv"): Promise<string> {
  let message = "";
  await withFiles({ [name]: archive }, async (folder) => {
    const cache = `${folder}/cache`;
    const error = await assertRejects(
      () => unpack({ archive: `${folder}/${name}`, entry }, { folder: cache }),
      DataError,
    );
    message = error.message.replaceAll(`${folder}/`, "");
    const left = await Array.fromAsync(Deno.readDir(cache)).catch(() => []);
    assertEquals(left, []);
    assertEquals(
      (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort(),
      [
        ...new Set([name, ...await hasFolder(cache) ? ["cache"] : []]),
      ].sort(),
    );
  });
  return message;
}

async function hasFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("unpack() refuses archives that would fill the disk, before it writes what they hold", async () => {
  const bomb = [...files, { name: "set/b.csv", claims: 8 ** 10 }];
  assertStringIncludes(
    await refusal(tarOf(bomb)),
    "Cannot unpack the archive: its 4.61 kB hold more than 1.07 GB",
  );
  const claims = zipOf({ "set/a.csv": new Uint8Array(1 << 22) });
  const view = new DataView(claims.buffer);
  const directory = view.getUint32(claims.length - 6, true);
  // deflated, and what it holds, as the directory says
  view.setUint16(directory + 10, 8, true);
  view.setUint32(directory + 24, 2 ** 31, true);
  assertStringIncludes(
    await refusal(claims, "a.zip"),
    'hold more than 1.07 GB (file "a.zip")\n  hint: do not use this archive if you do not know it',
  );
});

Deno.test("archivedFile() says which archives are read", () => {
  for (const name of ["a.tar.xz", "a.tar.bz2", "a.7z", "https://a.org/a.tar.zst#sha256=0"]) {
    assertThrows(
      () => archivedFile(`${name}!/a.csv`),
      DataError,
      "Cannot read the archive: expected .zip, .tar, .tar.gz or .tgz",
    );
  }
});

Deno.test("unpack() refuses names outside of the archive's own folder, and leaves nothing", async () => {
  for (
    const name of ["../a.csv", "/etc/a.csv", "set/../../a.csv", "set\\..\\..\\a.csv", "C:a.csv"]
  ) {
    assertStringIncludes(
      await refusal(tarOf([{ name, data: "x" }])),
      `Cannot unpack ${JSON.stringify(name)}: expected a name within the archive's own folder`,
    );
  }
  assertStringIncludes(
    await refusal(zipOf({ "a\0.csv": "x" }), "a.zip"),
    'Cannot unpack "a\\u0000.csv": expected',
  );
});

Deno.test("unpack() refuses archives that are torn or lack the file, and leaves nothing", async () => {
  const whole = await gzip(tarOf(files));
  assertStringIncludes(
    await refusal(whole.subarray(0, 100), "a.tar.gz"),
    "Cannot read the archive: its compressed data is damaged",
  );
  assertStringIncludes(
    await refusal(tarOf(files).subarray(0, 1030)),
    "Cannot read the tar archive: it ends within an entry",
  );
  assertEquals(
    await refusal(whole, "a.tar.gz", "set/a.tsv"),
    'Cannot find "set/a.tsv" in the archive (file "a.tar.gz")\n  hint: did you mean "set/a.csv"?',
  );
  assertEquals(
    await refusal(zip, "a.zip", "other.parquet"),
    'Cannot find "other.parquet" in the archive (file "a.zip")\n  hint: it has 1 file: set/a.csv',
  );
  assertStringIncludes(await refusal(new Uint8Array(3), "a.zip"), "Cannot read the ZIP archive");
});

/** Trains one epoch with a pipeline in a folder, with some permissions more than the task has. */
async function trainIn(
  folder: string,
  { pipeline, set, permissions }: {
    readonly pipeline: string;
    readonly set: string;
    readonly permissions: readonly string[];
  },
) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-write", "--allow-sys", ...permissions],
      ...[`--config=${Deno.cwd()}/deno.json`, `${Deno.cwd()}/core/cli/main.ts`, "train"],
      ...[`${Deno.cwd()}/pipelines/${pipeline}`, "--epochs=1", "--json", "--set", set],
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("train() downloads the ratings of recommender in their archive, once", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 5},${i % 8},${1 + i % 5}\n`).join("");
  const archive = zipOf({
    "ml/README.txt": "about",
    "ml/ratings.csv": `userId,movieId,rating\n${rows}`,
  });
  let requests = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    requests++;
    return new Response(archive);
  });
  const folder = await Deno.makeTempDir();
  try {
    const address = `http://127.0.0.1:${server.addr.port}/ml.zip#sha256=${sha256([archive])}`;
    const train = (...permissions: string[]) =>
      trainIn(folder, {
        pipeline: "recommender.ts",
        set: `ratings.path=${address}!/ml/ratings.csv`,
        permissions,
      });
    const first = await train("--allow-net=127.0.0.1");
    assertEquals(first.code, 0, first.stderr);
    assertStringIncludes(first.stderr, "Unpacking");
    assertEquals(JSON.parse(first.stdout).steps, 1);
    assertEquals([(await train()).code, requests], [0, 1]);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("train() downloads cifar10 and unpacks it, once", async () => {
  const record = (label: number) =>
    Uint8Array.from({ length: 3073 }, (_, i) => i === 0 ? label : i & 255);
  const names = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);
  const archive = await gzip(tarOf(
    [...names, "test_batch.bin"].map((name, i) => ({ name: `cifar/${name}`, data: record(i) })),
  ));
  let requests = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    requests++;
    return new Response(archive);
  });
  const folder = await Deno.makeTempDir();
  try {
    const run = async (checksum: string, permissions: readonly string[]) => {
      const address = `http://127.0.0.1:${server.addr.port}/cifar.tar.gz#sha256=${checksum}`;
      return await trainIn(folder, {
        pipeline: "cifar10.ts",
        set: `photographs.folder=${address}!/cifar`,
        permissions,
      });
    };
    const good = sha256([archive]);
    const refused = await run(good, []);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "hint: start Deno with --allow-net=127.0.0.1");
    const net = [`--allow-net=127.0.0.1:${server.addr.port}`];
    const wrong = await run("0".repeat(64), net);
    assertStringIncludes(wrong.stderr, "Cannot use the downloaded file: its SHA-256 is");
    const first = await run(good, net);
    assertEquals(first.code, 0, first.stderr);
    assertStringIncludes(first.stderr, "Downloading http://127.0.0.1");
    assertStringIncludes(first.stderr, "Unpacking");
    assertEquals(JSON.parse(first.stdout).steps, 1);
    const second = await run(good, []);
    assertEquals([second.code, requests], [0, 2]);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});
