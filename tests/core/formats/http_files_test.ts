import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DataError, sha256 } from "@millrace/millrace";
import { download } from "../../../core/formats/origin/http_files.ts";

const content = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);

interface Served {
  readonly url: string;
  readonly ranges: (string | null)[];
}

/** A server whose first answers break off, and a folder for what is downloaded. */
async function withServer(
  { breaks = 0, etag = '"1"', status }: {
    readonly breaks?: number;
    readonly etag?: string;
    readonly status?: number;
  },
  use: (served: Served, folder: string) => Promise<void>,
): Promise<void> {
  const ranges: (string | null)[] = [];
  let left = breaks;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const range = request.headers.get("range");
    ranges.push(range);
    if (status !== undefined) return new Response("no", { status });
    const begin = range === null || request.headers.get("if-range") !== etag
      ? 0
      : Number(/bytes=(\d+)-/.exec(range)![1]);
    const rest = content.subarray(begin);
    const isBroken = left-- > 0;
    const body = isBroken
      ? new ReadableStream({
        async start(controller) {
          controller.enqueue(rest.slice(0, 40_000));
          await new Promise((resolve) => setTimeout(resolve, 100));
          controller.error(new Error("broken"));
        },
      })
      : rest.slice();
    return new Response(body, {
      status: begin > 0 ? 206 : 200,
      headers: {
        etag,
        ...(begin > 0
          ? { "content-range": `bytes ${begin}-${content.length - 1}/${content.length}` }
          : {}),
        ...(isBroken ? { "content-length": String(rest.length) } : {}),
      },
    });
  });
  const folder = await Deno.makeTempDir();
  try {
    await use({ url: `http://127.0.0.1:${server.addr.port}/a b/data.csv`, ranges }, folder);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("download() fetches a file once, and keeps it", async () => {
  await withServer({}, async ({ url, ranges }, folder) => {
    const path = await download(url, { folder });
    assertStringIncludes(path, "data.csv");
    assertEquals(await Deno.readFile(path), content);
    assertEquals(await download(url, { folder }), path);
    assertEquals(ranges, [null]);
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    assertEquals(names.length, 1);
  });
});

Deno.test("download() fetches a file once for several that ask at a time, broken off or not", async () => {
  await withServer({ breaks: 1 }, async ({ url, ranges }, folder) => {
    const paths = await Promise.all([1, 2, 3].map(() => download(url, { folder })));
    assertEquals([new Set(paths).size, ranges.length], [1, 2]);
    assertEquals(await Deno.readFile(paths[0]!), content);
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 1);
  });
});

Deno.test("download() goes on where a download broke off", async () => {
  await withServer({ breaks: 2 }, async ({ url, ranges }, folder) => {
    assertEquals(await Deno.readFile(await download(url, { folder })), content);
    assertEquals(ranges, [null, "bytes=40000-", "bytes=80000-"]);
  });
});

Deno.test("download() begins anew where the server cannot say that the file is the same", async () => {
  await withServer({ breaks: 1, etag: 'W/"1"' }, async ({ url, ranges }, folder) => {
    assertEquals(await Deno.readFile(await download(url, { folder })), content);
    assertEquals(ranges, [null, null]);
  });
});

Deno.test("download() checks what it is told to, and removes what is another file", async () => {
  await withServer({}, async ({ url }, folder) => {
    const good = `${url}#sha256=${sha256([content])}`;
    assertEquals(await Deno.readFile(await download(good, { folder })), content);
    const error = await assertRejects(
      () => download(`${url}#sha256=${"0".repeat(64)}`, { folder }),
      DataError,
    );
    assertStringIncludes(error.message, `its SHA-256 is ${sha256([content])}, expected 000`);
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 1);
  });
});

Deno.test("download() refuses a checksum that is none, and asks no server", async () => {
  await withServer({}, async ({ url, ranges }, folder) => {
    for (const fragment of ["#sha256=abc", "#sha265=00", "#md5=00", `#sha256=${"0".repeat(65)}`]) {
      await assertRejects(
        () => download(url + fragment, { folder }),
        DataError,
        `Cannot check the download: received "${fragment}", expected "#sha256=" and 64 hexadecimal`,
      );
    }
    assertEquals(ranges, []);
  });
});

Deno.test({
  name: "download() blames the disk where that is full",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withServer({}, async ({ url }, folder) => {
      const path = await download(url, { folder });
      await Deno.rename(path, `${folder}/other`);
      await Deno.symlink("/dev/full", `${path}.part`);
      await assertRejects(
        () => download(url, { folder }),
        DataError,
        "Cannot write the file: no space is left on the disk",
      );
    });
  },
});

Deno.test("download() tells what the server answered, and gives up in the end", async () => {
  await withServer({ status: 404 }, async ({ url, ranges }, folder) => {
    await assertRejects(
      () => download(url, { folder }),
      DataError,
      "Cannot download the file: the server answered 404 Not Found",
    );
    assertEquals(ranges.length, 1);
  });
  await withServer({ breaks: 99 }, async ({ url, ranges }, folder) => {
    await assertRejects(
      () => download(url, { folder }),
      DataError,
      "goes on where it ended; or fetch the file by other means, and give its path",
    );
    assertEquals(ranges.length, 4);
  });
});
