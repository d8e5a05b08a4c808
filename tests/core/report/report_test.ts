import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  adam,
  arrays,
  backward,
  binaryCrossEntropy,
  confusionMatrix,
  csv,
  DataError,
  dense,
  evaluate,
  meanSquaredError,
  type Pipeline,
  pipeline,
  PipelineError,
  recall,
  regularize,
  sgd,
  sparseCategoricalCrossEntropy,
  train,
  type TrainOptions,
  type TrainResult,
  writeReport,
} from "@millrace/millrace";
import { loadLibraries } from "../../../core/report/libraries.ts";
import { evaluationJson } from "../../../core/cli/evaluate.ts";
import { main } from "../../../core/cli/main.ts";
import { trainingJson } from "../../../core/cli/train.ts";
import { keptIo } from "../cli/support.ts";
import { blobs } from "../../support/pipelines.ts";

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Trains into a folder; gives what the report of the run then says. */
async function reportOf(
  folder: string,
  declared: Pipeline,
  options: TrainOptions = {},
): Promise<{ readonly page: string; readonly result: TrainResult }> {
  const result = await train(declared, { runDirectory: folder, logEvery: 1, ...options });
  const { set = {} } = options;
  const path = await writeReport(folder, { pipeline: declared, set });
  assertEquals(path, `${folder}/report.html`);
  return { page: await Deno.readTextFile(path), result };
}

/** The numbers of the confusion matrix, without the predicted classes' names. */
function matrixOf(page: string): number[][] {
  const [, body = ""] = /<table class="matrix[^>]*>[\s\S]*?<tbody>([\s\S]*?)<\/tbody>/.exec(page) ??
    [];
  return [...body.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map(([, cell]) => cell === "·" ? 0 : Number(cell))
  );
}

function line(): Pipeline {
  const data = arrays({ x: [[0], [1], [2], [3]], y: [[1], [3], [5], [7]] });
  const predictions = dense(1)(data.x);
  const loss = meanSquaredError()({ predictions, targets: data.y });
  const fit = sgd({ learningRate: 0.05 })(backward()(loss));
  return pipeline({
    name: "line",
    epochs: 5,
    batchSize: 4,
    stages: { data, predictions, loss, fit },
  });
}

const sections = (page: string) => [...page.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, name]) => name);

Deno.test("writeReport() tells the scores of the run", async () => {
  await inFolder(async (folder) => {
    const { page, result } = await reportOf(folder, blobs());
    const { metrics: { train, test } } = result;
    for (const name of ["loss", "accuracy"]) {
      const cells = [train, test].map((scores) => {
        const value = scores![name]!;
        return `<td>${value < 1 ? value.toFixed(4) : value.toPrecision(4)}</td>`;
      });
      assertStringIncludes(page, `<tr><th>${name}</th>${cells.join("")}</tr>`);
    }
    assertStringIncludes(page, "<h1>blobs</h1>");
    assertStringIncludes(page, "seed <b>7</b>");
    assertStringIncludes(page, "<figcaption>accuracy</figcaption>");
    assertEquals(sections(page), ["Curves", "Confusion", "Pipeline", "Time of a step"]);
  });
});

Deno.test("writeReport() draws every stage, what flows between them, and their settings", async () => {
  await inFolder(async (folder) => {
    const { page } = await reportOf(folder, blobs());
    for (const name of ["data", "logits", "loss", "optimizer", "accuracy", "probabilities"]) {
      assertStringIncludes(page, `>${name}</text>`);
    }
    assertStringIncludes(page, ">features: f32[batch, 4]</text>");
    assertStringIncludes(page, ">label: 3 classes</text>");
    assertStringIncludes(page, ">dense1 → dropout → dense2</text>");
    assertStringIncludes(page, "<b>learningRate</b> 0.01");
    assertStringIncludes(page, "<b>activation</b> relu");
  });
});

Deno.test("writeReport() counts every test row in the confusion matrix, hits on its diagonal", async () => {
  await inFolder(async (folder) => {
    const { page, result } = await reportOf(folder, blobs());
    const counts = matrixOf(page);
    assertEquals(counts.map((row) => row.length), [3, 3, 3]);
    assertEquals(counts.flat().reduce((sum, count) => sum + count), 30);
    const hits = counts.reduce((sum, row, i) => sum + row[i]!, 0);
    assertEquals(hits / 30, result.metrics.test!["accuracy"]);
  });
});

Deno.test("writeReport() uses as many rows as the run did", async () => {
  await inFolder(async (folder) => {
    const { page } = await reportOf(folder, blobs(), { limit: 20, set: { epochs: 1 } });
    assertEquals(matrixOf(page).flat().reduce((sum, count) => sum + count), 20);
    assertStringIncludes(page, "20 <small>limited</small>");
  });
});

Deno.test("writeReport() asks for nothing from outside and runs nothing", async () => {
  await inFolder(async (folder) => {
    const { page } = await reportOf(folder, blobs());
    const text = page.replaceAll(/xmlns(:\w+)?="[^"]*"/g, "");
    assertEquals(text.match(/\w+:\/\/|<script|<link|<img|<iframe|\bsrc=|\bhref=|@import/gi), null);
    assertEquals([...text.matchAll(/url\((?!#)/g)].length, 0);
    assertStringIncludes(page, "default-src 'none'");
    assert(page.length < 100_000, `${page.length} characters`);
  });
});

Deno.test("writeReport() tells where the time of a step goes, measured in the run or after it", async () => {
  await inFolder(async (folder) => {
    const after = await reportOf(`${folder}/after`, blobs());
    assert(/Measured after training, over \d+ steps of 16 rows; /.test(after.page));
    assert(!after.page.includes("at this machine"));
    const during = await reportOf(`${folder}/during`, blobs(), { profile: true });
    assertStringIncludes(during.page, "Measured while it trained, over 9 steps of 16 rows; ");
    assert(/its kernels would take [\d.]+\u00a0[nµ]?s at this machine/.test(during.page));
    for (const { page } of [after, during]) {
      for (const name of ["logits.dense1", "optimizer", "feeding the batch"]) {
        assert(page.includes(`<th>${name}</th>`) || page.includes(`${name} + `), name);
      }
    }
  });
});

Deno.test("writeReport() counts the rows that loaders left out or kept, as run.json does", async () => {
  await inFolder(async (folder) => {
    const rows = Array.from({ length: 30 }, (_, i) => `${i},${2 * i}\n`).join("");
    await Deno.writeTextFile(`${folder}/a.csv`, `x,y\n${rows}<b>,1\n-5,2\n-6,2\n`);
    const pageFor = async (invalid: "drop" | "report") => {
      const data = csv({
        path: `${folder}/a.csv`,
        features: ["x"],
        targets: ["y"],
        rules: { x: { min: 0 } },
        invalid,
      });
      const predictions = dense(1)(data.features);
      const loss = meanSquaredError()({ predictions, targets: data.targets });
      const fit = adam()(backward()(loss));
      const stages = { data, predictions, loss, fit };
      return await reportOf(
        `${folder}/${invalid}`,
        pipeline({ name: "numbers", batchSize: 8, epochs: 1, stages }),
      );
    };
    const cells = (page: string) =>
      [...page.matchAll(/<tr><th>data<\/th>.*<\/tr>/g)].map(([row]) =>
        row.replaceAll(/<[^>]*>/g, "|").replaceAll(/\|+/g, "|")
      );
    const dropped = await pageFor("drop");
    assertStringIncludes(dropped.page, "<h2>Invalid rows</h2>");
    assertEquals(cells(dropped.page), [
      "|data|train|drop|33|3|0|",
      "|data|train|x|less than 0|2|",
      "|data|train|x|not a number|1|",
    ]);
    assertStringIncludes(dropped.page, "received &quot;&lt;b&gt;&quot;");
    const kept = await pageFor("report");
    assertEquals(cells(kept.page)[0], "|data|train|report|33|1|2|");
    const record = JSON.parse(await Deno.readTextFile(`${folder}/report/run.json`));
    const [{ checked, dropped: leftOut, kept: stayed }] = record.results.invalid;
    assertEquals([checked, leftOut, stayed], [33, 1, 2]);
    const unfinished = { ...record, finished: false, results: undefined };
    await Deno.writeTextFile(`${folder}/report/run.json`, JSON.stringify(unfinished));
    const told = await Deno.readTextFile(await writeReport(`${folder}/report`));
    assertEquals(cells(told)[0], "|data|train|report|33|1|2|");
    assert(!(await reportOf(`${folder}/none`, line())).page.includes("Invalid rows"));
  });
});

Deno.test("writeReport() escapes names", async () => {
  const x = [[0, 1], [1, 0], [1, 1], [0, 0]];
  const kind = { values: [0, 1, 2, 0], classes: ["<u>a", '"><script>b', "<svg>&c"] };
  const data = arrays({ x, kind }, { test: { x, kind: kind.values } });
  const logits = dense(3)(data.x);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.kind });
  const hostile = pipeline({
    name: `<b>"&'x`,
    stages: { data, logits, loss, update: adam({})(backward()(loss)) },
  });
  await inFolder(async (folder) => {
    const { page } = await reportOf(folder, hostile, { set: { epochs: 2 } });
    assertStringIncludes(page, "<h1>&lt;b&gt;&quot;&amp;&#39;x</h1>");
    assertStringIncludes(page, "&lt;script&gt;b");
    for (const raw of ['<b>"', "<u>a", "<script", "<svg>&c"]) assert(!page.includes(raw), raw);
  });
});

Deno.test("writeReport() leaves out what a pipeline without labels and test split has not", async () => {
  await inFolder(async (folder) => {
    const { page } = await reportOf(folder, line());
    assertEquals(sections(page), ["Curves", "Pipeline", "Time of a step"]);
    assert(!page.includes("NaN"));
  });
});

Deno.test("writeReport() works without events", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    await Deno.remove(`${folder}/events.jsonl`);
    const page = await Deno.readTextFile(await writeReport(folder, { pipeline: blobs() }));
    assertEquals(sections(page), ["Confusion", "Pipeline", "Time of a step"]);
  });
});

Deno.test("writeReport() tells without the pipeline what the directory tells", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    const page = await Deno.readTextFile(await writeReport(folder));
    assertEquals(sections(page), ["Curves", "Pipeline"]);
    assertStringIncludes(page, ">probabilities</text>");
  });
});

Deno.test("writeReport() tells of a run that was stopped", async () => {
  await inFolder(async (folder) => {
    const controller = new AbortController();
    await train(blobs(), {
      runDirectory: folder,
      logEvery: 1,
      signal: controller.signal,
      onEvent: (event) => event.kind === "step" && event.step === 6 && controller.abort(),
    });
    const page = await Deno.readTextFile(await writeReport(folder, { pipeline: blobs() }));
    assertStringIncludes(page, "<small>stopped</small>");
    assertEquals(sections(page), ["Curves", "Pipeline"]);
  });
});

Deno.test("writeReport() counts a step once that was taken again after a crash", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder, logEvery: 1 });
    const log = `${folder}/events.jsonl`;
    const lines = (await Deno.readTextFile(log)).split("\n");
    const start = JSON.parse(lines.find((line) => line.includes('"start"'))!);
    const again = JSON.stringify({ ...start, fromEpoch: 1, fromStep: 4 });
    const rest = lines.filter((line) => /"step":(5|6|7|8)\b/.test(line));
    await Deno.writeTextFile(log, [...lines, again, ...rest, '{"kind":"st'].join("\n"));
    const page = await Deno.readTextFile(await writeReport(folder));
    // A line of n points has n - 1 segments.
    const [, path] = /stroke="var\(--steps\)"[^>]*><path d="([^"]*)"/.exec(page)!;
    assertEquals(path!.split("L").length, 8);
    assertStringIncludes(page, "<small>after step 4</small>");
  });
});

Deno.test("writeReport() keeps the page small however long the run was", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder, set: { epochs: 1 } });
    const events = Array.from({ length: 50_000 }, (_, i) => {
      const step = i + 1;
      const epoch = { kind: "epoch", epoch: step, step: step * 4, train: { loss: 1 / step } };
      return `${JSON.stringify({ kind: "step", step, loss: 1 / step })}\n${
        JSON.stringify(epoch)
      }\n`;
    });
    await Deno.writeTextFile(`${folder}/events.jsonl`, events.join(""), { append: true });
    const page = await Deno.readTextFile(await writeReport(folder, { pipeline: blobs() }));
    assert(page.length < 100_000, `${page.length} characters`);
    assertStringIncludes(page, "means of 125 logged steps");
  });
});

Deno.test("writeReport() refuses a directory without a run", async () => {
  await inFolder(async (folder) => {
    await assertRejects(() => writeReport(folder), DataError, "there is no such file");
    for (const text of ["{", "null", '{"millrace": 9}']) {
      await Deno.writeTextFile(`${folder}/run.json`, text);
      await assertRejects(() => writeReport(folder), DataError, "the file is no record of one");
    }
  });
});

Deno.test("writeReport() refuses the pipeline of another run", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    await assertRejects(() => writeReport(folder, { pipeline: line() }), PipelineError);
  });
});

Deno.test("loadLibraries() says in a line what could not be loaded", async () => {
  const imports = {
    "@observablehq/plot": "npm:@observablehq/plot@0.6.17",
    "@dagrejs/dagre": "file:///nowhere/dagre.js",
    "linkedom": "npm:linkedom@0.18.15",
  };
  const error = await assertRejects(() => loadLibraries(imports), PipelineError);
  assertStringIncludes(error.message, 'Cannot load "file:///nowhere/dagre.js", which reports are');
  assert(!error.message.includes("\n"), error.message);
});

Deno.test("main() writes the report of a run, and a run does not fail for its report", async () => {
  const points = "tests/core/cli/pipelines/points.ts";
  await inFolder(async (folder) => {
    const io = keptIo();
    assertEquals(await main(["train", points, "--run", `${folder}/a`], io), 0);
    assertStringIncludes(io.stdout.text, `report    ${folder}/a/report.html\n`);
    assert((await Deno.stat(`${folder}/a/report.html`)).isFile);

    await Deno.mkdir(`${folder}/b/report.html`, { recursive: true });
    const failing = keptIo();
    assertEquals(await main(["train", points, "--run", `${folder}/b`, "--json"], failing), 0);
    assertEquals(
      failing.stderr.text.match(/^report not written: Cannot write the file.*$/gm)?.length,
      1,
    );
    assertEquals(JSON.parse(failing.stdout.text).pipeline, "points");
  });
});

/** A classifier of two classes by one score, with metrics that are tables and a penalized loss. */
function tabled(): Pipeline {
  const data = arrays({
    x: [[0], [1], [2], [3]],
    kind: { values: [0, 0, 1, 1], classes: ["no <b>", "yes"] },
  }, { test: { x: [[0], [3]], kind: [0, 1] } });
  const logits = dense(1)(data.x);
  const scored = { logits, labels: data.kind };
  const loss = binaryCrossEntropy()(scored);
  const penalized = regularize({ l2: 0.01 })(loss);
  return pipeline({
    name: "tabled",
    epochs: 2,
    batchSize: 2,
    stages: {
      data,
      logits,
      loss,
      penalized,
      fit: sgd()(backward()(penalized)),
      confusion: confusionMatrix()(scored),
      shares: confusionMatrix({ normalize: "true" })(scored),
      found: recall({ average: "none" })(scored),
    },
  });
}

Deno.test("writeReport() draws metrics that are tables, of the test rows", async () => {
  await inFolder(async (folder) => {
    const { page, result } = await reportOf(folder, tabled());
    assertStringIncludes(page, "<h2>Scores in detail</h2>");
    assertStringIncludes(page, "Over the test rows.");
    assertEquals(matrixOf(page), result.tables!.test!.confusion!.values.map((row) => [...row]));
    assertStringIncludes(page, "shares: true class (down), predicted class (across)");
    assertStringIncludes(page, "<caption>found</caption>");
    assertStringIncludes(page, "<th>no &lt;b&gt;</th>");
    const [no, yes] = result.tables!.test!.found!.values;
    assertEquals([no![1], yes![1]], [1, 1]);
    // single steps are of the penalized loss, the only one that is made small
    assertStringIncludes(page, "training, single steps");
    assert(!page.includes("all losses"));
  });
});

Deno.test("writeReport() draws a confusion matrix once", async () => {
  await inFolder(async (folder) => {
    const data = arrays({ x: [[0], [1], [2]], kind: { values: [0, 1, 1], classes: 2 } }, {
      test: { x: [[0], [1]], kind: [0, 1] },
    });
    const logits = dense(2)(data.x);
    const scored = { logits, labels: data.kind };
    const fit = sgd()(backward()(sparseCategoricalCrossEntropy()(scored)));
    const stages = { data, logits, fit, confusion: confusionMatrix()(scored) };
    const { page } = await reportOf(folder, pipeline({ name: "once", stages }));
    assertEquals(page.split('<table class="matrix').length - 1, 1);
    assertStringIncludes(page, "<h2>Confusion</h2>");
    assert(!page.includes("Scores in detail"));
  });
});

Deno.test("evaluate --json has tables, and the loss that is made small", async () => {
  await inFolder(async (folder) => {
    const { result } = await reportOf(folder, tabled());
    const { scores, tables } = await evaluate(tabled(), { model: result.model });
    const told = evaluationJson({
      pipeline: "tabled",
      device: "wasm",
      split: "test",
      rows: 2,
      seconds: 0,
      scores,
      tables,
    }, tabled());
    assertEquals(told.loss, scores.penalized);
    assertEquals(told.tables, result.tables!.test);
    assertEquals(trainingJson(result).tables, result.tables);
  });
});
