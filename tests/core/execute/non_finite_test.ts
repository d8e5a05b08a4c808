import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  arrays,
  backward,
  decodeSafetensors,
  dense,
  impute,
  meanSquaredError,
  minMax,
  pipeline,
  PipelineError,
  sgd,
  standardize,
  train,
} from "@millrace/millrace";
import { exploding } from "../../support/pipelines.ts";
import { inFolder } from "../../support/runs.ts";

Deno.test("train() stops on a loss that is not finite, and names stage, step and rows", async () => {
  const error = await assertRejects(() => train(exploding()), PipelineError);
  const [issue] = error.issues;
  assertEquals(issue!.code, "nan");
  assert(/after step \d+ \(epoch \d+\)/.test(error.message), error.message);
  assert(/rows \d, \d.* of the training split/.test(error.message), error.message);
  assert(["line", "loss", "optimizer"].includes(issue!.path), issue!.path);
});

Deno.test("train() keeps the last good checkpoint when a value becomes infinite", async () => {
  await inFolder(async (folder) => {
    const error = await assertRejects(
      () => train(exploding(), { runDirectory: folder }),
      PipelineError,
    );
    assertStringIncludes(error.message, "last good checkpoint");
    for (const { name } of Deno.readDirSync(`${folder}/checkpoints`)) {
      const path = `${folder}/checkpoints/${name}`;
      const { tensors } = decodeSafetensors(await Deno.readFile(path), path);
      for (const tensor of Object.values(tensors)) assert(tensor.data.every(Number.isFinite));
    }
  });
});

Deno.test("train() stops when the very last update is not finite", async () => {
  const data = arrays({ x: [[1e15]], y: [[1e3]] });
  const line = dense(1, { kernelInitializer: "zeros" })(data.x);
  const loss = meanSquaredError()({ predictions: line, targets: data.y });
  const optimizer = sgd({ learningRate: 1e30 })(backward()(loss));
  const last = pipeline({ name: "last", stages: { data, line, loss, optimizer } });
  const error = await assertRejects(() => train(last), PipelineError);
  assertEquals(error.issues[0]!.code, "nan");
  assertStringIncludes(error.message, "after step 1");
});

Deno.test("train() counts the rows of a value that is not finite from 1, as rows of files are", async () => {
  const told = async (x: number[][], batchSize = 4) => {
    const data = arrays({ x, y: [[1], [2], [3], [4]] });
    const line = dense(1)(data.x);
    const loss = meanSquaredError()({ predictions: line, targets: data.y });
    const stages = { data, line, loss, optimizer: sgd()(backward()(loss)) };
    const declared = pipeline({ name: "gap", batchSize, shuffle: false, stages });
    return (await assertRejects(() => train(declared), PipelineError)).message;
  };
  assertStringIncludes(
    await told([[1], [2], [NaN], [4]]),
    '"data.x": Cannot go on after step 1 (epoch 1): the data is NaN or infinite in row 3 of the ' +
      "training split\n  hint: fill in missing values with impute(), or leave such rows out",
  );
  assertStringIncludes(
    await told([[Infinity], [2], [3], [NaN]]),
    "the data is NaN or infinite in rows 1, 4 of the training split",
  );
  assertStringIncludes(
    await told([[1e30], [2], [3], [4]]),
    "is NaN or infinite for row 1 of the training split\n  hint: lower the learning rate, scale the " +
      "inputs, or look at this row",
  );
  assertStringIncludes(await told([[1], [2], [3], [NaN]], 2), "after step 2 (epoch 1)");
});

Deno.test("train() fits nothing to rows with missing values, but what fills them in", async () => {
  const data = arrays({ x: [[1, 2], [NaN, 3], [5, 4]], y: [[1], [2], [3]] });
  const fitted = (features: typeof data.x) => {
    const line = dense(1)(features);
    const loss = meanSquaredError()({ predictions: line, targets: data.y });
    const optimizer = sgd({ learningRate: 1e-3 })(backward()(loss));
    return train(pipeline({ name: "gap", stages: { data, features, line, loss, optimizer } }), {
      device: "reference",
    });
  };
  await assertRejects(
    () => fitted(standardize()(data.x)),
    PipelineError,
    '"features": Cannot fit this stage: the training rows have missing values: received mean [2] with ' +
      "1 of 2 numbers NaN",
  );
  // its range is that of the values that are there
  await assertRejects(() => fitted(minMax()(data.x)), PipelineError, "in row 2 of the training");
  const { model } = await fitted(standardize()(impute()(data.x)));
  assertEquals([...model.tensors["features.mean"]!.data], [3, 3]);
});
