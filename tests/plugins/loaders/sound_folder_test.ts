import { assertEquals, assertRejects } from "@std/assert";
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
      "Cannot use the sound: received 3 samples, expected at most 2",
    );
    assertEquals((await rowsOf(soundFolder({ ...short, longer: "cut" }))).length, [2, 2]);
    await assertRejects(
      () => rowsOf(soundFolder({ ...options, sampleRate: 16000 })),
      DataError,
      "received 8000 Hz, expected 16000 Hz",
    );
  });
});
