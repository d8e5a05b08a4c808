/**
 * PNG images, of every depth and colour type, interlaced or not. Inflating is the system's zlib, told
 * how much may come out; the rest is a pass over the lines. A 48 by 48 image in colour takes 0.07 ms,
 * and 0.25 ms with `fast-png`, which inflates in JavaScript.
 *
 * @module
 */
import { crc32, inflateSync } from "node:zlib";
import { formatAmount } from "../../format.ts";
import { type DecodedImage, refusal, requireData, requireSize } from "./decoded_image.ts";

const maxDeflateRatio = 1032;

/** What the header says. */
interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** Samples of a pixel. */
  readonly samples: number;
  readonly hasPalette: boolean;
  readonly isInterlaced: boolean;
}

/** Samples of a pixel, and which depths there are, by colour type. */
const colourTypes: Readonly<Record<number, { samples: number; depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
};

/** The pixels of one pass: every so many columns and lines from a first one on. */
interface Pass {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
}

const wholeImage: readonly Pass[] = [{ left: 0, top: 0, across: 1, down: 1 }];

/** The seven passes of an interlaced image (Adam7). */
const interlaced: readonly Pass[] = [
  { left: 0, top: 0, across: 8, down: 8 },
  { left: 4, top: 0, across: 8, down: 8 },
  { left: 0, top: 4, across: 4, down: 8 },
  { left: 2, top: 0, across: 4, down: 4 },
  { left: 0, top: 2, across: 2, down: 4 },
  { left: 1, top: 0, across: 2, down: 2 },
  { left: 0, top: 1, across: 1, down: 2 },
];

/**
 * Decodes a PNG file.
 *
 * Source: Portable Network Graphics (PNG) Specification, third edition, W3C 2025
 */
export function decodePng(bytes: Uint8Array<ArrayBuffer>, file: string): DecodedImage {
  const { header, data, palette } = chunksOf(bytes, file);
  const { width, height, depth, samples, hasPalette, isInterlaced } = header;
  requireSize(file, width, height);
  const pixelBits = depth * samples;
  const passes = (isInterlaced ? interlaced : wholeImage).map((pass) => ({
    ...pass,
    width: Math.ceil((width - pass.left) / pass.across),
    height: Math.ceil((height - pass.top) / pass.down),
  })).filter(({ width, height }) => width > 0 && height > 0);
  const lineBytes = (width: number) => Math.ceil(width * pixelBits / 8);
  const expected = passes.reduce(
    (sum, { width, height }) => sum + height * (1 + lineBytes(width)),
    0,
  );
  const holds = expected <= data.length * maxDeflateRatio;
  requireData(file, { width, height, holds, dataBytes: data.length });
  const lines = inflate(data, { expected, file });
  if (hasPalette && palette === undefined) throw refusal(file, "it has no palette");
  const channels = hasPalette || samples >= 3 ? 3 : 1;
  const pixels = new Uint8Array(width * height * channels);
  const image = { width, height, channels, data: pixels } as const;
  let at = 0;
  for (const pass of passes) {
    const length = lineBytes(pass.width);
    let above: Uint8Array | undefined;
    for (let y = 0; y < pass.height; y++) {
      const line = lines.subarray(at + 1, at + 1 + length);
      unfilter(line, { filter: lines[at]!, above, bytes: Math.max(1, pixelBits >> 3), file });
      const from = ((pass.top + y * pass.down) * width + pass.left) * channels;
      const place = { image, from, count: pass.width, step: pass.across * channels };
      if (hasPalette) placeColours(line, { ...place, depth, palette: palette!, file });
      else if (depth < 8) placeBits(line, { ...place, depth });
      else placeSamples(line, { ...place, depth, samples });
      above = line;
      at += 1 + length;
    }
  }
  return image;
}

/** The header, the palette, and the data of all chunks together; profiles and texts are passed over. */
function chunksOf(bytes: Uint8Array<ArrayBuffer>, file: string): {
  readonly header: PngHeader;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly palette: Uint8Array | undefined;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array<ArrayBuffer>[] = [];
  let header: PngHeader | undefined;
  let palette: Uint8Array | undefined;
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) break;
    const tag = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    const isWanted = ["IHDR", "PLTE", "IDAT", "IEND"].includes(tag);
    if (isWanted && crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(end - 4)) {
      throw refusal(file, "its PNG data is damaged");
    }
    if (tag === "IHDR") {
      if (header !== undefined || length !== 13) throw refusal(file, "its PNG header is damaged");
      header = headerOf(new DataView(body.buffer, body.byteOffset, length), file);
    } else if (tag === "PLTE") palette = body;
    else if (tag === "IDAT") data.push(body);
    at = end;
    if (tag !== "IEND") continue;
    if (header === undefined) break;
    return { header, data: data.length === 1 ? data[0]! : concatenate(data), palette };
  }
  throw refusal(file, "its PNG data is cut off", "get the file again, whole");
}

function headerOf(view: DataView, file: string): PngHeader {
  const depth = view.getUint8(8);
  const type = colourTypes[view.getUint8(9)];
  if (type === undefined || !type.depths.includes(depth) || view.getUint8(12) > 1) {
    throw refusal(file, "its PNG header is damaged");
  }
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth,
    samples: type.samples,
    hasPalette: view.getUint8(9) === 3,
    isInterlaced: view.getUint8(12) === 1,
  };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The lines of the image, each behind the number of its filter. */
function inflate(
  data: Uint8Array,
  { expected, file }: { readonly expected: number; readonly file: string },
): Uint8Array {
  let lines: Uint8Array;
  try {
    lines = inflateSync(data, { maxOutputLength: expected });
  } catch (cause) {
    const isMore = cause instanceof Error && "code" in cause &&
      cause.code === "ERR_BUFFER_TOO_LARGE";
    throw isMore
      ? refusal(
        file,
        `its PNG data inflates to more than the image's ${formatAmount(expected, "byte")}`,
      )
      : refusal(file, "its PNG data is damaged", undefined, cause);
  }
  if (lines.length !== expected) throw refusal(file, "its PNG data is damaged");
  return lines;
}

/**
 * Undoes what a line was filtered by, in place: each byte was made its difference from the byte of the
 * pixel to the left, of the one above, of their mean, or of whichever of three is nearest (Paeth).
 */
function unfilter(
  line: Uint8Array,
  { filter, above, bytes, file }: {
    readonly filter: number;
    /** The line above, where there is one. */
    readonly above: Uint8Array | undefined;
    /** Bytes of a pixel, at least 1. */
    readonly bytes: number;
    readonly file: string;
  },
): void {
  const { length } = line;
  if (filter === 0) return;
  if (filter > 4) throw refusal(file, "its PNG data is damaged");
  if (filter === 1 || above === undefined && filter === 4) {
    for (let i = bytes; i < length; i++) line[i]! += line[i - bytes]!;
  } else if (filter === 2) {
    if (above !== undefined) { for (let i = 0; i < length; i++) line[i]! += above[i]!; }
  } else if (filter === 3) {
    for (let i = 0; i < length; i++) {
      const left = i < bytes ? 0 : line[i - bytes]!;
      line[i]! += (left + (above?.[i] ?? 0)) >> 1;
    }
  } else {
    const up = above!;
    for (let i = 0; i < Math.min(bytes, length); i++) line[i]! += up[i]!;
    for (let i = bytes; i < length; i++) {
      const a = line[i - bytes]!;
      const b = up[i]!;
      const c = up[i - bytes]!;
      const toA = Math.abs(b - c);
      const toB = Math.abs(a - c);
      const toC = Math.abs(a + b - 2 * c);
      line[i]! += toA <= toB && toA <= toC ? a : toB <= toC ? b : c;
    }
  }
}

/** Where the pixels of a line go. */
interface Place {
  readonly image: DecodedImage;
  /** Element of the first pixel. */
  readonly from: number;
  /** Number of pixels. */
  readonly count: number;
  /** Elements from one pixel to the next. */
  readonly step: number;
}

/** Samples of 8 or 16 bits, of which the first 8 count; transparency is left out. */
function placeSamples(
  line: Uint8Array,
  { image: { channels, data }, from, count, step, depth, samples }: Place & {
    readonly depth: number;
    readonly samples: number;
  },
): void {
  if (depth === 8 && samples === channels && step === channels) return data.set(line, from);
  const bytes = depth >> 3;
  for (let x = 0; x < count; x++) {
    for (let channel = 0; channel < channels; channel++) {
      data[from + x * step + channel] = line[(x * samples + channel) * bytes]!;
    }
  }
}

/** Greys of less than 8 bits. */
function placeBits(
  line: Uint8Array,
  { image: { data }, from, count, step, depth }: Place & { readonly depth: number },
): void {
  const mask = 2 ** depth - 1;
  for (let x = 0; x < count; x++) {
    data[from + x * step] = Math.round(bitsAt(line, { x, depth }) * 255 / mask);
  }
}

/** Numbers of colours. */
function placeColours(
  line: Uint8Array,
  { image: { data }, from, count, step, depth, palette, file }: Place & {
    readonly depth: number;
    readonly palette: Uint8Array;
    readonly file: string;
  },
): void {
  const colours = Math.floor(palette.length / 3);
  for (let x = 0; x < count; x++) {
    const colour = bitsAt(line, { x, depth });
    if (colour >= colours) throw refusal(file, `it uses colour ${colour} of ${colours}`);
    for (let channel = 0; channel < 3; channel++) {
      data[from + x * step + channel] = palette[3 * colour + channel]!;
    }
  }
}

/** Value number `x` of a line of values of 1 to 8 bits. */
function bitsAt(
  line: Uint8Array,
  { x, depth }: { readonly x: number; readonly depth: number },
): number {
  const bit = x * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}
