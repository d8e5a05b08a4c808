import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DataError } from "../../../core/mod.ts";
import { parseWav, readWav } from "../../../core/formats/mod.ts";
import { wavFile } from "../../support/wav.ts";
import { assertSurvivesDamage } from "../../support/mutate.ts";

Deno.test("parseWav() reads integers and floats of every width", () => {
  const values = [0, 0.5, -0.5, -1];
  for (const bits of [8, 16, 24, 32] as const) {
    const sound = parseWav(wavFile(values, { bits }), "a.wav");
    assertEquals([sound.sampleRate, sound.channels, [...sound.samples]], [8000, 1, values]);
  }
  for (const bits of [32, 64] as const) {
    const { samples } = parseWav(wavFile(values, { bits, isFloat: true }), "a.wav");
    assertEquals([...samples], values);
  }
});

Deno.test("parseWav() keeps channels side by side, and takes the extended form", () => {
  const stereo = parseWav(wavFile([0, 0.5, -0.5, 0.25], { channels: 2, sampleRate: 44100 }), "a");
  assertEquals([stereo.channels, stereo.sampleRate, stereo.samples.length], [2, 44100, 4]);
  const extended = parseWav(wavFile([0.5], { extended: true, bits: 24 }), "a");
  assertEquals([...extended.samples], [0.5]);
});

Deno.test("parseWav() passes over chunks that it does not know, and takes an open end", () => {
  const file = wavFile([0.5, -0.5], { before: "LIST" });
  assertEquals([...parseWav(file, "a").samples], [0.5, -0.5]);
  const open = wavFile([0.5, -0.5]);
  // as ffmpeg, espeak-ng and sox have it
  for (const length of [0xffffffff, 0x7ffff000, 0]) {
    new DataView(open.buffer).setUint32(40, length, true);
    assertEquals([...parseWav(open, "a").samples], [0.5, -0.5]);
  }
});

Deno.test("parseWav() refuses what it cannot read, and says why", () => {
  const good = wavFile([0, 0.5]);
  const refuses = (bytes: Uint8Array, message: string) =>
    assertThrows(() => parseWav(bytes, "a.wav"), DataError, message);
  refuses(new Uint8Array(4), "it does not begin as WAV files do");
  refuses(good.subarray(0, -1), 'its chunk "data" claims 4 bytes, the file has 3 after it begins');
  refuses(good.with(20, 2), "its samples are of format 2 with 16 bits, expected integers of 8");
  refuses(good.with(34, 12), "with 12 bits");
  refuses(good.with(22, 0), "it has 0 channels at 8000 Hz");
  refuses(good.subarray(0, 36), "it has no samples");
  refuses(good.with(12, 0x78), "its samples come before their format");
  refuses(wavFile([NaN], { bits: 32, isFloat: true }), "its sample 1 is NaN");
});

Deno.test("parseWav() survives damaged files", () => {
  const values = Array.from({ length: 50 }, (_, i) => Math.sin(i));
  assertSurvivesDamage([
    wavFile(values),
    wavFile(values, { bits: 8, channels: 2 }),
    wavFile(values, { bits: 24, extended: true }),
    wavFile(values, { bits: 64, isFloat: true, before: "LIST" }),
  ], (bytes) => [{ data: parseWav(bytes, "a.wav").samples }]);
});

Deno.test("readWav() reads a file", async () => {
  const path = await Deno.makeTempFile({ suffix: ".wav" });
  await Deno.writeFile(path, wavFile([0.5]));
  assertEquals((await readWav(path)).samples.length, 1);
  await Deno.remove(path);
  await assertRejects(() => readWav(path), DataError, "there is no such file");
});
