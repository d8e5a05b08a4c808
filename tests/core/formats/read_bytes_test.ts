import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DataError, fileName, readBytes } from "@millrace/millrace";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "read bytes " });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readBytes() gives a file's bytes, and the path as messages name it", async () => {
  await withFolder(async (folder) => {
    for (const length of [0, 1, 65536, 3_000_001]) {
      const path = `${folder}/${length} % #.bin`;
      const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
      await Deno.writeFile(path, bytes);
      assertEquals(await readBytes(path), { bytes, file: path });
      const url = new URL(`file://${folder}/${encodeURIComponent(`${length} % #.bin`)}`);
      assertEquals(await readBytes(url), { bytes, file: path });
    }
  });
});

Deno.test("readBytes() says what keeps a file from being read", async () => {
  await withFolder(async (folder) => {
    await assertRejects(() => readBytes(`${folder}/none`), DataError, "there is no such file");
    await assertRejects(() => readBytes(folder), DataError, "it is a folder");
  });
});

Deno.test({
  name: "readBytes() reads a pipe to its end, whose size nobody knows",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withFolder(async (folder) => {
      const path = `${folder}/pipe`;
      await new Deno.Command("mkfifo", { args: [path] }).output();
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i * 11);
      const written = Deno.writeFile(path, bytes);
      assertEquals((await readBytes(path)).bytes, bytes);
      await written;
    });
  },
});

Deno.test({
  name: "readBytes() takes no more memory than the file is long",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const megabytes = 64;
    await withFolder(async (folder) => {
      await Deno.writeFile(`${folder}/data`, new Uint8Array(megabytes << 20).fill(1));
      const formats = new URL("../../../core/formats/mod.ts", import.meta.url).href;
      await Deno.writeTextFile(
        `${folder}/main.ts`,
        `import { readBytes } from ${JSON.stringify(formats)};
         const peak = () =>
           Number(/VmHWM:\\s+(\\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))[1]) / 1024;
         const before = peak();
         const { bytes } = await readBytes(Deno.args[0]);
         console.log(peak() - before, bytes.length);`,
      );
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--config=deno.json", `${folder}/main.ts`].concat(
          `${folder}/data`,
        ),
        cwd: new URL("../../../", import.meta.url),
      }).output();
      const [grown, length] = new TextDecoder().decode(stdout).split(" ").map(Number);
      assertEquals(length, megabytes << 20, new TextDecoder().decode(stderr));
      assert(grown! < 1.25 * megabytes, `${grown} MiB for a file of ${megabytes} MiB`);
    });
  },
});

Deno.test("fileName() refuses what is no file, and leaves a percent sign that is no code", () => {
  assertEquals(fileName(new URL("file:///a%20b/100%.csv")), "/a b/100%.csv");
  assertEquals(fileName("data/a%20b.csv"), "data/a%20b.csv");
  assertThrows(() => fileName(new URL("https://example.org/a.csv")), DataError, '"https:"');
});
