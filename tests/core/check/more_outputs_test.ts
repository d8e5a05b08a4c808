import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { z } from "zod";
import {
  add,
  arrays,
  backward,
  concatenate,
  defineStage,
  dense,
  explain,
  flatten,
  functional,
  gru,
  lstm,
  meanSquaredError,
  ops,
  type Pipeline,
  pipeline,
  reshape,
  sgd,
  summarize,
  type Tensor,
  train,
} from "../../../mod.ts";
import { check } from "../../../core/check/mod.ts";
import { portTexts } from "../../../core/check/port_texts.ts";

type Rows = Tensor<readonly ["batch", 2]>;

/** A layer that gives the half and, besides, the double of what it reads. */
function scales(
  { gives = ["double"] }: { readonly gives?: readonly string[] } = {},
): (x: Rows) => { readonly output: Rows; readonly double: Rows } {
  return defineStage<(x: Rows) => { readonly output: Rows; readonly double: Rows }>()({
    name: "scales",
    family: "layer",
    kind: "traced",
    config: z.strictObject({}),
    inputs: { x: { kind: "tensor" } },
    output: "tensor",
    moreOutputs: ["double"],
    build({ x }, context) {
      for (const name of gives) context.give(name, ops.mul(x, 2));
      return ops.mul(x, 0.5);
    },
  })({});
}

const points = arrays({ x: [[1, 2], [3, 4]], y: [[1], [0]] });

/** The pipeline that fits a line to what is given. */
function fitted(x: Rows, more: Readonly<Record<string, Rows>> = {}): Pipeline {
  const line = dense(1, { kernelInitializer: "ones" })(x);
  const loss = meanSquaredError()({ predictions: line, targets: points.y });
  const fit = sgd()(backward()(loss));
  return pipeline({ name: "scaled", stages: { points, ...more, line, loss, fit } });
}

Deno.test("a stage with several outputs is wired by a record of handles", async () => {
  const { output, double } = scales()(points.x as Rows);
  assertEquals([output.port, double.port], ["output", "double"]);
  assertEquals(output.stage, double.stage);
  const { loss: half } = await train(fitted(output));
  const { loss: twice } = await train(fitted(double));
  assertEquals([half, twice], [(0.5 ** 2 + 3.5 ** 2) / 2, (5 ** 2 + 14 ** 2) / 2]);
});

Deno.test("a stage with several outputs shows each in the texts of ports and in explain", async () => {
  const { output, double } = scales()(points.x as Rows);
  const sum = add()([output, double]);
  const whole = fitted(sum, { scaled: output, sum });
  const texts = portTexts(check(whole));
  assertEquals(texts["scaled.output"], "f32[batch, 2]");
  assertEquals(texts["scaled.double"], "f32[batch, 2]");
  const { layers } = summarize(whole);
  assertEquals(layers.map(({ path }) => path), ["scaled", "sum", "line"]);
  assertStringIncludes(JSON.stringify(await explain(whole)), "sum = scaled + double");
});

Deno.test("check() rejects a stage that has not given one of its outputs", () => {
  const { double } = scales({ gives: [] })(points.x as Rows);
  assertThrows(
    () => check(fitted(double)),
    Error,
    'Cannot build scales: it has given no "double", expected context.give("double", value) in its build',
  );
});

Deno.test("check() rejects a wire from an output that there is not", () => {
  const handles: unknown = scales()(points.x as Rows);
  assertThrows(
    () => check(fitted((handles as Record<string, Rows>).triple!)),
    Error,
    "there is no such output",
  );
});

Deno.test("functional() reads every output of the layers inside", async () => {
  const inner = functional((x: Rows) => {
    const { output, double } = scales()(x);
    return concatenate()([output, double]);
  });
  const both = inner(points.x as Rows);
  const { loss } = await train(fitted(both as unknown as Rows));
  assertEquals(loss, ((0.5 + 1 + 2 + 4 - 1) ** 2 + (1.5 + 2 + 6 + 8) ** 2) / 2);
});

Deno.test("a decoder begins where an encoder ends, and looks back at its sequence", async () => {
  const waves = arrays({
    x: Array.from({ length: 4 }, (_, row) => [0, 1, 2].map((step) => Math.sin(row + step))),
    y: [[0], [1], [0], [1]],
  });
  const sequence = reshape([3, 1])(waves.x);
  for (const layer of [lstm, gru]) {
    const encoder = layer(4, { returnSequences: true, returnStates: true });
    const { output: memory, states } = encoder(sequence);
    const decoded = layer(4, { returnSequences: true })({ x: memory, states });
    const scores = dense(1)(flatten()(concatenate()([memory, decoded])));
    const loss = meanSquaredError()({ predictions: scores, targets: waves.y });
    const fit = sgd({ learningRate: 0.1 })(backward()(loss));
    const stages = { waves, encoder: memory, decoded, scores, loss, fit };
    const [first, last] = await Promise.all(
      [1, 60].map((epochs) => train(pipeline({ name: "translation", epochs, stages }))),
    );
    assert(last!.loss < first!.loss / 2, `losses ${first!.loss} and ${last!.loss}`);
  }
});
