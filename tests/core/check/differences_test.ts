import { assertEquals } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  describePipeline,
  dropout,
  exponentialDecay,
  meanSquaredError,
  type Pipeline,
  pipeline,
  type PipelineDescription,
  relu,
  sequential,
  sgd,
} from "@millrace/millrace";
import { check, pipelineDifferences } from "../../../core/check/mod.ts";

const x = [[1], [2]];
const data = arrays({ x, y: x });
const loss = () => {
  const line = dense(1)(data.x);
  return { line, loss: meanSquaredError()({ predictions: line, targets: data.y }) };
};

/** A description as it comes back from a file. */
function described(declared: Pipeline): PipelineDescription {
  return JSON.parse(JSON.stringify(describePipeline(check(declared).resolved)));
}

function between(before: Pipeline, now: Pipeline): unknown[] {
  return pipelineDifferences(described(before), described(now))
    .map(({ path, before, now }) => [path, before, now]);
}

function trained(optimizer: Parameters<typeof sgd>[0], options = {}): Pipeline {
  const stages = loss();
  const fit = sgd(optimizer)(backward()(stages.loss));
  return pipeline({ name: "line", stages: { data, ...stages, fit }, ...options });
}

Deno.test("pipelineDifferences() finds none between a pipeline and itself, in any order of fields", () => {
  const usual = described(trained({ learningRate: 0.1, momentum: 0.5 }));
  assertEquals(pipelineDifferences(usual, usual), []);
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).toReversed().map(([key, item]) => [key, reversed(item)]),
    );
  };
  assertEquals(pipelineDifferences(usual, reversed(usual) as PipelineDescription), []);
});

Deno.test("pipelineDifferences() names the innermost fields, as --set does", () => {
  assertEquals(
    between(
      trained({ learningRate: 0.1 }),
      trained({ learningRate: 0.2, momentum: 0.5 }, { name: "curve", seed: 4, batchSize: 8 }),
    ),
    [
      ["name", '"line"', '"curve"'],
      ["batchSize", "32", "8"],
      ["seed", "0", "4"],
      ["fit.learningRate", "0.1", "0.2"],
      ["fit.momentum", "0", "0.5"],
    ],
  );
});

Deno.test("pipelineDifferences() tells a schedule from a number", () => {
  const schedule = exponentialDecay({ initialLearningRate: 0.1, decayRate: 0.9, decaySteps: 3 });
  assertEquals(between(trained({ learningRate: 0.1 }), trained({ learningRate: schedule })), [
    ["fit.learningRate", "0.1", '"exponentialDecay(0.1, 3, 0.9)"'],
  ]);
});

Deno.test("pipelineDifferences() tells long data by its hash, as a whole", () => {
  const table = (first: number) => {
    const values = Array.from({ length: 100 }, (_, i) => [i === 0 ? first : i]);
    const data = arrays({ values });
    return pipeline({ name: "table", stages: { data, line: dense(1)(data.values) } });
  };
  const [[path, before, now] = [], ...more] = between(table(0), table(1)) as string[][];
  assertEquals([path, more], ["data.train.values", []]);
  for (const text of [before, now]) {
    assertEquals(/^100 values, sha256 [0-9a-f]{8}…$/.test(text!), true, text);
  }
});

Deno.test("pipelineDifferences() tells of stages that came, went, or are of another kind", () => {
  const { line, loss: error } = loss();
  const base = { data, line, error };
  const declared = (stages: Record<string, typeof line | typeof data>) =>
    pipeline({ name: "p", stages: { ...base, ...stages } });
  const more = declared({ more: relu()(line) });
  assertEquals(between(declared({}), more), [["more", "no such stage", "relu"]]);
  assertEquals(between(more, declared({})), [["more", "relu", "no such stage"]]);
  assertEquals(between(more, declared({ more: dropout(0.5)(line) })), [[
    "more",
    "relu",
    "dropout",
  ]]);
});

Deno.test("pipelineDifferences() compares connections, and stages inside with their order", () => {
  const layers = (order: "early" | "late", { rate = 0.5, from = "x" as "x" | "y" } = {}) => {
    const inner = order === "early"
      ? sequential(dense(1), relu(), dropout(rate))(data[from])
      : sequential(dense(1), dropout(rate), relu())(data[from]);
    return pipeline({ name: "nested", stages: { data, inner } });
  };
  assertEquals(between(layers("early"), layers("late")), [
    ["inner", "dense, relu, dropout", "dense, dropout, relu"],
  ]);
  assertEquals(between(layers("early"), layers("early", { rate: 0.25, from: "y" })), [
    ["inner.x", '"data.x"', '"data.y"'],
    ["inner.dropout.rate", "0.5", "0.25"],
  ]);
});

Deno.test("pipelineDifferences() tells of the same stages in another order", () => {
  const first = dense(1)(data.x);
  const second = dense(2)(data.x);
  const one = pipeline({ name: "p", stages: { data, first, second } });
  const other = pipeline({ name: "p", stages: { data, second, first } });
  assertEquals(between(one, other), [
    ["stages", "data, first, second", "data, second, first"],
  ]);
});
