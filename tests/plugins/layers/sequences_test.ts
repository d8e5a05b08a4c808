import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ops, sizeOf, type Value } from "../../../core/mod.ts";
import {
  dense,
  embedding,
  gru,
  learnedPositions,
  lstm,
  multiHeadAttention,
  paddingMask,
  sequential,
  simpleRnn,
  transformerEncoder,
} from "../../../plugins/layers/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";
import { assertClose } from "../../golden/golden.ts";

/** A variable of normal-looking numbers: `sin(0), sin(1), …`. */
function waves(laboratory: Laboratory, shape: readonly number[], path = "x"): Value {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Array.from({ length }, (_, i) => Math.sin(i));
  return laboratory.variable(path, { shape, data }).value;
}

/** A mask by rows. */
function maskOf(laboratory: Laboratory, rows: readonly (readonly number[])[]): Value {
  const shape = [rows.length, rows[0]!.length];
  return ops.reshape(laboratory.whole("mask", rows.flat(), "u8"), shape);
}

Deno.test("recurrent layers give the last state, every state, or both directions", () => {
  for (const [layer, gates] of [[lstm, 4], [gru, 3], [simpleRnn, 1]] as const) {
    const built = (options: Record<string, unknown>) => {
      const laboratory = new Laboratory();
      const x = waves(laboratory, [2, 5, 3]);
      const { output, parameters } = buildStage<Value>(laboratory, layer(4, options), { x });
      return { shape: output.spec.shape, names: Object.keys(parameters), parameters };
    };
    assertEquals(built({}).shape, [2, 4]);
    assertEquals(built({ returnSequences: true }).shape, [2, 5, 4]);
    assertEquals(built({ bidirectional: true }).shape, [2, 8]);
    assertEquals(built({ bidirectional: true, merge: "sum", returnSequences: true }).shape, [
      2,
      5,
      4,
    ]);
    const { names, parameters } = built({ bidirectional: true, useBias: false });
    assertEquals(names, ["weight", "recurrentWeight", "backwardWeight", "backwardRecurrentWeight"]);
    assertEquals(parameters.weight!.spec.shape, [3, 4 * gates]);
    assertEquals(parameters.backwardRecurrentWeight!.spec.shape, [4, 4 * gates]);
  }
});

Deno.test("lstm() begins with a forget gate whose bias is 1, unless told otherwise", () => {
  for (const unitForgetBias of [true, false]) {
    const laboratory = new Laboratory();
    const x = waves(laboratory, [1, 2, 3]);
    const { parameters } = buildStage(laboratory, lstm(2, { unitForgetBias }), { x });
    laboratory.builder.output("bias", parameters.bias!.value);
    assertEquals([...laboratory.run().bias!], [
      0,
      0,
      ...(unitForgetBias ? [1, 1] : [0, 0]),
      0,
      0,
      0,
      0,
    ]);
  }
});

Deno.test("recurrent layers keep their state through padding, at either end and in between", () => {
  for (const layer of [lstm, gru, simpleRnn]) {
    const laboratory = new Laboratory();
    const x = waves(laboratory, [1, 4, 3]);
    const mask = maskOf(laboratory, [[0, 1, 0, 1]]);
    const { output, parameters } = buildStage<Value>(laboratory, layer(2), { x, mask });
    const numbers = Object.fromEntries(
      Object.entries(parameters).map(([name, { value }]) => {
        laboratory.builder.output(name, value);
        return [name, value.spec.shape];
      }),
    );
    laboratory.builder.output("y", output);
    const { y, ...values } = laboratory.run();
    const short = new Laboratory();
    const kept = [1, 3].flatMap((step) => [0, 1, 2].map((i) => Math.sin(3 * step + i)));
    const own = buildStage<Value>(short, layer(2), {
      x: short.variable("x", { shape: [1, 2, 3], data: kept }).value,
    }, {
      parameters: Object.fromEntries(
        Object.entries(numbers).map(([name, shape]) => [name, { shape, data: values[name]! }]),
      ),
    });
    short.builder.output("y", own.output);
    assertClose(y!, short.run().y!);
  }
});

Deno.test("recurrent layers drop the same features and units at every step, and only in training", () => {
  // what passes is summed over steps: with a weight of 1 the state counts the features that are left
  const parameters = {
    weight: { shape: [8, 8], data: Array.from({ length: 64 }, (_, i) => Number(i % 9 === 0)) },
    recurrentWeight: {
      shape: [8, 8],
      data: Array.from({ length: 64 }, (_, i) => Number(i % 9 === 0)),
    },
  };
  const run = (options: Record<string, number>, inference = false) => {
    const laboratory = new Laboratory();
    const x = laboratory.variable("x", { shape: [20, 3, 8], data: new Array(480).fill(1) }).value;
    const layer = simpleRnn(8, { activation: "linear", useBias: false, ...options });
    const { output } = buildStage<Value>(laboratory, layer, { x }, { parameters, inference });
    laboratory.builder.output("y", output);
    const step = laboratory.prepare();
    return [step().outputs.y!, step().outputs.y!] as const;
  };
  const [first, second] = run({ dropout: 0.5 });
  assertEquals(new Set(first), new Set([0, 6]));
  assertAlmostEquals(first.filter((y) => y === 0).length / 160, 0.5, 0.15);
  assert(first.some((y, i) => y !== second[i]));
  // 1, then 1 + 2·1, then 1 + 2·3; or 1 where the state is not seen
  assertEquals(new Set(run({ recurrentDropout: 0.5 })[0]), new Set([1, 7]));
  assertEquals(new Set(run({ dropout: 0.5, recurrentDropout: 0.5 }, true)[0]), new Set([3]));
});

Deno.test("recurrent layers reject masks of another shape, and sequences without steps", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 3, 4]);
  assertThrows(
    () =>
      buildStage(laboratory, lstm(2), {
        x,
        mask: maskOf(laboratory, [[1, 1, 1, 1], [1, 1, 1, 1]]),
      }),
    TypeError,
    "Cannot mask f32[2, 3, 4]: received a mask of u8[2, 4], expected shape [2, 3]",
  );
  assertThrows(
    () =>
      buildStage(laboratory, gru(2), { x: waves(laboratory, [2, 0, 4], "none") }, { path: "b" }),
    RangeError,
    "Cannot build a recurrence: received 0 steps, expected 1 or more",
  );
});

Deno.test("recurrent layers go on where the states of another call end", () => {
  for (const layer of [lstm, gru, simpleRnn]) {
    const laboratory = new Laboratory();
    const x = waves(laboratory, [2, 5, 3]);
    const part = (start: number, sizes: readonly number[]) =>
      ops.slice(x, { start: [0, start, 0], sizes });
    const [whole, first, second] = ([
      [{ returnSequences: true }, { x }],
      [{ returnSequences: true, returnStates: true }, { x: part(0, [2, 3, 3]) }],
      [{ returnSequences: true }, { x: part(3, [2, 2, 3]) }],
    ] as const).map(([options, inputs]) => ({ stage: layer(4, options), inputs }));
    const all = buildStage<Value>(laboratory, whole!.stage, whole!.inputs, { path: "all" });
    const parameters = Object.fromEntries(
      Object.entries(all.parameters).map(([name, { value: { spec: { shape } } }]) => [
        name,
        { shape, data: Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)) },
      ]),
    );
    const build = (stage: unknown, inputs: Readonly<Record<string, Value>>, path: string) =>
      buildStage<Value>(laboratory, stage, inputs, { path, parameters });
    laboratory.builder.output("whole", build(whole!.stage, whole!.inputs, "whole").output);
    const { output: begun, given: { states } } = build(first!.stage, first!.inputs, "first");
    const { output: rest } = build(
      second!.stage,
      { ...second!.inputs, states: states! },
      "second",
    );
    laboratory.builder.output("pieces", ops.concatenate([begun, rest], { axis: 1 }));
    const { whole: expected, pieces } = laboratory.run();
    assertClose(pieces!, Array.from(expected!));
  }
});

Deno.test("recurrent layers reject states of another shape", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 3, 4]);
  const states = ops.reshape(x, [2, 12]);
  assertThrows(
    () => buildStage(laboratory, lstm(2, { bidirectional: true }), { x, states }),
    TypeError,
    "Cannot begin with the states f32[2, 12]: expected f32[2, 8], 4 of 2 units",
  );
});

Deno.test("paddingMask() is 0 at one number", () => {
  const laboratory = new Laboratory();
  const x = ops.reshape(laboratory.whole("x", [3, 0, 7, 0, 0, 1]), [2, 3]);
  laboratory.builder.output("zero", buildStage<Value>(laboratory, paddingMask(), { x }).output);
  laboratory.builder.output("seven", buildStage<Value>(laboratory, paddingMask(7), { x }).output);
  const { zero, seven } = laboratory.run();
  assertEquals([...zero!], [1, 0, 1, 0, 0, 1]);
  assertEquals([...seven!], [1, 1, 0, 1, 1, 1]);
});

Deno.test("embedding() gives NaN for a number that is not in its table", () => {
  const laboratory = new Laboratory();
  const x = laboratory.whole("x", [1, 2]);
  const parameters = { weight: { shape: [2, 2], data: [1, 2, 3, 4] } };
  const { output } = buildStage<Value>(laboratory, embedding(2, 2), { x }, { parameters });
  laboratory.builder.output("y", output);
  assertEquals([...laboratory.run().y!], [3, 4, NaN, NaN]);
});

Deno.test("learnedPositions() rejects a sequence that is too long", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 3, 4]);
  assertThrows(
    () => buildStage(laboratory, learnedPositions(2), { x }),
    TypeError,
    "Cannot add positions to f32[2, 3, 4]: received 3 steps, expected at most 2",
  );
});

Deno.test("multiHeadAttention() gives its bias, and no NaN, to steps that may see nothing", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 3, 4]);
  const mask = maskOf(laboratory, [[0, 0, 0], [0, 1, 1]]);
  const data = [1, 2, 3, 4];
  const { output, parameters } = buildStage<Value>(
    laboratory,
    multiHeadAttention(2, { causal: true }),
    {
      x,
      mask,
    },
    { parameters: { outputBias: { shape: [4], data } } },
  );
  laboratory.builder.output("y", output);
  const loss = ops.reduceSum(ops.square(output));
  for (const [name, { value }] of Object.entries(parameters)) {
    laboratory.builder.output(name, ops.gradient(loss, value));
  }
  laboratory.builder.output("x", ops.gradient(loss, x));
  const { y, ...gradients } = laboratory.run();
  // all of the first sequence, and the first step of the second, which sees only what is padding
  for (let step = 0; step < 4; step++) assertEquals([...y!.slice(4 * step, 4 * step + 4)], data);
  assert([...y!].every(Number.isFinite));
  for (const gradient of Object.values(gradients)) assert(gradient.every(Number.isFinite));
  assert(gradients.x!.slice(0, 12).every((g) => g === 0));
});

Deno.test("multiHeadAttention() and transformerEncoder() drop only in training", () => {
  const layers = [
    multiHeadAttention(2, { dropout: 0.5 }),
    transformerEncoder(2, 8, { dropout: 0.5 }),
  ];
  for (const layer of layers) {
    const run = (inference: boolean) => {
      const laboratory = new Laboratory();
      const x = waves(laboratory, [2, 3, 4]);
      laboratory.builder.output(
        "y",
        buildStage<Value>(laboratory, layer, { x }, { inference }).output,
      );
      const step = laboratory.prepare();
      return [step().outputs.y!, step().outputs.y!] as const;
    };
    const [first, second] = run(false);
    assert(first.some((y, i) => y !== second[i]));
    const [plain, again] = run(true);
    assertEquals(plain, again);
  }
});

Deno.test("multiHeadAttention() rejects features, batches and masks that do not fit", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 3, 4]);
  assertThrows(
    () => buildStage(laboratory, multiHeadAttention(3), { x }),
    TypeError,
    "Cannot attend with f32[2, 3, 4]: 4 features do not divide into 3 heads",
  );
  assertThrows(
    () =>
      buildStage(laboratory, multiHeadAttention(2), {
        x,
        memory: waves(laboratory, [3, 3, 4], "memory"),
      }, { path: "b" }),
    TypeError,
    "Cannot attend with f32[2, 3, 4] to f32[3, 3, 4]: the batches differ",
  );
  assertThrows(
    () =>
      buildStage(laboratory, transformerEncoder(2, 3), {
        x,
        mask: maskOf(laboratory, [[1, 1, 1]]),
      }, { path: "c" }),
    TypeError,
    "Cannot mask f32[2, 3, 4]: received a mask of u8[1, 3], expected shape [2, 3]",
  );
});

Deno.test("recurrent layers chain with others", () => {
  const laboratory = new Laboratory();
  const x = waves(laboratory, [2, 5, 3]);
  const layers = sequential(lstm(4, { returnSequences: true }), gru(3), dense(2));
  const { output, parameters } = buildStage<Value>(laboratory, layers, { x });
  assertEquals(output.spec.shape, [2, 2]);
  assertEquals(Object.keys(parameters), [
    "lstm.weight",
    "lstm.recurrentWeight",
    "lstm.bias",
    "gru.weight",
    "gru.recurrentWeight",
    "gru.bias",
    "gru.recurrentBias",
    "dense.weight",
    "dense.bias",
  ]);
});
