/**
 * Speaks the digits from zero to nine into WAV files, for `pipelines/spoken_digits.ts`: in eight voices
 * for the training split, in four others for the test split, each with three accents and now faster,
 * now slower, now higher, now lower. The list is fixed, so that everybody gets the same sounds. Needs
 * espeak-ng (Debian's package of that name, `brew install espeak-ng`, or https://github.com/espeak-ng).
 *
 * `deno run --allow-run=espeak-ng --allow-write pipelines/samples/speak_digits.ts data/spoken-digits`
 *
 * @module
 */

/** Words of the classes. */
const digits = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/** Voices of each split: variants of espeak-ng's, of men and women. */
const voices = {
  train: ["m1", "m2", "m3", "m4", "f1", "f2", "f3", "klatt"],
  test: ["m6", "m7", "f4", "f5"],
};

const accents = ["en-gb", "en-us", "en-gb-scotland"];

/** Words a minute, and pitches from 0 to 99; one after the other. */
const speeds = [120, 140, 160, 180, 200];
const pitches = [50, 30, 70, 40, 60, 20, 80];

/** A sound to be made. */
interface Utterance {
  readonly file: string;
  readonly word: string;
  readonly voice: string;
  readonly speed: number;
  readonly pitch: number;
}

/** All sounds of a split. */
function utterancesOf(folder: string, split: keyof typeof voices): Utterance[] {
  let number = 0;
  return digits.flatMap((word) =>
    voices[split].flatMap((variant) =>
      accents.map((accent): Utterance => {
        const at = number++;
        return {
          file: `${folder}/${split}/${word}/${accent}-${variant}.wav`,
          word,
          voice: `${accent}+${variant}`,
          speed: speeds[at % speeds.length]!,
          pitch: pitches[at % pitches.length]!,
        };
      })
    )
  );
}

async function speak({ file, word, voice, speed, pitch }: Utterance): Promise<void> {
  const { success, stderr } = await new Deno.Command("espeak-ng", {
    args: ["-v", voice, "-s", String(speed), "-p", String(pitch), "-w", file, word],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`espeak-ng: ${new TextDecoder().decode(stderr).trim()}`);
}

/**
 * Makes both splits below a folder, in `train` and `test`, with a folder for each digit.
 *
 * @returns How many sounds there are.
 * @throws {Error} When espeak-ng is not installed, or fails.
 */
export async function speakDigits(folder: string): Promise<number> {
  const utterances = (["train", "test"] as const).flatMap((split) => utterancesOf(folder, split));
  for (const split of ["train", "test"]) {
    for (const word of digits) await Deno.mkdir(`${folder}/${split}/${word}`, { recursive: true });
  }
  let next = 0;
  const work = async () => {
    while (next < utterances.length) await speak(utterances[next++]!);
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return utterances.length;
}

if (import.meta.main) {
  const [folder = "data/spoken-digits"] = Deno.args;
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
  try {
    write(`${await speakDigits(folder)} sounds in ${folder}`);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    write(
      isMissing
        ? "Cannot speak: espeak-ng is not installed\n  hint: apt-get install espeak-ng, or brew install espeak-ng"
        : `Cannot speak: ${error instanceof Error ? error.message : error}`,
    );
    Deno.exit(1);
  }
}
