/**
 * Conformance: every op of the list, on every device. The definition of an op is checked against a
 * plain evaluation and its gradient rule against central differences, both in float64; then devices
 * are checked against the definition.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { RandomStream, type Shape, sizeOf } from "../../../core/tensor/mod.ts";
import {
  type Graph,
  GraphBuilder,
  type Op,
  type Value,
  verifyGraph,
} from "../../../core/graph/mod.ts";
import { broadcastTo, ops, slice, sumTo, transpose } from "../../../core/ops/mod.ts";
import { plan, verifyPlan } from "../../../core/plan/mod.ts";
import type { Device } from "../../../core/devices/mod.ts";
import { ReferenceSession } from "../../../core/devices/reference/mod.ts";
import { absentDevices, testedDevices } from "../../support/devices.ts";
import { evaluateGraph } from "../../support/evaluate.ts";
import {
  drawInputs,
  type OpSample,
  opSamples,
  opsWithoutSamples,
} from "../../support/op_samples/mod.ts";

type Given = Record<string, Float64Array>;

/** A way in which operands lie in memory: the shape that is stored, and the operand as a view of it. */
interface Layout {
  stored(shape: Shape): Shape;
  view(stored: Value, shape: Shape): Value;
}

const rowMajor: Layout = { stored: (shape) => shape, view: (stored) => stored };

const layouts: Readonly<Record<string, Layout>> = {
  "with the last axis outermost": {
    stored: (shape) => shape.toReversed(),
    view: (stored) => transpose(stored),
  },
  "as a part of something larger": {
    stored: (shape) => shape.map((size) => 2 * size + 1),
    view: (stored, shape) =>
      slice(stored, {
        start: shape.map(() => 1),
        sizes: shape,
        strides: shape.map((_, axis) => axis === shape.length - 1 ? 2 : 1),
      }),
  },
  "with one row for all": {
    stored: (shape) => shape.map((size, axis) => axis === 0 ? Math.min(size, 1) : size),
    view: (stored, shape) => broadcastTo(stored, shape),
  },
};

/** An op applied to inputs `x0`, `x1`, …: outputs `y`, and `dx0`, … by its gradient rule. */
function graphOf(
  { op, params, inputs, valuesOnly }: OpSample,
  { stored, view }: Layout = rowMajor,
): Graph {
  const builder = new GraphBuilder();
  const values = inputs.map(({ shape, dtype }, i) =>
    view(builder.input(`x${i}`, { shape: stored(shape), dtype }), shape)
  );
  const output = builder.apply(op, values, params);
  builder.output("y", output);
  if (op.vjp !== "none" && output.spec.dtype === "f32" && valuesOnly !== true) {
    const cotangent = builder.input("cotangent", output.spec);
    const parts = op.vjp({ inputs: values, output, cotangent, params });
    assertEquals(parts.length, inputs.length, `${op.name}: one gradient per input`);
    parts.forEach((part, i) => {
      if (part !== null) builder.output(`dx${i}`, sumTo(part, values[i]!.spec.shape));
    });
  }
  return builder.build(op.name);
}

/**
 * The inputs of a sample's graph, with a random cotangent. Where more is stored than the sample has, its
 * elements are there again.
 */
function givenTo(sample: OpSample, graph: Graph): Given {
  const drawn = new Map(drawInputs(sample).map((data, i) => [`x${i}`, data]));
  const given: Given = {};
  for (const { name, value } of graph.inputs) {
    const data = drawn.get(name);
    if (data === undefined) continue;
    given[name] = Float64Array.from(
      { length: sizeOf(value.spec.shape) },
      (_, i) => data[i % data.length]!,
    );
  }
  const stream = new RandomStream(2, "cotangent");
  for (const { name, value } of graph.inputs) {
    if (name !== "cotangent") continue;
    const length = value.spec.shape.reduce((product, size) => product * size, 1);
    given[name] = Float64Array.from({ length }, () => Math.fround(2 * stream.uniform() - 1));
  }
  return given;
}

function describe({ op, params, inputs }: OpSample): string {
  const specs = inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(", ");
  return `${op.name}(${specs})${params === null ? "" : ` ${JSON.stringify(params)}`}`;
}

function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { tolerance, what }: { readonly tolerance: number; readonly what: string },
): void {
  assertEquals(actual.length, expected.length, `${what}: number of elements`);
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    const near = a === b || (a !== a && b !== b) ||
      Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
    assert(near, `${what}, element ${i}: received ${a}, expected ${b}`);
  }
}

const samplesOf = (op: Op) => opSamples.filter((sample) => sample.op === op);

Deno.test("ops: each has samples, or a reason to have none", () => {
  const without = ops.filter((op) => samplesOf(op).length === 0).map((op) => op.name);
  assertEquals(without, [...opsWithoutSamples.keys()]);
});

Deno.test("ops: each is listed once, under its own name", () => {
  assertEquals(new Set(ops.map((op) => op.name)).size, ops.length);
  assertEquals(opSamples.filter((sample) => !ops.includes(sample.op)), []);
});

for (const op of ops) {
  const samples = samplesOf(op);
  if (samples.length === 0) continue;

  Deno.test(`${op.name}: shape rule and definition agree with a plain evaluation`, () => {
    for (const sample of samples) {
      const graph = graphOf({ ...sample, valuesOnly: true });
      verifyGraph(graph);
      const given = givenTo(sample, graph);
      const { y } = evaluateGraph(graph, given);
      const inputs = sample.inputs.map(({ shape }, i) => ({ shape, data: given[`x${i}`]! }));
      if (sample.plain === undefined) continue;
      assertNear(y!.data, sample.plain(inputs), { tolerance: 1e-12, what: describe(sample) });
    }
  });

  if (op.vjp !== "none") {
    Deno.test(`${op.name}: vjp equals central differences`, () => {
      let compared = 0;
      for (const sample of samples) compared += compareWithDifferences(sample);
      assert(compared > 0, `no sample of ${op.name} has a gradient`);
    });
  }

  if (op.kind === "opaque" && op.decompose !== undefined) {
    const { decompose } = op;
    Deno.test(`${op.name}: decomposition equals the definition`, () => {
      for (const sample of samples) {
        const graph = graphOf({ ...sample, valuesOnly: true });
        const builder = new GraphBuilder();
        const values = sample.inputs.map(({ shape, dtype }, i) =>
          builder.input(`x${i}`, { shape, dtype })
        );
        const output = decompose.call(op, values, sample.params);
        builder.output("y", output);
        const decomposed = builder.build(op.name);
        assert(decomposed.nodes.every((node) => node.op !== op), `${op.name} decomposes to itself`);
        assertEquals(output.spec, graph.outputs[0]!.value.spec, describe(sample));
        const given = givenTo(sample, graph);
        assertNear(evaluateGraph(decomposed, given).y!.data, evaluateGraph(graph, given).y!.data, {
          tolerance: 1e-12,
          what: describe(sample),
        });
      }
    });
  }
}

/**
 * Compares the gradient rule with central differences `Σ (y(x + h) - y(x - h))·cotangent / 2h`; tells
 * how many elements there were. Differences are taken before they are summed, where nothing cancels.
 */
function compareWithDifferences(sample: OpSample): number {
  const graph = graphOf(sample);
  const given = givenTo(sample, graph);
  const results = evaluateGraph(graph, given);
  const values = graphOf({ ...sample, valuesOnly: true });
  let compared = 0;
  for (const [i, { shape }] of sample.inputs.entries()) {
    const gradient = results[`dx${i}`];
    if (gradient === undefined) continue;
    assertEquals(gradient.shape, shape, `${describe(sample)}: shape of gradient ${i}`);
    const name = `x${i}`;
    const x = given[name]!;
    const differences = x.map((element, place) => {
      const h = 1e-5 * Math.max(1, Math.abs(element));
      const outputAt = (moved: number) =>
        evaluateGraph(values, { ...given, [name]: x.with(place, moved) }).y!.data;
      const [above, below] = [outputAt(element + h), outputAt(element - h)];
      return given.cotangent!.reduce(
        (sum, factor, j) => sum + (above[j]! - below[j]!) * factor / (2 * h),
        0,
      );
    });
    assertNear(gradient.data, differences, {
      tolerance: 1e-6,
      what: `${describe(sample)}: gradient by input ${i}`,
    });
    compared += x.length;
  }
  return compared;
}

/** Runs a graph on a device: outputs by name. */
async function runOn(
  device: Device,
  graph: Graph,
  given: Given,
): Promise<Record<string, ArrayLike<number>>> {
  const planned = plan(graph, { target: device.target });
  verifyPlan(planned, device.target);
  const session = await device.open();
  try {
    const executable = await session.prepare(planned);
    for (const port of planned.inputs) {
      session.input(planned.buffers[port.buffer]!).set(given[port.name]!);
    }
    await executable.run();
    const outputs: Record<string, ArrayLike<number>> = {};
    for (const port of planned.outputs) {
      const buffer = planned.buffers[port.buffer]!;
      outputs[port.name] = session instanceof ReferenceSession
        ? session.readExact(buffer)
        : await session.read(buffer);
    }
    return outputs;
  } finally {
    await session.close();
  }
}

for (const { name, reason } of absentDevices) {
  Deno.test.ignore(`${name}: conformance skipped: ${reason}`, () => {});
}

for (const { name, device, tolerances, skip } of testedDevices) {
  const compare = async (sample: OpSample, layout: Layout, looseness = 1) => {
    const graph = graphOf(sample, layout);
    const given = givenTo(sample, graph);
    const expected = evaluateGraph(graph, given);
    const actual = await runOn(device, graph, given);
    for (const output of graph.outputs) {
      assertNear(actual[output.name]!, expected[output.name]!.data, {
        tolerance: tolerances[output.value.spec.dtype] * (sample.looseness ?? 1) * looseness,
        what: `${describe(sample)}: ${output.name}`,
      });
    }
  };
  for (const op of ops) {
    const samples = samplesOf(op);
    if (samples.length === 0) continue;
    const compared = samples.filter((sample) => skip?.(sample) === undefined);
    const reasons = new Set(samples.flatMap((sample) => skip?.(sample) ?? []));
    for (const reason of reasons) {
      Deno.test.ignore(`${op.name}: some samples on ${name} are skipped: ${reason}`, () => {});
    }
    Deno.test(`${op.name}: value and gradient on ${name} equal the reference`, async () => {
      for (const sample of compared) await compare(sample, rowMajor);
    });
    if (op.kind !== "contraction" && op.kind !== "opaque") continue;
    for (const [how, layout] of Object.entries(layouts)) {
      Deno.test(`${op.name}: operands on ${name} may lie ${how}`, async () => {
        for (const sample of compared) {
          const isEmpty = sample.inputs.some(({ shape }) => sizeOf(shape) === 0);
          // elements meet others than in the sample, and may cancel
          if (!isEmpty) await compare(sample, layout, 20);
        }
      });
    }
  }
}
