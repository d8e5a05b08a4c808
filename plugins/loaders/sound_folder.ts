/**
 * Folders of sounds in WAV files.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyHandle,
  type ClassLabels,
  defineLoader,
  fileName,
  lazySchema,
  locate,
  type Schema,
  type Tensor,
} from "../../core/mod.ts";
import { classFiles } from "./class_folders.ts";
import { cachedFileRows, givenFileRows } from "./file_rows.ts";
import { memoryFields, type MemoryOptions } from "./fixed_rows.ts";
import { type InvalidConfig, invalidFields, type InvalidOptions, RowChecks } from "./row_checks.ts";
import {
  greatestRate,
  type SoundForm,
  soundLoader,
  soundModule,
  soundPorts,
} from "./sound_rows.ts";
import { placeOf, splitFields, type SplitPlaces } from "./split_files.ts";

/** Options of {@linkcode soundFolder}. */
export interface SoundFolderOptions<
  S extends number = number,
  C extends readonly string[] = readonly string[],
> extends SplitPlaces, MemoryOptions, InvalidOptions {
  /**
   * The folder of the training split: with a folder for each class, or, without `classes`, sounds. It may be in an
   * archive, here or on the web: `"words.zip!/words"`.
   */
  readonly folder: string;
  /** Samples of a row: shorter sounds end in silence. */
  readonly samples: S;
  /** Samples a second. */
  readonly sampleRate: number;
  /** Names of the folders of the classes, in the order of the classes' numbers. */
  readonly classes?: C | undefined;
  /** Whether a longer sound is an error (the default), or its end is left out. */
  readonly longer?: "fail" | "cut" | undefined;
  /** Whether a sound of another sample rate is an error (the default), or resampled. */
  readonly otherRate?: "fail" | "resample" | undefined;
  /** How the folder is made or got, as a command: told where it is missing. */
  readonly origin?: string | undefined;
}

/** What {@linkcode soundFolder} gives; `label` when there are classes. */
export type SoundFolder<S extends number, C extends readonly string[]> = {
  /** Samples from -1 to 1; the mean of all channels. */
  readonly sound: Tensor<readonly ["batch", S]>;
  /** How many of the samples are of the sound, and not silence after it. */
  readonly length: Tensor<readonly ["batch", 1], "i32">;
  /** What is to be heard. */
  readonly label: ClassLabels<"batch", C["length"]>;
};

interface SoundFolderConfig extends SplitPlaces, InvalidConfig, SoundForm {
  readonly folder: string;
  readonly origin?: string | undefined;
  readonly memoryBytes: number;
}

const config: Schema<SoundFolderOptions, SoundFolderConfig> = lazySchema(() =>
  z.strictObject({
    folder: z.string().min(1).describe("The folder of the training split, with one for each class"),
    samples: z.int().min(1).max(1 << 28).describe(
      "Samples of a row: shorter sounds end in silence",
    ),
    sampleRate: z.int().min(1).max(greatestRate).describe("Samples a second"),
    classes: z.array(z.string().min(1)).min(1).readonly().optional().describe(
      "Names of the folders of the classes, in the order of the classes' numbers",
    ),
    longer: z.enum(["fail", "cut"]).default("fail").describe(
      "Whether a longer sound is an error, or its end is left out",
    ),
    otherRate: z.enum(["fail", "resample"]).default("fail").describe(
      "Whether a sound of another sample rate is an error, or resampled",
    ),
    ...splitFields("The folder"),
    origin: z.string().min(1).optional().describe(
      "How the folder is made or got, as a command: told where it is missing",
    ),
    ...memoryFields,
    ...invalidFields(),
  })
);

const extensions = [".wav"];

const stage = defineLoader<{ sound: AnyHandle; length: AnyHandle; label: AnyHandle }>()({
  name: "soundFolder",
  kind: "loader",
  family: "loader",
  config,
  ports: (config) => soundPorts(config),
  async open({ config, split, limit, tell, byWorkers }) {
    const place = placeOf(split, config.folder, config);
    if (place === undefined) return null;
    const folder = fileName(await locate(place, tell));
    const { classes, origin } = config;
    const checks = new RowChecks(config);
    const spare = checks.mayDrop;
    const found = await classFiles(folder, { classes, extensions, limit, spare, origin });
    const { samples, sampleRate, longer, otherRate } = config;
    const sounds = { ...found, form: { samples, sampleRate, classes, longer, otherRate } };
    return await cachedFileRows({
      ...found,
      ports: soundPorts(config),
      folder,
      checks,
      memoryBytes: config.memoryBytes,
      load: soundLoader(sounds),
      inWorkers: (kept) => ({ module: soundModule, given: { sounds, kept } }),
    }, { limit, byWorkers });
  },
  records: {
    extensions,
    open(config, files) {
      const classes = new Int32Array(files.length);
      const load = soundLoader({ form: config, files, classes });
      return givenFileRows({ ports: soundPorts(config), files, load });
    },
  },
});

/**
 * Loads sounds from a folder that has a folder for each class, or from a folder of sounds alone: WAV
 * files, uncompressed, of 8 to 64 bits. Of several channels it is their mean. A sound that is shorter
 * than `samples` ends in silence; one that is longer, or of another sample rate, is an error unless it
 * is to be cut or resampled. Decoded sounds stay in memory as far as they fit into `memoryBytes`: from
 * the second epoch on no file is read. With `invalid: "drop"` every sound is read once as the folder is
 * opened, by workers where that takes its time, and damaged ones are no rows. A run that is resumed notices
 * sounds that have changed, by their bytes, of folders of more than 256 MiB by some of them. To predict from, a file is given, or a folder:
 * `deno task predict words.ts --input yes.wav`.
 *
 * Shapes: sound `f32[batch, samples]`, length `i32[batch, 1]`, label `[batch]`
 *
 * Numerics: sounds are resampled as SciPy's `resample_poly` does, by a sinc under Kaiser's window
 * that reaches 10 samples of the lower rate to both sides.
 *
 * Counterparts: Keras `utils.audio_dataset_from_directory`; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `sound`, `length` and `label`.
 * @throws {DataError} When a folder is missing, or, as it is read, a sound is damaged, longer, or has
 * another sample rate.
 *
 * @example
 * ```ts
 * import { soundFolder } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const words = soundFolder({
 *   folder: "data/words",
 *   classes: ["no", "yes"],
 *   samples: 16000,
 *   sampleRate: 16000,
 * });
 * assertEquals(words.sound.port, "sound"); // f32[batch, 16000]
 * assertEquals(words.label.port, "label"); // 2 classes
 * ```
 */
export function soundFolder<
  const S extends number,
  const C extends readonly string[] = readonly [],
>(options: SoundFolderOptions<S, C>): SoundFolder<S, C> {
  return stage(options);
}
