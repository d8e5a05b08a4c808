import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  adam,
  arrays,
  backward,
  DataError,
  dense,
  freeze,
  type InitialWeights,
  meanSquaredError,
  type Pipeline,
  pipeline,
  PipelineError,
  sequential,
  standardize,
  train,
} from "@millrace/millrace";
import { bitsOf, inFolder } from "../../support/runs.ts";

const table = arrays({ x: [[0, 1], [1, 0], [3, 5]], y: [[1], [2], [3]] });

/** Features and a line over them, with some of the layers frozen. */
function lines(
  { initialWeights, units = 4, frozen = false, name = "base", seed = 1 }: {
    readonly initialWeights?: readonly InitialWeights[];
    readonly units?: number;
    readonly frozen?: boolean;
    readonly name?: string;
    readonly seed?: number;
  } = {},
): Pipeline {
  const scaled = standardize()(table.x);
  const hidden = sequential(dense(units, { activation: "tanh" }), dense(3));
  const features = (frozen ? freeze(hidden) : hidden)(scaled);
  const line = dense(1)(features);
  const loss = meanSquaredError()({ predictions: line, targets: table.y });
  return pipeline({
    name,
    epochs: 3,
    batchSize: 2,
    seed,
    ...(initialWeights === undefined ? {} : { initialWeights }),
    stages: { table, scaled, features, line, loss, fit: adam()(backward()(loss)) },
  });
}

async function withBase(run: (directory: string, base: Record<string, string>) => Promise<void>) {
  await inFolder(async (folder) => {
    const directory = `${folder}/base`;
    await run(directory, bitsOf(await train(lines(), { runDirectory: directory })));
  });
}

Deno.test("train() starts from the weights of another run, and records what it loaded", async () => {
  await withBase(async (directory, base) => {
    const declared = lines({
      frozen: true,
      seed: 2,
      initialWeights: [{ file: directory, from: "features" }, { file: directory, from: "scaled" }],
    });
    const runDirectory = `${directory}-tuned`;
    const kinds: string[] = [];
    const tuned = await train(declared, {
      runDirectory,
      onEvent: (event) => kinds.push(event.kind),
    });
    const bits = bitsOf(tuned);
    for (const path of Object.keys(base)) {
      assertEquals(bits[path] === base[path], !path.startsWith("line"), path);
    }
    // what was loaded is not fitted again
    assertEquals(kinds.filter((kind) => kind === "weights" || kind === "fit"), [
      "weights",
      "weights",
    ]);
    const { initialWeights } = JSON.parse(await Deno.readTextFile(`${runDirectory}/run.json`));
    assertEquals(initialWeights[0].file, `${directory}/model.safetensors`);
    assertEquals(initialWeights[0].sha256.length, 64);
    assertEquals(initialWeights[0].tensors["features.dense2.bias"], "features.dense2.bias");
    assertEquals(initialWeights[1].tensors, {
      "scaled.mean": "scaled.mean",
      "scaled.std": "scaled.std",
    });
    assertEquals(initialWeights.map(({ unused }: { unused: string[] }) => unused), [[], []]);
  });
});

Deno.test("train() moves weights from one path to another", async () => {
  await withBase(async (directory, base) => {
    const student = dense(3);
    const features = freeze(student)(dense(4)(table.x));
    const loss = meanSquaredError()({ predictions: dense(1)(features), targets: table.y });
    const declared = pipeline({
      name: "moved",
      initialWeights: [{
        file: `${directory}/model.safetensors`,
        from: "features.dense2",
        to: "student",
      }],
      layers: { student },
      stages: { features, loss, fit: adam()(backward()(loss)) },
    });
    const bits = bitsOf(await train(declared));
    assertEquals(bits["student.weight"], base["features.dense2.weight"]);
    assertEquals(bits["student.bias"], base["features.dense2.bias"]);
  });
});

Deno.test("train() goes on without the file that it started from, and keeps the record of it", async () => {
  await withBase(async (directory) => {
    const declared = lines({ seed: 3, initialWeights: [{ file: directory }] });
    const whole = await train(declared);
    const runDirectory = `${directory}-stopped`;
    const controller = new AbortController();
    await train(declared, {
      runDirectory,
      signal: controller.signal,
      onEvent: (event) => event.kind === "epoch" && controller.abort(),
    });
    await Deno.remove(directory, { recursive: true });
    const resumed = await train(declared, { runDirectory, resume: true });
    assertEquals(bitsOf(resumed), bitsOf(whole));
    const record = JSON.parse(await Deno.readTextFile(`${runDirectory}/run.json`));
    assertEquals(record.initialWeights.length, 1);
  });
});

Deno.test("train() refuses weights of other shapes, and those that a file lacks, all at once", async () => {
  await withBase(async (directory) => {
    const error = await assertRejects(
      () => train(lines({ units: 5, initialWeights: [{ file: directory }] })),
      PipelineError,
    );
    assertEquals(error.issues.map(({ path, received, expected }) => [path, received, expected]), [
      ["features.dense1.weight", "f32[2, 4]", "f32[2, 5]"],
      ["features.dense1.bias", "f32[4]", "f32[5]"],
      ["features.dense2.weight", "f32[4, 3]", "f32[5, 3]"],
    ]);
    assertStringIncludes(error.message, `Cannot start from "${directory}/model.safetensors"`);
    const other = await assertRejects(
      () => train(lines({ initialWeights: [{ file: directory, from: "line", to: "features" }] })),
      PipelineError,
      'no tensor "line.dense1.weight"',
    );
    assertStringIncludes(other.message, 'narrow initialWeights.0 with "from" and "to"');
  });
});

Deno.test("train() refuses paths that lead nowhere, and weights from two files", async () => {
  await withBase(async (directory) => {
    const refused = async (initialWeights: readonly InitialWeights[], message: string) => {
      const error = await assertRejects(() => train(lines({ initialWeights })), PipelineError);
      assertStringIncludes(error.message, message);
    };
    await refused(
      [{ file: directory, from: "featuers" }],
      `"initialWeights.0.from": Cannot find weights at or below "featuers" in ` +
        `"${directory}/model.safetensors"\n  hint: did you mean "features"?`,
    );
    await refused(
      [{ file: directory, from: "features", to: "teacher" }],
      '"initialWeights.0.to": Cannot find weights at or below "teacher" in the pipeline',
    );
    await refused(
      [{ file: directory }, { file: directory, from: "line" }],
      `"initialWeights.1": Cannot start "line.weight" from "${directory}/model.safetensors": ` +
        "a file before has set it",
    );
  });
});

Deno.test("train() refuses a file of weights that is missing or torn, and says what trains it", async () => {
  await withBase(async (directory) => {
    await assertRejects(
      () => train(lines({ initialWeights: [{ file: `${directory}/none.safetensors` }] })),
      DataError,
      "there is no such file",
    );
    await assertRejects(
      () =>
        train(lines({ initialWeights: [{ file: "runs/none", trainedBy: "pipelines/base.ts" }] })),
      DataError,
      "train them first: deno task train pipelines/base.ts --run runs/none",
    );
    const bytes = await Deno.readFile(`${directory}/model.safetensors`);
    bytes[bytes.length - 1]! ^= 1;
    await Deno.writeFile(`${directory}/torn.safetensors`, bytes);
    const error = await assertRejects(
      () => train(lines({ initialWeights: [{ file: `${directory}/torn.safetensors` }] })),
      DataError,
    );
    assert(error.message.includes("torn.safetensors"));
  });
});
