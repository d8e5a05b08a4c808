import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  backward,
  csv,
  dense,
  meanSquaredError,
  pipeline,
  PipelineError,
  type RunEvent,
  sequential,
  sgd,
  train,
} from "@millrace/millrace";
import { blobs } from "../../support/pipelines.ts";
import { bitsOf, inFolder } from "../../support/runs.ts";

Deno.test("train() resumes in the middle of an epoch to the same bits", async () => {
  await inFolder(async (folder) => {
    const whole = await train(blobs());
    const controller = new AbortController();
    const stopped = await train(blobs(), {
      runDirectory: folder,
      signal: controller.signal,
      logEvery: 1,
      onEvent: (event) => event.kind === "step" && event.step === 6 && controller.abort(),
    });
    assertEquals([stopped.stopped, stopped.steps], [true, 6]);
    const resumed = await train(blobs(), { runDirectory: folder, resume: true });
    assertEquals([resumed.stopped, resumed.steps], [false, 12]);
    assertEquals(bitsOf(resumed), bitsOf(whole));
    assertEquals(resumed.metrics.train, whole.metrics.train);
    assertEquals(resumed.metrics.test, whole.metrics.test);
  });
});

Deno.test("train() passes over a torn checkpoint and goes back to the one before it", async () => {
  await inFolder(async (folder) => {
    const whole = await train(blobs(), { runDirectory: folder });
    const names = [...Deno.readDirSync(`${folder}/checkpoints`)].map((entry) => entry.name).sort();
    assertEquals(names.length, 2);
    const newest = `${folder}/checkpoints/${names[1]}`;
    const bytes = await Deno.readFile(newest);
    await Deno.writeFile(newest, bytes.subarray(0, bytes.length - 5));
    const told: string[] = [];
    const resumed = await train(blobs(), {
      runDirectory: folder,
      resume: true,
      onEvent: (event) => event.kind === "message" && told.push(event.text),
    });
    assertStringIncludes(told.join(), "Going back to the checkpoint before it");
    assertEquals(bitsOf(resumed), bitsOf(whole));
    assertEquals(resumed.metrics, whole.metrics);
  });
});

Deno.test("train() refuses to resume with other settings, and without a checkpoint", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: `${folder}/run` });
    const changed = await assertRejects(
      () =>
        train(blobs(), {
          runDirectory: `${folder}/run`,
          resume: true,
          set: { "optimizer.learningRate": 0.5 },
        }),
      PipelineError,
    );
    assertEquals(
      changed.message,
      `"optimizer.learningRate": Cannot resume "${folder}/run": this has changed: ` +
        "received 0.5, expected 0.01\n" +
        "  hint: resume with the pipeline and settings that the run began with, or train anew",
    );
    const empty = await assertRejects(
      () => train(blobs(), { runDirectory: `${folder}/new`, resume: true }),
      PipelineError,
    );
    assertStringIncludes(empty.message, "holds no good checkpoint");
  });
});

Deno.test("train() says what has changed since the run began: settings, stages, data", async () => {
  const line = (path: string, { extra = false, options = {} } = {}) => {
    const points = csv({ path, features: ["x"], targets: ["y"] });
    const x = points.features;
    const fitted = extra ? sequential(dense(2), dense(1))(x) : dense(1)(x);
    const loss = meanSquaredError()({ predictions: fitted, targets: points.targets });
    const fit = sgd({ learningRate: 0.01 })(backward()(loss));
    return pipeline({ name: "line", stages: { points, fitted, loss, fit }, ...options });
  };
  await inFolder(async (folder) => {
    const runDirectory = `${folder}/run`;
    const path = `${folder}/line.csv`;
    await Deno.writeTextFile(path, "x,y\n0,1\n1,3\n2,5\n");
    await train(line(path), { runDirectory });
    const changes = async (options: Parameters<typeof line>[1], limit?: number) => {
      const { issues } = await assertRejects(
        () =>
          train(line(path, options), {
            runDirectory,
            resume: true,
            ...(limit === undefined ? {} : { limit }),
          }),
        PipelineError,
      );
      return issues.map(({ path, message, received, expected }) =>
        [path, message.replace(folder, ""), received, expected].join("|")
      );
    };
    const setting = 'Cannot resume "/run": this has changed';
    assertEquals(await changes({ options: { batchSize: 2, seed: 4 } }), [
      `batchSize|${setting}|2|32`,
      `seed|${setting}|4|0`,
    ]);
    assertEquals(await changes({ extra: true }), [`fitted|${setting}|sequential|dense`]);
    assertEquals(await changes({}, 2), [`limit|${setting}|2|nothing`]);
    await Deno.writeTextFile(path, "x,y\n0,1\n1,3\n2,6\n");
    assertEquals(await changes({}), [
      '|Cannot resume "/run": the data of "points" has changed||',
    ]);
    await Deno.remove(`${runDirectory}/run.json`);
    assertEquals(await changes({}), [
      '|Cannot resume "/run": the pipeline or its settings have changed||',
    ]);
  });
});

Deno.test("train() changes nothing of a finished run that has nothing left to do", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    const before = await Deno.readTextFile(`${folder}/run.json`);
    const resume = async (epochs: number) => {
      const error = await assertRejects(
        () => train(blobs(), { runDirectory: folder, resume: true, set: { epochs } }),
        PipelineError,
      );
      return error.message.replace(folder, "run");
    };
    assertEquals(
      await resume(2),
      '"epochs": Cannot resume "run": it has gone further: received 2, expected at least 3\n' +
        "  hint: epochs counts from the beginning of the run; for fewer, train anew",
    );
    assertEquals(
      await resume(3),
      '"epochs": Cannot resume "run": nothing is left to train: received 3\n  hint: raise epochs',
    );
    assertEquals(await Deno.readTextFile(`${folder}/run.json`), before);
  });
});

Deno.test("train() goes back to no checkpoint when all are damaged", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    for (const { name } of Deno.readDirSync(`${folder}/checkpoints`)) {
      await Deno.writeTextFile(`${folder}/checkpoints/${name}`, "torn");
    }
    const told: string[] = [];
    const onEvent = (event: RunEvent) => event.kind === "message" && told.push(event.text);
    const { message } = await assertRejects(
      () => train(blobs(), { runDirectory: folder, resume: true, onEvent }),
      PipelineError,
    );
    assertEquals(told.map((text) => text.includes("Going back")), [true, false]);
    assertStringIncludes(message, "holds no good checkpoint\n  hint: train anew");
  });
});

Deno.test("train() resumes a finished run for more epochs", async () => {
  await inFolder(async (folder) => {
    const whole = await train(blobs(), { set: { epochs: 5 } });
    await train(blobs(), { runDirectory: folder });
    const more = await train(blobs(), { runDirectory: folder, resume: true, set: { epochs: 5 } });
    assertEquals(more.steps, 20);
    assertEquals(bitsOf(more), bitsOf(whole));
    assertEquals(more.metrics, whole.metrics);
  });
});

Deno.test("train() refuses a directory that already holds a run", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    const error = await assertRejects(
      () => train(blobs(), { runDirectory: folder }),
      PipelineError,
    );
    assertStringIncludes(error.message, "it already holds a run");
  });
});
