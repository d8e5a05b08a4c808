import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DataError, soundFolder } from "@millrace/millrace";
import { openLoader, rowsOf, withFiles } from "../../support/loaders.ts";
import { wavFile } from "../../support/wav.ts";

Deno.test("soundFolder() gives sounds with their length and class, silence after them", async () => {
  await withFiles({}, async (folder) => {
    await Deno.mkdir(`${folder}/no`);
    await Deno.mkdir(`${folder}/yes`);
    await Deno.writeFile(`${folder}/yes/a.wav`, wavFile([0.5, -0.5]));
    await Deno.writeFile(
      `${folder}/no/b.wav`,
      wavFile([0.5, 0, 0.25, 0.25, 0.5, 1 - 2 ** -15], { channels: 2 }),
    );
    const options = { folder, samples: 3, sampleRate: 8000, classes: ["no", "yes"] } as const;
    const expected = {
      sound: [0.25, 0.25, 0.75, 0.5, -0.5, 0],
      length: [3, 2],
      label: [0, 1],
    };
    const found = await rowsOf(soundFolder(options));
    const sound = found.sound!.map((x) => Math.round(x * 100) / 100);
    assertEquals({ ...found, sound } as typeof expected, expected);
    const streamed = await rowsOf(soundFolder({ ...options, memoryBytes: 1 }));
    assertEquals(streamed, found);
    assertEquals((await openLoader(soundFolder(options), "validation")).source, null);
    const short = { ...options, samples: 2 };
    await assertRejects(
      () => rowsOf(soundFolder(short)),
      DataError,
      "Cannot use the sound: received 3 samples (0.00 s), expected at most 2 (0.00 s)",
    );
    assertEquals((await rowsOf(soundFolder({ ...short, longer: "cut" }))).length, [2, 2]);
    await assertRejects(
      () => rowsOf(soundFolder({ ...options, sampleRate: 16000 })),
      DataError,
      "received 8000 Hz, expected 16000 Hz",
    );
  });
});

Deno.test("soundFolder() resamples sounds of other rates when told to", async () => {
  await withFiles({}, async (folder) => {
    const tone = (rate: number, length: number) =>
      Array.from({ length }, (_, n) => 0.5 * Math.sin(2 * Math.PI * 440 * n / rate));
    await Deno.writeFile(`${folder}/a.wav`, wavFile(tone(8000, 800)));
    await Deno.writeFile(`${folder}/b.wav`, wavFile(tone(22050, 2205), { sampleRate: 22050 }));
    const stereo = tone(44100, 4410).flatMap((sample) => [sample, sample]);
    await Deno.writeFile(
      `${folder}/c.wav`,
      wavFile(stereo, { sampleRate: 44100, channels: 2, bits: 24 }),
    );
    const options = { folder, samples: 1000, sampleRate: 8000, otherRate: "resample" } as const;
    const { sound, length } = await rowsOf(soundFolder(options));
    assertEquals(length, [800, 800, 800]);
    // away from the ends the tone is the same
    for (const row of [1, 2]) {
      for (let n = 50; n < 750; n++) {
        const difference = Math.abs(sound![1000 * row + n]! - sound![n]!);
        assert(difference < 2e-3, `row ${row}, sample ${n}: ${difference}`);
      }
      assertEquals(sound!.slice(1000 * row + 800, 1000 * row + 1000), new Array(200).fill(0));
    }
    await assertRejects(
      () => rowsOf(soundFolder({ ...options, samples: 700 })),
      DataError,
      "received 800 samples (0.10 s), expected at most 700 (0.09 s)",
    );
    const cut = await rowsOf(soundFolder({ ...options, samples: 700, longer: "cut" }));
    assertEquals(cut.length, [700, 700, 700]);
    assertEquals(cut.sound!.slice(700, 1400), sound!.slice(1000, 1700));
    // of many rates, not all filters are kept
    for (const rate of [4000, 5000, 6000, 7000, 9000, 4000]) {
      const file = wavFile(tone(rate, rate / 10), { sampleRate: rate });
      await Deno.writeFile(`${folder}/b${rate}.wav`, file);
    }
    const many = await rowsOf(soundFolder(options));
    assertEquals(many.length, new Array(8).fill(800));
    assertEquals(many.sound!.slice(0, 1000), sound!.slice(0, 1000));
    // what a damaged header claims asks for no filter of billions of elements
    await Deno.writeFile(`${folder}/b.wav`, wavFile([0], { sampleRate: 4_000_000_001 }));
    await assertRejects(
      () => rowsOf(soundFolder(options)),
      DataError,
      "received 4000000001 Hz, expected 8000 Hz",
    );
  });
});

Deno.test("soundFolder() says how a folder that is missing is got", async () => {
  const options = { folder: "nowhere/at-all", samples: 3, sampleRate: 8000 };
  const error = await assertRejects(
    () => rowsOf(soundFolder({ ...options, origin: "deno run make.ts" })),
    DataError,
    "Cannot find the folder",
  );
  assertStringIncludes(error.message, "get it by: deno run make.ts");
  await assertRejects(() => rowsOf(soundFolder(options)), DataError, "there is no such file or");
});
