/**
 * The safetensors format, in which weights are saved: an 8-byte length, a JSON header, raw
 * little-endian data. Reading it runs no code. Beyond the format's own rules a file made here carries
 * a SHA-256 of itself in its metadata, so that a torn or altered file is refused.
 *
 * Source: https://github.com/huggingface/safetensors, section "Format".
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import {
  allocateElements,
  type DType,
  elementBytes,
  formatSpec,
  type HostTensor,
  sizeOf,
  viewElements,
} from "../tensor/mod.ts";
import { isRecord } from "./json.ts";
import { sha256 } from "./sha256.ts";

/** Tensors by path, and the text stored with them. */
export interface SafetensorsFile {
  /** Tensors by path, as `"logits.dense1.weight"`. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** Free text by key, without the checksum. */
  readonly metadata: Readonly<Record<string, string>>;
}

const checksumKey = "millrace.sha256";
const noChecksum = "0".repeat(64);
const maxHeaderBytes = 100_000_000;
const maxRank = 64;

const formatNames: Readonly<Record<DType, string>> = {
  f32: "F32",
  i32: "I32",
  u32: "U32",
  u8: "U8",
};
const dtypesByName = new Map(
  (Object.entries(formatNames) as [DType, string][]).map(([dtype, name]) => [name, dtype]),
);

/**
 * Renders tensors as a safetensors file. The same tensors and metadata give the same bytes: tensors
 * stand in the order of element size, largest first, then of path, so that all of them are aligned.
 *
 * @throws {RangeError} When a tensor's elements are not as many as its shape says, or a name is reserved.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const paths = Object.keys(tensors).sort((a, b) =>
    elementBytes(tensors[b]!.dtype) - elementBytes(tensors[a]!.dtype) || (a < b ? -1 : 1)
  );
  const entries: [string, unknown][] = [[
    "__metadata__",
    Object.fromEntries(
      Object.entries({ ...metadata, [checksumKey]: noChecksum }).sort(([a], [b]) => a < b ? -1 : 1),
    ),
  ]];
  let dataBytes = 0;
  for (const path of paths) {
    const { dtype, shape, data } = tensors[path]!;
    if (path === "__metadata__") {
      throw new RangeError(`Cannot save a tensor named "${path}": the format reserves the name`);
    }
    if (data.length !== sizeOf(shape)) {
      throw new RangeError(
        `Cannot save the tensor "${path}" of ${formatSpec(tensors[path]!)}: ` +
          `received ${formatAmount(data.length, "element")}, expected ${sizeOf(shape)}`,
      );
    }
    const end = dataBytes + data.length * elementBytes(dtype);
    entries.push([path, { dtype: formatNames[dtype], shape, data_offsets: [dataBytes, end] }]);
    dataBytes = end;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(header, 8);
  file.fill(0x20, 8 + header.length, 8 + headerBytes);
  let offset = 8 + headerBytes;
  for (const path of paths) {
    const { dtype, data } = tensors[path]!;
    // The reference device holds float64: it is rounded here.
    const elements = allocateElements(dtype, data.length);
    elements.set(data);
    file.set(new Uint8Array(elements.buffer), offset);
    offset += elements.byteLength;
  }
  const place = checksumPlace(file.subarray(8, 8 + headerBytes))!;
  file.set(new TextEncoder().encode(sha256([file.subarray(8)])), 8 + place);
  return file;
}

/**
 * Reads a safetensors file, checking everything its header says before anything is allocated, and its
 * checksum where it has one.
 *
 * @param bytes The whole file.
 * @param file Its path, for messages.
 * @param options.requireChecksum Refuses a file that has no checksum: for files that this project wrote.
 * @throws {DataError} When the file is truncated, altered, or breaks a rule of the format.
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  file: string,
  { requireChecksum = false }: { readonly requireChecksum?: boolean } = {},
): SafetensorsFile {
  const refuse: Refuse = (what, hint) => {
    throw new DataError(`Cannot read the safetensors file: ${what}`, {
      file,
      hint: hint ?? "the file is damaged or not complete: copy it again, or use an earlier one",
    });
  };
  if (bytes.length < 8) {
    return refuse(`received ${formatAmount(bytes.length, "byte")}, expected at least 8`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > maxHeaderBytes || headerBytes > bytes.length - 8) {
    return refuse(
      `its header claims ${formatAmount(headerBytes, "byte")}, the file has ${
        formatCount(bytes.length - 8)
      } after the length`,
    );
  }
  const headerArea = bytes.subarray(8, 8 + headerBytes);
  const data = bytes.subarray(8 + headerBytes);
  const { tensors, metadata } = parseHeader(headerArea, refuse);

  let end = 0;
  for (
    const { path, begin, end: next } of tensors.toSorted((a, b) =>
      a.begin - b.begin || a.end - b.end
    )
  ) {
    if (begin !== end) {
      return refuse(`the data of "${path}" begins at byte ${begin}, expected ${end}`);
    }
    end = next;
  }
  if (end !== data.length) {
    return refuse(
      `its tensors need ${formatAmount(end, "byte")} of data, the file has ${
        formatCount(data.length)
      }`,
    );
  }
  verifyChecksum(bytes, { headerBytes, metadata, requireChecksum, refuse });

  return {
    tensors: Object.fromEntries(tensors.map(({ path, dtype, shape, begin, end }) => {
      const { buffer } = data.slice(begin, end);
      const length = buffer.byteLength / elementBytes(dtype);
      return [path, { dtype, shape, data: viewElements(buffer, { dtype, byteOffset: 0, length }) }];
    })),
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== checksumKey)),
  };
}

type Refuse = (what: string, hint?: string) => never;

interface Entry {
  readonly path: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

interface Header {
  readonly tensors: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

function parseHeader(bytes: Uint8Array, refuse: Refuse): Header {
  if (bytes[0] !== 0x7b) return refuse('its header does not begin with "{"');
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    return refuse("its header is not JSON text");
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) return refuse(`its header has the key "${twice}" twice`);
  if (!isRecord(header)) return refuse("its header is not a JSON object");
  const metadata: unknown = Object.hasOwn(header, "__metadata__") ? header["__metadata__"] : {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    return refuse("its metadata is not text by key");
  }
  const tensors = Object.entries(header).filter(([path]) => path !== "__metadata__")
    .map(([path, entry]) => parseEntry(path, entry, refuse));
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseEntry(path: string, entry: unknown, refuse: Refuse): Entry {
  if (!isRecord(entry)) return refuse(`the entry "${path}" is not a JSON object`);
  const { dtype: name, shape, data_offsets: offsets } = entry;
  const dtype = dtypesByName.get(String(name));
  if (dtype === undefined) {
    return refuse(
      `the tensor "${path}" has the dtype ${JSON.stringify(name)}, expected one of ` +
        [...dtypesByName.keys()].join(", "),
      "convert the tensor to float32 where the file was made",
    );
  }
  if (!isSizes(shape) || shape.length > maxRank) {
    return refuse(`the tensor "${path}" has no valid shape`);
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    return refuse(`the tensor "${path}" has no valid data_offsets`);
  }
  const [begin = 0, end = 0] = offsets;
  const needed = shape.includes(0) ? 0 : sizeOf(shape) * elementBytes(dtype);
  if (end - begin !== needed) {
    return refuse(
      `the tensor "${path}" of ${formatSpec({ dtype, shape })} needs ${
        formatAmount(needed, "byte")
      }, ` +
        `its data_offsets [${begin}, ${end}] span ${end - begin}`,
    );
  }
  return { path, dtype, shape, begin, end };
}

function isSizes(x: unknown): x is number[] {
  return Array.isArray(x) && x.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The first key that an object of valid JSON text has twice: `JSON.parse` would keep the last. */
function repeatedKey(json: string): string | undefined {
  const objects: (Set<string> | undefined)[] = [];
  for (
    const [token, name] of json.matchAll(
      /("[^"\\]*(?:\\.[^"\\]*)*")\s*:|"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g,
    )
  ) {
    if (token === "{") objects.push(new Set());
    else if (token === "[") objects.push(undefined);
    else if (token === "}" || token === "]") objects.pop();
    else if (name !== undefined) {
      const key: string = JSON.parse(name);
      const keys = objects.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

function verifyChecksum(
  bytes: Uint8Array,
  { headerBytes, metadata, requireChecksum, refuse }: {
    readonly headerBytes: number;
    readonly metadata: Readonly<Record<string, string>>;
    readonly requireChecksum: boolean;
    readonly refuse: Refuse;
  },
): void {
  if (!Object.hasOwn(metadata, checksumKey)) {
    if (requireChecksum) refuse(`its metadata has no "${checksumKey}"`);
    return;
  }
  const blanked = bytes.slice(8, 8 + headerBytes);
  const place = checksumPlace(blanked);
  if (place === undefined) return refuse("its checksum is not one of SHA-256");
  blanked.fill(0x30, place, place + noChecksum.length);
  const computed = sha256([blanked, bytes.subarray(8 + headerBytes)]);
  if (computed !== metadata[checksumKey]) {
    refuse(`its checksum is ${computed}, expected ${metadata[checksumKey]}`);
  }
}

/** Where in a header the 64 digits of the checksum begin. */
function checksumPlace(header: Uint8Array): number | undefined {
  // Latin-1, so that characters are bytes.
  const text = new TextDecoder("latin1").decode(header);
  const match = /"millrace\.sha256":"(?=[0-9a-f]{64}")/.exec(text);
  return match === null ? undefined : match.index + match[0].length;
}
