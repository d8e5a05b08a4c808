/**
 * Images in PNG and JPEG, decoded by `fast-png` and `jpeg-js`. What a file says of its size is checked
 * before anything is allocated, and a file that inflates to more than its image takes is refused.
 *
 * @module
 */
import { DataError, formatAmount, formatCount } from "../../core/mod.ts";
import { importPackage } from "./optional_package.ts";

/** An image of bytes: rows of pixels, channels last. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: red, green, blue. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** No image of a data set is larger: 100 megapixels. */
const maxPixels = 100_000_000;
/** What may be inflated beyond the image: a check of more would take longer than the decoder. */
const slackBytes = 1 << 26;
const maxDeflateRatio = 1032;

interface PngModule {
  decode(bytes: Uint8Array): {
    readonly width: number;
    readonly height: number;
    readonly data: ArrayLike<number>;
    readonly depth: number;
    readonly channels: number;
    readonly palette?: readonly (readonly number[])[];
  };
}

interface JpegModule {
  readonly default: {
    decode(bytes: Uint8Array, options: Readonly<Record<string, unknown>>): {
      readonly width: number;
      readonly height: number;
      readonly data: Uint8Array;
    };
  };
}

/**
 * Decodes a PNG or JPEG file: 16 bits become 8, palettes their colours, transparency is left out.
 *
 * @throws {DataError} When the bytes are neither, are damaged, or claim more than 100 megapixels.
 */
export async function decodeImage(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
): Promise<DecodedImage> {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return await decodePng(bytes, file);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return await decodeJpeg(bytes, file);
  throw refusal(file, "it is neither PNG nor JPEG", "convert the image to PNG");
}

function refusal(file: string, what: string, hint = "get the file again", cause?: unknown) {
  return new DataError(`Cannot read the image: ${what}`, {
    file,
    hint,
    cause,
    reason: "not a readable image",
  });
}

function requireSize(file: string, width: number, height: number): void {
  if (width >= 1 && height >= 1 && width * height <= maxPixels) return;
  throw refusal(
    file,
    `it claims ${formatCount(width)} by ${formatAmount(height, "pixel")}, ` +
      `expected at most ${formatCount(maxPixels)} in all`,
  );
}

/** A small file may not claim an image that would fill the memory. */
function requireData(
  file: string,
  { width, height, holds, dataBytes }: {
    readonly width: number;
    readonly height: number;
    readonly holds: boolean;
    readonly dataBytes: number;
  },
): void {
  if (holds) return;
  throw refusal(
    file,
    `it claims ${formatCount(width)} by ${formatAmount(height, "pixel")}, more than its ${
      formatAmount(dataBytes, "byte")
    } of data can hold`,
  );
}

interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  readonly isInterlaced: boolean;
  readonly bitDepth: number;
}

const channelsByColourType: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

async function decodePng(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<DecodedImage> {
  const { png, header, data } = essentialPng(bytes, file);
  const { width, height, bitsPerPixel, bitDepth, isInterlaced } = header;
  requireSize(file, width, height);
  if (isInterlaced && bitDepth < 8) {
    throw refusal(file, "it is interlaced with less than 8 bits", "save it without interlacing");
  }
  // interlaced images have up to seven lines for each
  const expected = 7 * height + Math.ceil(width * height * bitsPerPixel / 8) + 8 * height;
  const dataBytes = data.reduce((sum, { length }) => sum + length, 0);
  const least = height * Math.ceil(width * bitsPerPixel / 8);
  requireData(file, { width, height, holds: least <= dataBytes * maxDeflateRatio, dataBytes });
  if (dataBytes * maxDeflateRatio > expected + slackBytes) {
    await requireInflatedSize(data, { file, expected });
  }
  const { decode } = await importPackage<PngModule>("npm:fast-png@8.0.0", {
    file,
    what: "PNG images",
  });
  try {
    const image = decode(png);
    return image.palette === undefined && image.depth >= 8
      ? fromSamples(image)
      : fromBits(image, file);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw refusal(file, "its PNG data is damaged", undefined, cause);
  }
}

/** The chunks that an image is made of, without profiles and texts, which may inflate to anything. */
function essentialPng(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
): {
  readonly png: Uint8Array<ArrayBuffer>;
  readonly header: PngHeader;
  readonly data: readonly Uint8Array<ArrayBuffer>[];
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array<ArrayBuffer>[] = [bytes.subarray(0, 8)];
  const data: Uint8Array<ArrayBuffer>[] = [];
  let header: PngHeader | undefined;
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) {
      throw refusal(file, "its PNG data is cut off", "get the file again, whole");
    }
    const tag = new TextDecoder("latin1").decode(bytes.subarray(at + 4, at + 8));
    if (tag === "IHDR") {
      if (header !== undefined || length !== 13) throw refusal(file, "its PNG header is damaged");
      const bitDepth = view.getUint8(at + 16);
      const channels = channelsByColourType[view.getUint8(at + 17)];
      if (channels === undefined || ![1, 2, 4, 8, 16].includes(bitDepth)) {
        throw refusal(file, "its PNG header is damaged");
      }
      header = {
        width: view.getUint32(at + 8),
        height: view.getUint32(at + 12),
        bitDepth,
        bitsPerPixel: bitDepth * channels,
        isInterlaced: view.getUint8(at + 20) !== 0,
      };
    }
    if (tag === "IDAT") data.push(bytes.subarray(at + 8, at + 8 + length));
    if (["IHDR", "PLTE", "IDAT", "IEND"].includes(tag)) kept.push(bytes.subarray(at, end));
    at = end;
    if (tag === "IEND") {
      if (header === undefined) break;
      return { png: concatenate(kept), header, data };
    }
  }
  throw refusal(file, "its PNG data is cut off", "get the file again, whole");
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

async function requireInflatedSize(
  data: readonly Uint8Array<ArrayBuffer>[],
  { file, expected }: { readonly file: string; readonly expected: number },
): Promise<void> {
  let length = 0;
  try {
    const inflated = new Blob([...data]).stream().pipeThrough(new DecompressionStream("deflate"));
    for await (const chunk of inflated) {
      length += chunk.length;
      if (length > expected) {
        throw refusal(file, `its PNG data inflates to more than the image's ${expected} bytes`);
      }
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw refusal(file, "its PNG data is damaged", undefined, cause);
  }
}

type PngImage = ReturnType<PngModule["decode"]>;

/** Samples of 8 or 16 bits, with or without transparency. */
function fromSamples({ width, height, data, depth, channels }: PngImage): DecodedImage {
  const kept = channels >= 3 ? 3 : 1;
  const pixels = width * height;
  const bytes = new Uint8Array(pixels * kept);
  const shift = depth === 16 ? 8 : 0;
  for (let pixel = 0, to = 0; pixel < pixels; pixel++) {
    const from = pixel * channels;
    for (let channel = 0; channel < kept; channel++) bytes[to++] = data[from + channel]! >> shift;
  }
  return { width, height, channels: kept, data: bytes };
}

/** Lines of samples of 1 to 8 bits each: greys, or numbers of colours. */
function fromBits(image: PngImage, file: string): DecodedImage {
  const { width, height, data, depth, palette } = image;
  const lineBytes = Math.ceil(width * depth / 8);
  const mask = 2 ** depth - 1;
  const channels = palette === undefined ? 1 : 3;
  const bytes = new Uint8Array(width * height * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = data[y * lineBytes + (bit >> 3)]!;
      const value = (byte >> (8 - depth - (bit & 7))) & mask;
      if (palette === undefined) bytes[to++] = Math.round(value * 255 / mask);
      else {
        const colour = palette[value];
        if (colour === undefined) {
          throw refusal(file, `it uses colour ${value} of ${palette.length}`);
        }
        for (let channel = 0; channel < 3; channel++) bytes[to++] = colour[channel]!;
      }
    }
  }
  return { width, height, channels, data: bytes };
}

async function decodeJpeg(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<DecodedImage> {
  const { isGrey, width, height } = jpegFrame(bytes, file);
  requireSize(file, width, height);
  // a block of 64 pixels takes a bit at least
  const holds = width * height <= bytes.length * 8 * 64;
  requireData(file, { width, height, holds, dataBytes: bytes.length });
  const { default: { decode } } = await importPackage<JpegModule>("npm:jpeg-js@0.4.4", {
    file,
    what: "JPEG images",
  });
  let image: ReturnType<JpegModule["default"]["decode"]>;
  try {
    image = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      // of the first frame: there may be others
      maxResolutionInMP: width * height / 1e6,
      maxMemoryUsageInMB: 2048,
    });
  } catch (cause) {
    throw refusal(file, "its JPEG data is damaged", undefined, cause);
  }
  if (image.data.length !== 3 * image.width * image.height) {
    throw refusal(file, "its JPEG data is damaged");
  }
  if (!isGrey) return { width: image.width, height: image.height, channels: 3, data: image.data };
  const grey = new Uint8Array(image.width * image.height);
  for (let i = 0; i < grey.length; i++) grey[i] = image.data[3 * i]!;
  return { width: image.width, height: image.height, channels: 1, data: grey };
}

/** What the frame of a JPEG file says. */
function jpegFrame(
  bytes: Uint8Array,
  file: string,
): { readonly width: number; readonly height: number; readonly isGrey: boolean } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = view.getUint16(at + 2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame && at + 10 <= bytes.length) {
      return {
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        isGrey: bytes[at + 9] === 1,
      };
    }
    at += 2 + length;
  }
  throw refusal(file, "its JPEG data has no frame", "get the file again, whole");
}
