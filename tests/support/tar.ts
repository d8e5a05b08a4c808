/**
 * Small tar archives for tests.
 *
 * @module
 */

/** An entry to be. */
export interface TarFile {
  readonly name: string;
  readonly data?: Uint8Array | string;
  /** Kind of entry; `"0"`, a file, when absent. */
  readonly kind?: string;
  /** What the header says of its size, where that is not true. */
  readonly claims?: number;
}

/** Writes an archive. */
export function tarOf(files: readonly TarFile[]): Uint8Array<ArrayBuffer> {
  const blocks = files.flatMap(({ name, data = "", kind = "0", claims }) => {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const header = new Uint8Array(512);
    const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at);
    put(name, 0);
    put("0000644\0", 100);
    put(`${(claims ?? bytes.length).toString(8).padStart(11, "0")}\0`, 124);
    put("        ", 148);
    put(kind, 156);
    put("ustar\0" + "00", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const padded = new Uint8Array(Math.ceil(bytes.length / 512) * 512);
    padded.set(bytes);
    return [header, padded];
  });
  const archive = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 1024));
  let at = 0;
  for (const block of blocks) {
    archive.set(block, at);
    at += block.length;
  }
  return archive;
}

/** Compresses bytes as gzip does. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
