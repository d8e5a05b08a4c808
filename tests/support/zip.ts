/**
 * Small ZIP archives for tests.
 *
 * @module
 */
import { crc32 } from "../../core/mod.ts";

/** Writes an archive of stored files. */
export function zipOf(
  files: Readonly<Record<string, Uint8Array | string>>,
): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, data] of Object.entries(files)) {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const path = new TextEncoder().encode(name);
    const sizes: Field[] = [[4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [
      2,
      path.length,
    ]];
    const local = join(numbers([[4, 0x04034b50], [2, 20], [4, 0], [4, 0], ...sizes, [2, 0]]), path);
    locals.push(local, bytes);
    directory.push(
      join(
        numbers([
          ...[[4, 0x02014b50], [2, 20], [2, 20], [4, 0], [4, 0]] as const,
          ...sizes,
          ...[[4, 0], [4, 0], [4, 0], [4, at]] as const,
        ]),
        path,
      ),
    );
    at += local.length + bytes.length;
  }
  const entries = join(...directory);
  const count = directory.length;
  const end = numbers([
    ...[[4, 0x06054b50], [4, 0], [2, count], [2, count]] as const,
    ...[[4, entries.length], [4, at], [2, 0]] as const,
  ]);
  return join(...locals, entries, end);
}

type Field = readonly [bytes: 2 | 4, value: number];

/** Numbers one after the other, little-endian. */
function numbers(fields: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
