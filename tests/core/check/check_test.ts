import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  accuracy,
  type AnyHandle,
  type AnyTensor,
  type AnyText,
  arrays,
  backward,
  defineHostStage,
  defineLoader,
  defineStage,
  dense,
  flatten,
  idx,
  mnist,
  type Pipeline,
  pipeline,
  PipelineError,
  rescale,
  sequential,
  sgd,
  softmax,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";
import { z } from "zod";
import { check } from "../../../core/check/mod.ts";
import { blobs } from "../../support/pipelines.ts";

function issuesOf(pipeline: Pipeline, set: Record<string, unknown> = {}): PipelineError {
  return assertThrows(() => check(pipeline, set), PipelineError);
}

Deno.test("check() accepts a whole pipeline and lists its variables in order", () => {
  const { variables } = check(blobs());
  assertEquals(variables.map((variable) => variable.path).slice(0, 4), [
    "logits.dense1.weight",
    "logits.dense1.bias",
    "logits.dense2.weight",
    "logits.dense2.bias",
  ]);
});

Deno.test("check() gathers every issue and numbers them", () => {
  const data = arrays({ x: [[1, 2]], y: { values: [0], classes: 3 } });
  const logits = dense(-4 as number)(data.x);
  const error = issuesOf(pipeline({
    name: "broken",
    batchSize: 0,
    stages: {
      data,
      logits,
      optimizer: sgd({ learningRate: -1 })(
        backward()(
          sparseCategoricalCrossEntropy()({ logits: logits as never, labels: data.y as never }),
        ),
      ),
    },
  }));
  assertEquals(error.issues.map((issue) => issue.path), [
    "batchSize",
    "logits.units",
    "optimizer.learningRate",
  ]);
  assertStringIncludes(error.message, "Found 3 problems:\n1. ");
});

Deno.test("check() names both ends of a connection whose shape does not fit", () => {
  const digits = mnist();
  const pixels = rescale({ scale: 1 / 255 })(digits.image);
  const error = issuesOf(pipeline({
    name: "deep",
    stages: { digits, pixels, logits: sequential(dense(4), dense(10))(pixels as never) },
  }));
  assertEquals(error.issues.length, 1);
  assertStringIncludes(
    error.message,
    'Cannot connect "pixels.output" to "logits.dense1.x": received f32[32, 28, 28], expected 2 axes',
  );
  assertStringIncludes(error.message, "put flatten() between them");
});

Deno.test("check() finds a shape that does not fit deep in the model", () => {
  const digits = mnist();
  const pixels = flatten()(rescale({ scale: 1 / 255 })(digits.image));
  const logits = sequential(dense(16), dense(12))(pixels);
  const error = issuesOf(pipeline({
    name: "classes",
    stages: {
      digits,
      logits,
      loss: sparseCategoricalCrossEntropy()({ logits, labels: digits.label as never }),
      accuracy: accuracy()({ logits, labels: digits.label as never }),
    },
  }));
  assertEquals(error.issues.map((issue) => issue.path), ["loss", "accuracy"]);
  assertStringIncludes(error.message, "12");
  assertStringIncludes(error.message, "10");
});

Deno.test("check() builds what is only predicted, each stage once for unseen data", () => {
  const builds: string[] = [];
  const watched = defineStage<(x: AnyTensor) => AnyTensor>()({
    name: "watched",
    kind: "traced",
    family: "layer",
    config: z.strictObject({}),
    inputs: { x: { kind: "tensor" } },
    output: "tensor",
    build({ x }, { path }) {
      builds.push(path);
      if (path === "wrong") throw new RangeError("Cannot build this");
      return x as never;
    },
  });
  const data = arrays({ x: [[1, 2]] });
  const first = watched({})(data.x);
  const stages = { data, first, second: watched({})(first), third: watched({})(first) };
  check(pipeline({ name: "predicted", stages }));
  assertEquals(builds.toSorted(), ["first", "first", "second", "third"]);
  const error = issuesOf(
    pipeline({ name: "predicted", stages: { ...stages, wrong: watched({})(first) } }),
  );
  assertEquals(error.issues.map((issue) => issue.path), ["wrong"]);
});

Deno.test("check() refuses bytes where floats are wanted, and says what to put between", () => {
  const digits = mnist();
  const error = issuesOf(pipeline({
    name: "bytes",
    stages: { digits, flat: flatten()(digits.image as never) },
  }));
  assertStringIncludes(error.message, "received u8[32, 28, 28], expected dtype f32");
  assertStringIncludes(error.message, "rescale()");
});

Deno.test("check() names the nearest known name for an unknown setting", () => {
  const error = issuesOf(blobs(), {
    "optimiser.learningRate": 1,
    "optimizer.learningrate": 1,
    "logits.dens1.units": 3,
    "epoch": 3,
  });
  assertEquals(error.issues.map((issue) => issue.hint?.split("?")[0]), [
    'did you mean "optimizer"',
    'did you mean "epochs"',
    'did you mean "dense1"',
    'did you mean "learningRate"',
  ]);
});

Deno.test("check() refuses what untyped code may give instead of a pipeline", () => {
  for (const value of [{}, undefined, null, { stages: {} }]) {
    assertStringIncludes(
      issuesOf(value as unknown as Pipeline).message,
      "Cannot use this as a pipeline: it was not made by pipeline()",
    );
  }
  for (const options of [undefined, {}, { name: "x", stages: [] }]) {
    const declare = pipeline as (options: unknown) => Pipeline;
    const error = assertThrows(() => declare(options), PipelineError);
    assertStringIncludes(error.message, '"stages": Cannot declare the pipeline: received');
  }
});

Deno.test("check() refuses names that paths and files cannot have", () => {
  const data = arrays({ x: [[1]] });
  const { issues } = issuesOf(
    pipeline({ name: " ", stages: { "my.data": data, ä_1: dense(1)(data.x) } }),
  );
  assertEquals(issues.map(({ path, message }) => [path, message]), [
    ["name", "Cannot use this name for a pipeline"],
    ["my.data", "Cannot use this name for a stage"],
  ]);
});

Deno.test("check() says how to set what is inside a field", () => {
  const digits = idx({ images: "a", labels: "b", shape: [2, 2], classes: 3 });
  const error = issuesOf(pipeline({ name: "files", stages: { digits } }), {
    "digits.test.images": "c",
  });
  assertEquals(
    error.message,
    '"digits.test.images": Cannot set this: the field can only be set as a whole\n' +
      `  hint: give all of it as JSON: --set digits.test='{"images":"c"}'`,
  );
});

Deno.test("check() sets values by path, also in stages inside a stage", () => {
  const { resolved, variables } = check(blobs(), {
    "epochs": 9,
    "logits.dense1.units": 5,
    "optimizer.learningRate": 0.5,
  });
  assertEquals(resolved.run.epochs, 9);
  assertEquals(variables[0]!.spec.shape, [4, 5]);
});

Deno.test("check() says which value of --set is out of range", () => {
  const error = issuesOf(blobs(), { "logits.dropout.rate": 1.5 });
  assertEquals(error.issues[0]!.path, "logits.dropout.rate");
  assertEquals(error.issues[0]!.received, "1.5");
});

Deno.test("check() reports a wrong value once, and nothing that only follows from it", () => {
  const error = issuesOf(blobs(), { "logits.dense1.units": 0 });
  assertEquals(error.issues.map((issue) => issue.path), ["logits.dense1.units"]);
});

Deno.test("check() reports a port that is not connected", () => {
  const data = arrays({ x: [[1, 2]], y: { values: [0], classes: 3 } });
  const logits = dense(3)(data.x);
  const loss = (sparseCategoricalCrossEntropy() as (i: unknown) => AnyHandle)({ logits });
  const error = issuesOf(pipeline({ name: "open", stages: { data, logits, loss } }));
  assertEquals(error.issues.map((issue) => issue.path), ["loss.labels"]);
  assertStringIncludes(error.message, "the port is not connected");
});

Deno.test("check() names the nearest output when a loader has no such one", () => {
  const data = arrays({ x: [[1, 2]] });
  const stray = (data as unknown as Record<string, AnyHandle>)["xs"]!;
  const error = issuesOf(pipeline({ name: "stray", stages: { out: dense(1)(stray as never) } }));
  assertStringIncludes(error.message, 'did you mean "arrays.x"?');
});

Deno.test("check() shows a cycle as the chain of stages that read each other", () => {
  const data = arrays({ x: [[1, 2]] });
  const first = dense(2)(data.x);
  const second = dense(2)(first);
  (first.stage.inputs as Record<string, AnyHandle>)["x"] = second;
  const error = issuesOf(pipeline({ name: "ring", stages: { first, second } }));
  assertStringIncludes(error.message, '"second" reads "first" reads "second"');
});

Deno.test("check() refuses entries of stages that are no handles", () => {
  const data = arrays({ x: [[1, 2]] });
  const error = issuesOf(
    pipeline({ name: "plain", stages: { data, layer: dense(2) as unknown as AnyHandle } }),
  );
  assertEquals(error.issues[0]!.path, "layer");
});

Deno.test("check() tells when softmax output is given where a loss wants another kind", () => {
  const data = arrays({ x: [[1, 2]], y: { values: [0], classes: 2 } });
  const out = softmax()(dense(2)(data.x));
  const error = issuesOf(pipeline({
    name: "kinds",
    stages: { data, out, optimizer: sgd()(out as never) },
  }));
  assertStringIncludes(error.message, "received tensor, expected gradients");
});

/** A stage of a plugin that fails in its own way. */
const faulty = defineStage<(x: AnyTensor) => AnyTensor>()({
  name: "faulty",
  family: "transform",
  kind: "traced",
  config: z.object({ text: z.string() }),
  inputs: { x: { kind: "tensor" } },
  output: "tensor",
  build: (_, { config }) => {
    throw new Error(config.text);
  },
});

Deno.test("check() keeps the first error that a stage's build threw as the cause", () => {
  const data = arrays({ x: [[1, 2]] });
  const first = faulty({ text: "no such table" })(data.x);
  const second = faulty({ text: "something else" })(data.x);
  const error = issuesOf(pipeline({ name: "faults", stages: { data, first, second } }));
  assertEquals(error.issues.map(({ path, message }) => [path, message]), [
    ["first", "no such table"],
    ["second", "something else"],
  ]);
  assert(error.cause instanceof Error);
  assertEquals(error.cause.message, "no such table");
  assertStringIncludes(error.cause.stack ?? "", "check_test.ts");
});

Deno.test("check() keeps what a loader's ports threw as the cause", () => {
  const cause = { reason: "not even an Error" };
  const loader = defineLoader<{ readonly x: AnyTensor }>()({
    name: "throwing",
    kind: "loader",
    family: "loader",
    config: z.object({}),
    ports: () => {
      throw cause;
    },
    open: () => null,
  });
  const data = loader({});
  const error = issuesOf(pipeline({ name: "ports", stages: { data, out: flatten()(data.x) } }));
  assertEquals(error.issues[0]!.path, "data");
  assert(error.cause === cause);
});

const letters = defineLoader<{ line: AnyText; number: AnyTensor }>()({
  name: "letters",
  kind: "loader",
  family: "loader",
  config: z.object({}),
  ports: () => ({
    line: { kind: "tensor", dtype: "u8", shape: [4], encoding: "utf-8" },
    number: { kind: "tensor", dtype: "u8", shape: [4] },
  }),
  open: () => null,
});

const shout = defineHostStage<(line: AnyText) => { line: AnyText }>()({
  name: "shout",
  family: "transform",
  kind: "host",
  config: z.object({}),
  inputs: { line: { kind: "tensor", encoding: "utf-8", rank: 2 } },
  ports: ({ line }) => ({ line: line! }),
  map: ({ line }) => ({ line: line! }),
});

Deno.test("check() looks at what flows into host stages, and whether it is text", () => {
  const { line, number } = letters({});
  const stages = (text: AnyText) => {
    const louder = shout({})(text);
    return { louder, x: rescale()(louder.line) };
  };
  assert(check(pipeline({ name: "text", stages: stages(line) })).ports.has("louder"));
  const error = issuesOf(pipeline({ name: "text", stages: stages(number as never) }));
  assertEquals(error.issues.length, 1);
  assertStringIncludes(
    error.message,
    'Cannot connect "letters.number" to "louder.line": received u8[32, 4], expected text',
  );
  assertStringIncludes(error.message, "wire a loader's output of text to it");
  const labels = arrays({ kind: { values: [0], classes: 2 } }).kind;
  assertStringIncludes(
    issuesOf(pipeline({ name: "text", stages: stages(labels as never) })).message,
    'to "louder.line": received labels, expected tensor\n' +
      "  hint: labels are numbers of classes: oneHot() makes numbers to compute with of them",
  );
  const direct = pipeline({ name: "text", stages: { y: dense(2)(line as never) } });
  assertStringIncludes(
    issuesOf(direct).message,
    "expected dtype f32\n  hint: it is text: put bagOfWords(), hashText() or tokens() between them",
  );
  const { x } = arrays({ x: [[1, 2]] });
  const scores = { logits: dense(2)(x), labels: x as never };
  assertStringIncludes(
    issuesOf(pipeline({
      name: "labels",
      stages: { loss: sparseCategoricalCrossEntropy()(scores) },
    })).message,
    'received tensor, expected labels\n  hint: declare the column by its classes, as { classes: ["no", "yes"] }',
  );
});

Deno.test("check() gives no cause where nothing was thrown", () => {
  assertEquals("cause" in issuesOf(blobs(), { epochs: 0 }), false);
});
