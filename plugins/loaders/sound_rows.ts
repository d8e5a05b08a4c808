/**
 * Sounds of files as rows. Workers open this module as well: it imports what decoding takes, and no
 * more.
 *
 * @module
 */
import { DataError } from "../../core/errors.ts";
import { formatAmount } from "../../core/format.ts";
import { parseWav, readBytesNow, type Sound } from "../../core/formats/mod.ts";
import type { DataPort, RowSource } from "../../core/mod.ts";
import { decodedRows, type KeptRows, type LoadFile } from "./kept_rows.ts";
import { labelDType } from "./memory_rows.ts";
import { type Resampler, resamplerOf } from "./resample.ts";

/** The filter that resamples has 20 times as many elements, where rates have no common divisor. */
export const greatestRate = 384_000;

/** Filters that are kept, by rate: one has up to 60 MB. */
const mostResamplers = 4;

/** What sounds become. */
export interface SoundForm {
  readonly samples: number;
  readonly sampleRate: number;
  readonly classes?: readonly string[] | undefined;
  readonly longer: "fail" | "cut";
  readonly otherRate: "fail" | "resample";
}

/** The files of sounds, and what becomes of them. */
export interface SoundFiles {
  readonly form: SoundForm;
  readonly files: readonly string[];
  /** The number of each file's class. */
  readonly classes: Int32Array;
}

/** Address of this module, by which workers open it. */
export const soundModule = import.meta.url;

/** Opens sounds that are decoded already, or are to be. */
export default function soundRows(
  { sounds, kept }: { readonly sounds: SoundFiles; readonly kept: KeptRows },
): RowSource {
  return decodedRows({ ports: soundPorts(sounds.form), load: soundLoader(sounds), kept });
}

/** What the ports carry. */
export function soundPorts({ samples, classes }: SoundForm): Readonly<Record<string, DataPort>> {
  return {
    sound: { kind: "tensor", dtype: "f32", shape: [samples] },
    length: { kind: "tensor", dtype: "i32", shape: [1] },
    ...(classes === undefined ? {} : {
      label: {
        kind: "labels",
        dtype: labelDType(classes.length),
        classes: classes.length,
        names: classes,
      },
    }),
  };
}

/** Reads sounds. */
export function soundLoader({ form, files, classes }: SoundFiles): LoadFile {
  const read = soundReader(form);
  return (row, { sound: target, length, label }) => {
    if (label !== undefined) label[0] = classes[row]!;
    if (target === undefined && length === undefined) return;
    const sound = read(files[row]!);
    if (length !== undefined) length[0] = sound.length;
    target?.set(sound);
  };
}

/** Reads sounds as they are wanted: of one channel, at the rate, and no longer than a row. */
function soundReader(
  { samples: wanted, sampleRate, longer, otherRate }: SoundForm,
): (file: string) => Float32Array {
  const resamplers = new Map<number, Resampler>();
  const resamplerFrom = (rate: number) => {
    let resampler = resamplers.get(rate);
    if (resampler === undefined) {
      if (resamplers.size === mostResamplers) resamplers.delete(resamplers.keys().next().value!);
      resampler = resamplerOf(rate, sampleRate);
      resamplers.set(rate, resampler);
    }
    return resampler;
  };
  return (path) => {
    const { bytes, file } = readBytesNow(path);
    const sound = parseWav(bytes, file);
    const isOther = sound.sampleRate !== sampleRate;
    if (isOther && (otherRate === "fail" || sound.sampleRate > greatestRate)) {
      throw new DataError(
        `Cannot use the sound: received ${sound.sampleRate} Hz, expected ${sampleRate} Hz`,
        {
          file,
          reason: "another sample rate",
          hint: `${
            otherRate === "fail" ? 'set otherRate to "resample", or ' : ""
          }convert it: ffmpeg -i in.wav -ar ${sampleRate} out.wav`,
        },
      );
    }
    const resampler = isOther ? resamplerFrom(sound.sampleRate) : undefined;
    const mono = monoOf(sound);
    const length = resampler?.countOf(mono.length) ?? mono.length;
    if (length > wanted && longer === "fail") {
      throw new DataError(
        `Cannot use the sound: received ${formatAmount(length, "sample")} (${
          seconds(length, sampleRate)
        }), expected at most ${wanted} (${seconds(wanted, sampleRate)})`,
        { file, reason: "sound too long", hint: 'set longer to "cut", or more samples' },
      );
    }
    const kept = Math.min(length, wanted);
    if (resampler === undefined) return mono.subarray(0, kept);
    const resampled = new Float32Array(kept);
    resampler.resample(mono, resampled);
    return resampled;
  };
}

function seconds(samples: number, rate: number): string {
  return `${(samples / rate).toFixed(2)} s`;
}

/** The mean of all channels. */
function monoOf({ samples, channels }: Sound): Float32Array {
  if (channels === 1) return samples;
  const mono = new Float32Array(samples.length / channels);
  for (let frame = 0; frame < mono.length; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += samples[frame * channels + channel]!;
    }
    mono[frame] = sum / channels;
  }
  return mono;
}
