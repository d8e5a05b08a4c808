import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { DataError, fileError, writeFileAtomic } from "../../../core/mod.ts";

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "write file " });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name);
}

Deno.test("writeFileAtomic() writes and replaces a file and leaves nothing else", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.bin`;
    for (const length of [0, 5, 3_000_000]) {
      const bytes = new Uint8Array(length).fill(7);
      await writeFileAtomic(path, bytes);
      assertEquals(await Deno.readFile(path), bytes);
      assertEquals(names(folder), ["a.bin"]);
    }
  });
});

Deno.test("writeFileAtomic() writes beside the current folder's files by a bare name", async () => {
  await withFolder(async (folder) => {
    const before = Deno.cwd();
    Deno.chdir(folder);
    try {
      await writeFileAtomic("b.bin", new Uint8Array([1]));
    } finally {
      Deno.chdir(before);
    }
    assertEquals(names(folder), ["b.bin"]);
  });
});

Deno.test("writeFileAtomic() lets no reader see half a file", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.bin`;
    const write = (value: number) => writeFileAtomic(path, new Uint8Array(200_000).fill(value));
    await write(1);
    let writing = true;
    const writes = (async () => {
      for (let value = 2; value < 8; value++) await write(value);
    })().finally(() => writing = false);
    while (writing) {
      const seen = await Deno.readFile(path);
      assertEquals([seen.length, new Set(seen).size], [200_000, 1]);
    }
    await writes;
  });
});

Deno.test("writeFileAtomic() says why a file cannot be written and leaves the old one", async () => {
  await withFolder(async (folder) => {
    const bytes = new Uint8Array([1]);
    const error = await assertRejects(
      () => writeFileAtomic(`${folder}/none/a.bin`, bytes),
      DataError,
      "Cannot write the file: there is no such file or folder",
    );
    assertEquals(error.file, `${folder}/none/a.bin`);
    await writeFileAtomic(`${folder}/a.bin`, bytes);
    await assertRejects(
      () => writeFileAtomic(`${folder}/a.bin/b.bin`, bytes),
      DataError,
      "a part of the path is a file, not a folder",
    );
    await Deno.mkdir(`${folder}/sub`);
    await assertRejects(() => writeFileAtomic(`${folder}/sub`, bytes), DataError, "it is a folder");
    await assertRejects(
      () => writeFileAtomic(`${folder}/${"x".repeat(300)}`, bytes),
      DataError,
      "the name is too long",
    );
    assertEquals(names(folder).toSorted(), ["a.bin", "sub"]);
    assertEquals(await Deno.readFile(`${folder}/a.bin`), bytes);
  });
});

Deno.test({
  name: "writeFileAtomic() leaves the old file when the disk is full",
  // Writing to /dev/full is no atomic write: a small file system of its own is needed.
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  fn: async (t) => {
    await withFolder(async (folder) => {
      const mount = new Deno.Command("mount", {
        args: ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
        stderr: "null",
      });
      const { success } = await mount.output().catch(() => ({ success: false }));
      if (!success) {
        await t.step({ name: "skipped: cannot mount a small file system", ignore: true, fn() {} });
        return;
      }
      try {
        const path = `${folder}/a.bin`;
        await writeFileAtomic(path, new Uint8Array(1000).fill(1));
        await assertRejects(
          () => writeFileAtomic(path, new Uint8Array(200_000)),
          DataError,
          "Cannot write the file: no space is left on the disk",
        );
        assertEquals(names(folder), ["a.bin"]);
        assertEquals((await Deno.readFile(path)).length, 1000);
      } finally {
        await new Deno.Command("umount", { args: [folder] }).output();
      }
    });
  },
});

Deno.test("fileError() speaks of permissions and keeps the cause", () => {
  const denied = new Deno.errors.NotCapable("Requires read access");
  const error = fileError("read", "a.csv", denied);
  assertInstanceOf(error, DataError);
  assertEquals(error.cause, denied);
  assertEquals(
    error.message,
    'Cannot read the file: Deno was started without the permission (file "a.csv")\n' +
      "  hint: run the task, or start Deno with --allow-read and --allow-write",
  );
  const other = fileError("read", "a.csv", new Error("Odd thing (os error 99)"));
  assertEquals(other.message, 'Cannot read the file: Odd thing (file "a.csv")');
});

Deno.test("fileError() says where a file was looked for", () => {
  const missing = Object.assign(new Deno.errors.NotFound("gone"), { code: "ENOENT" });
  const hintOf = (file: string) => fileError("read", file, missing).message.split("hint: ")[1];
  assertEquals(
    hintOf("data/a.csv"),
    `check the path, which is relative to the working folder "${Deno.cwd()}"`,
  );
  assertEquals(hintOf("/data/a.csv"), "check the path");
});

Deno.test("fileError() of a run directory says to choose another, whatever the reason", () => {
  const messageOf = (cause: unknown) =>
    fileError("write the run directory", "/proc/x", cause).message;
  const guarded = new Deno.errors.NotCapable(
    'Requires all access to "/proc/x", run again with the --allow-all flag',
  );
  assertEquals(
    messageOf(guarded),
    'Cannot write the run directory: Deno keeps this place from programs (file "/proc/x")\n' +
      "  hint: choose another with --run",
  );
  assertEquals(
    messageOf(Object.assign(new Error("Permission denied (os error 13)"), { code: "EACCES" })),
    'Cannot write the run directory: permission denied (file "/proc/x")\n' +
      "  hint: check who owns the file and its folder, or choose another with --run",
  );
  assertEquals(
    fileError("read", "/proc/x", guarded).message,
    'Cannot read the file: Deno keeps this place from programs (file "/proc/x")',
  );
});
