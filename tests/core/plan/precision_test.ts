import { assertEquals, assertThrows } from "@std/assert";
import {
  adam,
  arrays,
  backward,
  batchNormalization,
  compile,
  dense,
  devices,
  type Pipeline,
  pipeline,
  PipelineError,
  printPlan,
  sequential,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";
import lenet from "../../../pipelines/lenet.ts";

const deviceNamed = (name: string) => devices.find((device) => device.name === name)!;
const { target } = deviceNamed("webgpu");

function compiled(declared: Pipeline, precision: "full" | "mixed", purpose: "train" | "evaluate") {
  return compile(declared, { purpose, target, precision }).plan;
}

/** Buffers of the workspace, with how each is stored. */
function workspace(declared: Pipeline): Record<string, readonly string[]> {
  const { buffers } = compiled(declared, "mixed", "train");
  const free = buffers.filter(({ region, dtype }) => region === "workspace" && dtype === "f32");
  const named = (storage: "f16" | undefined) =>
    free.filter((buffer) => buffer.storage === storage).map(({ name }) => name);
  return { f16: named("f16"), f32: named(undefined) };
}

function normalized(): Pipeline {
  const data = arrays({
    x: [[1, 2], [3, 4], [5, 6], [7, 8]],
    kind: { values: [0, 1, 2, 1], classes: 3 },
  });
  const logits = sequential(
    dense(8),
    batchNormalization(),
    dense(8, { activation: "relu" }),
    dense(3),
  )(
    data.x,
  );
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.kind });
  const optimizer = adam()(backward()(loss));
  return pipeline({ name: "normalized", batchSize: 4, stages: { data, logits, loss, optimizer } });
}

Deno.test("plan() stores what contractions read in 16 bits, and statistics in 32", () => {
  const { f16, f32 } = workspace(normalized());
  const of = (names: readonly string[] | undefined, stage: string) =>
    names!.filter((name) => name.startsWith(stage)).map((name) =>
      name.slice(stage.length).replace(/^:/, "")
    );
  // the product's result, what it is normalized to, twice, and cotangents of all of these
  assertEquals(of(f16, "logits.dense1"), ["1"]);
  assertEquals(of(f16, "logits.batchNormalization"), ["6", "12", "7", "8", "9", "10"]);
  // mean, variance, what comes of them, and the sum of a cotangent
  assertEquals(of(f32, "logits.batchNormalization"), ["1", "2", "3", "4", "5", "11"]);
  assertEquals(of(f16, "logits.dense2"), ["1", "2"]);
  // the logits
  assertEquals(of(f32, "logits.dense"), ["3:1"]);
  // the cotangent of the logits; the label's scores, maxima, sums of powers, losses and the seed
  assertEquals(of(f16, "loss"), ["7"]);
  assertEquals(of(f32, "loss"), ["1", "2", "3", "4", "6"]);
});

Deno.test("plan() stores variables, gradients, inputs and outputs in 32 bits", () => {
  const { buffers } = compiled(lenet, "mixed", "train");
  const regions = buffers.filter(({ storage }) => storage === "f16").map(({ region }) => region);
  assertEquals(new Set(regions), new Set(["workspace"]));
});

Deno.test("plan() halves the workspace of pipelines/lenet.ts, and tells it", () => {
  const [full, mixed] = (["full", "mixed"] as const).map((precision) =>
    compiled(lenet, precision, "train")
  );
  assertEquals(full!.savedBytes, 0);
  const bytes = mixed!.regionBytes.workspace;
  assertEquals(bytes < 0.51 * full!.regionBytes.workspace, true);
});

Deno.test("plan() of mixed precision is that of full precision where nothing is trained", () => {
  const [full, mixed] = (["full", "mixed"] as const).map((precision) =>
    printPlan(compiled(lenet, precision, "evaluate"))
  );
  assertEquals(mixed, full);
});

Deno.test("plan() refuses mixed precision for devices that store floats in 32 bits only", () => {
  for (const name of ["wasm", "reference"]) {
    const { target } = deviceNamed(name);
    const error = assertThrows(
      () => compile(lenet, { purpose: "train", target, precision: "mixed" }),
      PipelineError,
    );
    assertEquals(
      error.message,
      `Cannot train with precision "mixed" on device "${name}": it stores floats in 32 bits only: ` +
        `received --device ${name}, expected --device webgpu, with a GPU that has the feature ` +
        "shader-f16\n  hint: choose that device, or leave out --precision",
    );
  }
});
