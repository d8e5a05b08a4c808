import { assertEquals } from "@std/assert";
import { type Graph, GraphBuilder } from "../../../core/graph/mod.ts";
import {
  differentiate,
  lossScaleVariables,
  outcomeOutput,
  skippedVariable,
  StepOutcome,
} from "../../../core/differentiate/mod.ts";
import * as ops from "../../../core/ops/mod.ts";
import { evaluateGraph } from "../../support/evaluate.ts";

const [scalePath, goodStepsPath] = lossScaleVariables().map(({ path }) => path) as [string, string];

/** One step of gradient descent on `Σ factor·w²`, with momentum kept as state. */
function descent(): Graph {
  const builder = new GraphBuilder();
  const spec = { shape: [2], dtype: "f32" } as const;
  const weight = builder.variable("w", { spec, role: "parameter", initialize: null });
  const momentum = builder.variable("m", { spec, role: "state", of: "w", initialize: null });
  const factor = builder.input("factor", spec);
  const loss = ops.reduceSum(ops.mul(factor, ops.square(weight.value)));
  const next = ops.add(ops.mul(momentum.value, 0.5), ops.gradient(loss, weight.value));
  builder.update(momentum, next);
  builder.update(weight, ops.sub(weight.value, ops.mul(next, 0.25)));
  builder.output("loss", loss);
  return builder.build("descent");
}

function step(given: { readonly factor: number[]; readonly scale: number; readonly good: number }) {
  const graph = differentiate(descent(), { scalesLosses: true });
  const results = evaluateGraph(graph, {
    w: [1, -2],
    m: [4, 8],
    factor: given.factor,
    [scalePath]: [given.scale],
    [goodStepsPath]: [given.good],
    [skippedVariable]: [3],
  });
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, [...data]]));
}

Deno.test("differentiate() scales losses without changing gradients, losses or updates", () => {
  const given = { w: [1, -2], m: [4, 8], factor: [0.3, 0.7] };
  const plain = evaluateGraph(differentiate(descent()), given);
  const scaled = step({ factor: given.factor, scale: 65536, good: 5 });
  for (const [name, { data }] of Object.entries(plain)) assertEquals(scaled[name], [...data]);
  assertEquals(scaled[scalePath], [65536]);
  assertEquals(scaled[goodStepsPath], [6]);
  assertEquals(scaled[skippedVariable], [3]);
  assertEquals(scaled[outcomeOutput], [StepOutcome.applied]);
});

for (const bad of [NaN, Infinity, -Infinity]) {
  Deno.test(`differentiate() lets a step change nothing but the scale where a gradient is ${bad}`, () => {
    const skipped = step({ factor: [1, bad], scale: 1024, good: 5 });
    assertEquals([skipped.w, skipped.m], [[1, -2], [4, 8]]);
    assertEquals(skipped[scalePath], [512]);
    assertEquals(skipped[goodStepsPath], [0]);
    assertEquals(skipped[skippedVariable], [4]);
    assertEquals(skipped[outcomeOutput], [StepOutcome.skipped]);
  });
}

Deno.test("differentiate() counts the steps that are applied, all of them without scaling", () => {
  const counted = (scalesLosses: boolean) => {
    const builder = new GraphBuilder();
    const spec = { shape: [], dtype: "f32" } as const;
    const weight = builder.variable("w", { spec, role: "parameter", initialize: null });
    const gradient = ops.gradient(ops.square(weight.value), weight.value);
    const step = ops.appliedSteps(
      ops.cast(builder.input("step", { shape: [], dtype: "u32" }), "f32"),
    );
    builder.update(weight, ops.div(gradient, step));
    builder.output("step", step);
    const graph = differentiate(builder.build("counted"), { scalesLosses });
    assertEquals(graph.nodes.some(({ op }) => op === ops.appliedStepsOp), false);
    const given = { w: [1], step: [9] };
    const scale = { [scalePath]: [1024], [goodStepsPath]: [0], [skippedVariable]: [4] };
    return evaluateGraph(graph, scalesLosses ? { ...given, ...scale } : given).step!.data[0];
  };
  assertEquals([counted(false), counted(true)], [9, 5]);
});

Deno.test("differentiate() tells of divergence where the scale cannot be halved", () => {
  const skipped = step({ factor: [1, NaN], scale: 1, good: 0 });
  assertEquals(skipped[scalePath], [1]);
  assertEquals(skipped[outcomeOutput], [StepOutcome.diverged]);
});

Deno.test("differentiate() doubles the scale after 2,000 good steps, up to 2^24", () => {
  const doubled = step({ factor: [1, 1], scale: 65536, good: 1999 });
  assertEquals([doubled[scalePath], doubled[goodStepsPath]], [[131072], [0]]);
  assertEquals(step({ factor: [1, 1], scale: 65536, good: 1998 })[scalePath], [65536]);
  assertEquals(step({ factor: [1, 1], scale: 2 ** 24, good: 1999 })[scalePath], [2 ** 24]);
});

Deno.test("differentiate() leaves a graph without gradients as it is, whether losses are scaled or not", () => {
  const builder = new GraphBuilder();
  builder.output("y", ops.square(builder.input("x", { shape: [2], dtype: "f32" })));
  const graph = builder.build("square");
  assertEquals(differentiate(graph, { scalesLosses: true }), graph);
});
