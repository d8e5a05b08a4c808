/**
 * Files on the web: downloaded once, kept, and checked. A download that breaks off goes on where it
 * ended.
 *
 * @module
 */
import { DataError } from "../../errors.ts";
import { formatAmount, formatBytes } from "../../format.ts";
import { fileError } from "../file_error.ts";
import { Sha256, sha256 } from "../sha256.ts";
import { makeOnce } from "./made_once.ts";
import { permissionHint } from "./permission_hint.ts";

/** Where downloads, and what is unpacked of them, are kept, below the working folder. */
export const cacheFolder = ".cache/millrace";

/** Takes what is told of work that takes its time. */
export type Tell = (text: string) => void;

/** A checksum at the end of an address. */
const checksum = /^#sha256=([\da-f]{64})$/i;

/** Times that a download is taken up again after it broke off. */
const attempts = 4;

/**
 * Gives the path of a downloaded file; downloads it when it is not there. The address may end in
 * `#sha256=…`: what does not have that checksum is refused and removed.
 *
 * @param options.folder Where it is kept. Default `.cache/millrace`.
 * @throws {DataError} When the server refuses, the download breaks off again and again, or the checksum
 * is another.
 */
export async function download(
  address: string,
  { folder = cacheFolder, tell }: { readonly folder?: string; readonly tell?: Tell | undefined } =
    {},
): Promise<string> {
  const wanted = checksumOf(address);
  const url = address.replace(/#.*$/, "");
  const name = (new URL(url).pathname.split("/").at(-1) || "file").replaceAll(/[^\w.-]/g, "_");
  // the checksum is part of the name: a file that was checked by it need not be again
  const path = `${folder}/${sha256([address]).slice(0, 16)}-${name}`;
  await makeOnce(path, () => fetchWhole(path, { url, wanted, tell }));
  return path;
}

/** The checksum that an address ends in; `undefined` where it has none. */
function checksumOf(address: string): string | undefined {
  const fragment = /#.*$/.exec(address)?.[0];
  if (fragment === undefined) return undefined;
  const wanted = checksum.exec(fragment)?.[1]?.toLowerCase();
  if (wanted !== undefined) return wanted;
  throw new DataError(
    `Cannot check the download: received "${fragment}", expected "#sha256=" and 64 hexadecimal digits`,
    { file: address, hint: "give the checksum as the author of the file states it, or none" },
  );
}

async function fetchWhole(
  path: string,
  { url, wanted, tell }: {
    readonly url: string;
    readonly wanted: string | undefined;
    readonly tell: Tell | undefined;
  },
): Promise<void> {
  const part = `${path}.part`;
  for (let attempt = 1;; attempt++) {
    try {
      await fetchInto(part, { url, tell });
      break;
    } catch (cause) {
      if (cause instanceof DataError) throw cause;
      if (isOfFiles(cause)) throw fileError("write", part, cause);
      if (attempt === attempts) throw brokenOff(url, cause);
    }
  }
  if (wanted !== undefined) await requireChecksum(part, { url, wanted });
  await Deno.rename(part, path);
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw fileError("read", path, cause);
  }
}

/** Downloads what is still missing of a file. */
async function fetchInto(
  part: string,
  { url, tell }: { readonly url: string; readonly tell: Tell | undefined },
): Promise<void> {
  const validator = `${part}.validator`;
  const have = await sizeOf(part) ?? 0;
  const known = have === 0 ? undefined : await textOf(validator);
  const headers: HeadersInit = known === undefined
    ? {}
    : { range: `bytes=${have}-`, "if-range": known };
  const response = await fetch(url, { headers });
  const goesOn = known !== undefined && response.status === 206 &&
    response.headers.get("content-range")?.startsWith(`bytes ${have}-`) === true;
  if (!response.ok || response.body === null || response.status === 206 && !goesOn) {
    await response.body?.cancel();
    // another range than was asked for: from the beginning, then
    if (response.status === 206 || response.status === 416) {
      await Deno.remove(part);
      throw new Error(`the server answered with another part of the file`);
    }
    throw new DataError(
      `Cannot download the file: the server answered ${response.status} ${response.statusText}`,
      { file: url, hint: "check the address" },
    );
  }
  // a weak validator does not promise the same bytes
  const tag = response.headers.get("etag");
  const date = response.headers.get("last-modified");
  await Deno.writeTextFile(validator, tag !== null && !tag.startsWith("W/") ? tag : date ?? "");
  const isEncoded = response.headers.has("content-encoding");
  const length = isEncoded ? null : response.headers.get("content-length");
  const begin = goesOn ? have : 0;
  using file = await Deno.open(part, { write: true, create: true, truncate: !goesOn });
  await file.seek(begin, Deno.SeekMode.Start);
  const whole = length === null ? NaN : begin + Number(length);
  const progress = new DownloadProgress(url, whole, tell);
  let received = 0;
  for await (const chunk of response.body) {
    for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    received += chunk.length;
    progress.at(begin + received);
  }
  if (length !== null && received !== Number(length)) {
    throw new Error(`received ${formatAmount(received, "byte")}, expected ${length}`);
  }
  await file.sync();
  await Deno.remove(validator);
}

/** Tells of a download as it begins, and every few seconds. */
class DownloadProgress {
  #told = performance.now();

  constructor(readonly url: string, readonly whole: number, readonly tell: Tell | undefined) {
    tell?.(`Downloading ${url}` + (Number.isNaN(whole) ? "" : `, ${formatBytes(whole)}`));
  }

  at(received: number): void {
    const now = performance.now();
    if (now - this.#told < 3000) return;
    this.#told = now;
    this.tell?.(
      `Downloaded ${formatBytes(received)}` +
        (Number.isNaN(this.whole) ? "" : ` of ${formatBytes(this.whole)}`),
    );
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim() || undefined;
  } catch {
    // the part is of an older download: it begins anew
    return undefined;
  }
}

/** Whether the disk is to blame, not the network. */
function isOfFiles(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause &&
    ["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EIO"].includes(String(cause.code));
}

function brokenOff(url: string, cause: unknown): DataError {
  const isForbidden = cause instanceof Deno.errors.NotCapable;
  const deepest = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return new DataError(
    `Cannot download the file: ${
      isForbidden
        ? "Deno was started without the permission"
        : deepest instanceof Error
        ? deepest.message
        : String(deepest)
    }`,
    {
      file: url,
      cause,
      hint: isForbidden
        ? `${permissionHint(`--allow-net=${new URL(url).host}`)}; once: the file is then kept`
        : "connect to the network and start again: the download goes on where it ended; " +
          "or fetch the file by other means, and give its path in place of the address",
    },
  );
}

async function requireChecksum(
  part: string,
  { url, wanted }: { readonly url: string; readonly wanted: string },
): Promise<void> {
  const hash = new Sha256();
  {
    using file = await Deno.open(part);
    for await (const chunk of file.readable) hash.update(chunk);
  }
  const found = hash.hex();
  if (found === wanted) return;
  await Deno.remove(part);
  throw new DataError(
    `Cannot use the downloaded file: its SHA-256 is ${found}, expected ${wanted}`,
    { file: url, hint: "the file on the server is another: check the address and the checksum" },
  );
}
