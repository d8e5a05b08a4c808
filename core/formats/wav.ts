/**
 * The WAVE format of sound: a RIFF file with a chunk that says how samples are written and a chunk of
 * samples, uncompressed (PCM of 8, 16, 24 or 32 bits, floats of 32 or 64).
 *
 * Source: Microsoft and IBM, "Multimedia programming interface and data specifications 1.0", 1991;
 * WAVEFORMATEXTENSIBLE.
 *
 * @module
 */
import { DataError } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import { readBytes } from "./read_bytes.ts";

/** Sound as it is sampled. */
export interface Sound {
  /** Samples a second, of each channel. */
  readonly sampleRate: number;
  /** Number of channels: 1 for mono, 2 for stereo. */
  readonly channels: number;
  /** Samples from -1 to 1, those of all channels side by side: `[frames, channels]`. */
  readonly samples: Float32Array<ArrayBuffer>;
}

interface WavFormat {
  readonly isFloat: boolean;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bits: number;
}

const maxChannels = 64;

/**
 * Reads a WAVE file.
 *
 * @throws {DataError} When the file is missing or malformed.
 */
export async function readWav(path: string | URL): Promise<Sound> {
  const { bytes, file } = await readBytes(path);
  return parseWav(bytes, file);
}

/**
 * Parses the bytes of a WAVE file. Integers of `n` bits are divided by `2^(n - 1)`; bytes, which are
 * unsigned, are first lowered by 128.
 *
 * @param file The path, for messages.
 * @throws {DataError} When the bytes are no WAVE, are compressed, or end before the samples do.
 */
export function parseWav(bytes: Uint8Array, file: string): Sound {
  const refuse = (what: string, hint = "get the file again, whole") =>
    new DataError(`Cannot read the WAV file: ${what}`, {
      file,
      hint,
      reason: "not a readable sound",
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || tagAt(view, 0) !== "RIFF" || tagAt(view, 8) !== "WAVE") {
    throw refuse(
      "it does not begin as WAV files do",
      "convert the sound to WAV: ffmpeg -i in out.wav",
    );
  }
  let format: WavFormat | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const tag = tagAt(view, at);
    const length = view.getUint32(at + 4, true);
    const begin = at + 8;
    // what streams to a pipe cannot know its length, and writes one of the greatest
    const isOpen = tag === "data" && (length >= 0x7ffff000 || length === 0);
    const end = isOpen ? bytes.length : begin + length;
    if (end > bytes.length) {
      throw refuse(
        `its chunk "${tag}" claims ${formatAmount(length, "byte")}, the file has ${
          formatCount(bytes.length - begin)
        } after it begins`,
      );
    }
    if (tag === "fmt ") format = formatOf(view, { begin, length, refuse });
    if (tag === "data") {
      if (format === undefined) throw refuse("its samples come before their format");
      return decodeSamples(bytes.subarray(begin, end), format, refuse);
    }
    at = end + length % 2;
  }
  throw refuse(format === undefined ? "it has no format" : "it has no samples");
}

type Refuse = (what: string, hint?: string) => DataError;

function tagAt(view: DataView, at: number): string {
  return Array.from({ length: 4 }, (_, i) => {
    const code = view.getUint8(at + i);
    return code >= 32 && code < 127 ? String.fromCharCode(code) : "?";
  }).join("");
}

function formatOf(
  view: DataView,
  { begin, length, refuse }: {
    readonly begin: number;
    readonly length: number;
    readonly refuse: Refuse;
  },
): WavFormat {
  if (length < 16) throw refuse(`its format has ${formatAmount(length, "byte")}, expected 16`);
  const extended = view.getUint16(begin, true) === 0xfffe && length >= 40;
  const code = view.getUint16(extended ? begin + 24 : begin, true);
  const channels = view.getUint16(begin + 2, true);
  const sampleRate = view.getUint32(begin + 4, true);
  const bits = view.getUint16(begin + 14, true);
  const known = code === 1 ? [8, 16, 24, 32] : code === 3 ? [32, 64] : [];
  if (!known.includes(bits)) {
    throw refuse(
      `its samples are of format ${code} with ${formatAmount(bits, "bit")}, ` +
        "expected integers of 8, 16, 24 or 32 bits or floats of 32 or 64",
      "convert it: ffmpeg -i in.wav -c:a pcm_s16le out.wav",
    );
  }
  if (channels < 1 || channels > maxChannels || sampleRate < 1) {
    throw refuse(
      `it has ${formatAmount(channels, "channel")} at ${sampleRate} Hz, ` +
        `expected 1 to ${maxChannels} at 1 Hz or more`,
    );
  }
  return { isFloat: code === 3, channels, sampleRate, bits };
}

function decodeSamples(
  bytes: Uint8Array,
  { isFloat, channels, sampleRate, bits }: WavFormat,
  refuse: Refuse,
): Sound {
  const frameBytes = channels * bits / 8;
  const count = Math.floor(bytes.length / frameBytes) * channels;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Float32Array(count);
  const read = sampleReader(view, { isFloat, bits });
  for (let i = 0; i < count; i++) {
    const sample = read(i);
    samples[i] = sample;
    if (!Number.isFinite(samples[i])) {
      throw refuse(
        `its sample ${i + 1} is ${sample}`,
        "write the sound anew, without such samples",
      );
    }
  }
  return { sampleRate, channels, samples };
}

function sampleReader(
  view: DataView,
  { isFloat, bits }: { readonly isFloat: boolean; readonly bits: number },
): (i: number) => number {
  if (isFloat) {
    return bits === 32 ? (i) => view.getFloat32(4 * i, true) : (i) => view.getFloat64(8 * i, true);
  }
  switch (bits) {
    case 8:
      return (i) => (view.getUint8(i) - 128) / 128;
    case 16:
      return (i) => view.getInt16(2 * i, true) / 32768;
    case 24:
      return (i) => (view.getUint16(3 * i, true) + view.getInt8(3 * i + 2) * 65536) / 8388608;
    default:
      return (i) => view.getInt32(4 * i, true) / 2147483648;
  }
}
