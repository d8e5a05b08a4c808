import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import {
  type AnyTensor,
  arrays,
  backward,
  defineStage,
  dense,
  describePipeline,
  exponentialDecay,
  meanSquaredError,
  type Pipeline,
  pipeline,
  PipelineError,
  sequential,
  sgd,
  type StageDescription,
  stageOf,
  train,
} from "@millrace/millrace";
import { z } from "zod";
import { check } from "../../../core/check/mod.ts";

type Layer = (x: AnyTensor) => AnyTensor;

/** A stage with children and configuration of its own. */
const scaledSum = defineStage<Layer>()({
  name: "scaledSum",
  family: "layer",
  kind: "traced",
  config: z.object({
    branches: z.array(z.object({ layer: z.custom<Layer>(), weight: z.number() })),
    inner: z.custom<Layer>(),
    gain: z.number().default(1),
    aside: z.custom<Layer>().optional(),
  }),
  inputs: { x: { kind: "tensor" } },
  output: "tensor",
  children: ({ branches, inner }) => ({
    inner: stageOf(inner)!,
    ...Object.fromEntries(branches.map(({ layer }, i) => [`branch${i}`, stageOf(layer)!])),
  }),
  build: ({ x }, context) => context.child("inner", x),
});

/** A stage whose configuration is whatever is given. */
const holder = defineStage<Layer>()({
  name: "holder",
  family: "transform",
  kind: "traced",
  config: z.object({ value: z.unknown() }),
  inputs: { x: { kind: "tensor" } },
  output: "tensor",
  build: ({ x }) => x,
});

function around(layer: (x: never) => AnyTensor): Pipeline {
  const data = arrays({ x: [[1, 2], [3, 4]] });
  return pipeline({ name: "around", stages: { data, stage: layer(data.x as never) } });
}

function describe(layer: (x: never) => AnyTensor, set = {}): StageDescription {
  const { stages } = describePipeline(check(around(layer), set).resolved);
  return stages.find(({ name }) => name === "stage")!;
}

function valueOf(value: unknown): unknown {
  const { config } = describe(holder({ value }));
  return JSON.parse(JSON.stringify(config)).value;
}

Deno.test("describePipeline() keeps a parent's own configuration beside its children", () => {
  const branches = [{ layer: dense(2) as Layer, weight: 0.5 }];
  const described = describe(scaledSum({ branches, inner: dense(3) as Layer, gain: 4 }));
  assertEquals(described.config, { branches: [{ weight: 0.5 }], gain: 4 });
  assertEquals(described.children?.map(({ name, kind }) => [name, kind]), [
    ["inner", "dense"],
    ["branch0", "dense"],
  ]);
  const set = describe(scaledSum({ branches, inner: dense(3) as Layer }), { "stage.gain": 5 });
  assertEquals(set.config, { branches: [{ weight: 0.5 }], gain: 5 });
});

Deno.test("describePipeline() leaves nothing of a sequence but its children", () => {
  assertEquals(describe(sequential(dense(2), dense(3))).config, {});
});

Deno.test("describePipeline() keeps a stage in a configuration that is no child", () => {
  const described = describe(
    scaledSum({ branches: [], inner: dense(3) as Layer, aside: dense(7) as Layer }),
  );
  assertEquals(described.config, {
    branches: [],
    gain: 1,
    aside: { kind: "dense", options: { units: 7 } },
  });
});

Deno.test("describePipeline() gives long arrays by length and hash, so that a change shows", () => {
  const long = Array.from({ length: 65 }, (_, i) => i);
  const changed = long.with(64, -1);
  const described = valueOf(long) as { readonly items: number; readonly sha256: string };
  assertEquals(Object.keys(described), ["items", "sha256"]);
  assertEquals(described.items, 65);
  assert(/^[0-9a-f]{64}$/.test(described.sha256));
  assertEquals(valueOf(long.slice()), described);
  assertNotEquals(valueOf(changed), described);
  assertEquals(valueOf(long.slice(0, 64)), long.slice(0, 64));
  for (const type of [Float32Array, Uint8Array, Int32Array]) {
    assertEquals(valueOf(type.from(long)), valueOf(type.from(long)));
    assertNotEquals(valueOf(type.from(long)), valueOf(type.from(changed)));
  }
  assertEquals(valueOf(Uint8Array.of(1, 2)), [1, 2]);
  const records = long.map((id) => ({ id, tags: long }));
  assertEquals(valueOf(records), valueOf(structuredClone(records)));
  assertNotEquals(valueOf(records), valueOf(records.with(3, { id: 3, tags: changed })));
  assertNotEquals(valueOf(long.with(0, NaN)), valueOf(long.with(0, Infinity)));
});

Deno.test("describePipeline() gives functions and what has else only functions by their names", () => {
  assertEquals(valueOf(Math.sqrt), "sqrt");
  const decay = exponentialDecay({ initialLearningRate: 1, decaySteps: 2, decayRate: 0.5 });
  assertEquals(valueOf(decay), "exponentialDecay(1, 2, 0.5)");
  assertEquals(valueOf({ name: "own", rate: 0.5, draw: Math.random }), {
    name: "own",
    rate: 0.5,
    draw: "random",
  });
});

Deno.test("describePipeline() keeps numbers and dates that JSON has no word for", () => {
  assertEquals(valueOf([NaN, -Infinity, 5n, 0.5]), ["NaN", "-Infinity", "5", 0.5]);
  assertEquals(valueOf(new Date(0)), "1970-01-01T00:00:00.000Z");
  assertEquals(valueOf(new Map([["a", new Set([1])]])), [["a", [1]]]);
});

Deno.test("train() refuses to resume when a parent's own configuration has changed", async () => {
  const declared = (gain: number) => {
    const data = arrays({ x: [[1], [2]], y: [[2], [4]] });
    const predictions = scaledSum({ branches: [], inner: dense(1) as Layer, gain })(data.x);
    const loss = meanSquaredError()({ predictions, targets: data.y as never });
    return pipeline({
      name: "declared",
      stages: { data, predictions, loss, fit: sgd({ learningRate: 0.1 })(backward()(loss)) },
    });
  };
  const runDirectory = await Deno.makeTempDir();
  try {
    await train(declared(1), { runDirectory });
    await assertRejects(
      () => train(declared(2), { runDirectory, resume: true }),
      PipelineError,
      "Cannot resume",
    );
  } finally {
    await Deno.remove(runDirectory, { recursive: true });
  }
});
