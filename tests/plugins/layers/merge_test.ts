import { assertEquals, assertThrows } from "@std/assert";
import { ops, stageOf, type Value } from "../../../core/mod.ts";
import * as layers from "../../../plugins/layers/mod.ts";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

const { add, concatenate, dense, residual, sequential, subtract } = layers;

interface MergeCase {
  readonly name: string;
  readonly layer: "add" | "concatenate";
  readonly arguments: readonly never[];
  readonly x: readonly Numbers[];
  readonly output: Numbers;
  readonly cotangent: Numbers;
  readonly gradients: readonly Numbers[];
}

interface ResidualCase extends Omit<MergeCase, "x" | "gradients"> {
  readonly x: Numbers;
  readonly parameters: Readonly<Record<string, Numbers>>;
  readonly gradients: Readonly<Record<string, Numbers>>;
}

const [golden] = await readGolden<
  { readonly merges: readonly MergeCase[]; readonly residuals: readonly ResidualCase[] }
>("wiring");

for (const { name, layer, arguments: options, x, output, cotangent, gradients } of golden!.merges) {
  Deno.test(`${name}: value and gradients are PyTorch's`, () => {
    const laboratory = new Laboratory();
    const given = x.map((numbers, i) => laboratory.variable(`x${i + 1}`, numbers));
    const built = buildStage<Value>(laboratory, layers[layer](...options), {
      x: given.map(({ value }) => value),
    });
    assertEquals(built.output.spec.shape, output.shape);
    const weights = laboratory.variable("cotangent", cotangent).value;
    const loss = ops.reduceSum(ops.mul(built.output, weights));
    laboratory.builder.output("output", built.output);
    for (const { path, value } of given) {
      laboratory.builder.output(path, ops.gradient(loss, value));
    }
    const found = laboratory.run();
    assertClose(found.output!, output);
    gradients.forEach((gradient, i) =>
      assertClose(found[`x${i + 1}`]!, gradient, { what: `gradient by x${i + 1}` })
    );
  });
}

const blocks: Readonly<Record<string, unknown>> = {
  "residual": residual(sequential(dense(5, { activation: "tanh" }), dense(4))),
  "residual with a shortcut": residual(dense(5, { activation: "tanh" }), { shortcut: dense(5) }),
};

for (const { name, x, parameters, output, cotangent, gradients } of golden!.residuals) {
  Deno.test(`${name}: value and gradients are PyTorch's`, () => {
    const laboratory = new Laboratory();
    const given = laboratory.variable("x", x);
    const built = buildStage<Value>(laboratory, blocks[name], { x: given.value }, { parameters });
    assertEquals(Object.keys(built.parameters).sort(), Object.keys(parameters).sort());
    const weights = laboratory.variable("cotangent", cotangent).value;
    const loss = ops.reduceSum(ops.mul(built.output, weights));
    laboratory.builder.output("output", built.output);
    for (const [path, { value }] of Object.entries({ x: given, ...built.parameters })) {
      laboratory.builder.output(path, ops.gradient(loss, value));
    }
    const found = laboratory.run();
    assertClose(found.output!, output);
    for (const [path, gradient] of Object.entries(gradients)) {
      assertClose(found[path]!, gradient, { what: `gradient by ${path}` });
    }
  });
}

/** Builds a layer over tensors of ones. */
function build(layer: unknown, ...shapes: readonly (readonly number[])[]): void {
  const laboratory = new Laboratory();
  const x = shapes.map((shape, i) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return laboratory.variable(`x${i}`, { shape, data: new Array(length).fill(1) }).value;
  });
  const { definition } = stageOf(layer)!;
  const isVariadic = "inputs" in definition && definition.inputs.x?.kind === "tensor" &&
    definition.inputs.x.variadic === true;
  buildStage(laboratory, layer, { x: isVariadic ? x : x[0] });
}

Deno.test("add() never broadcasts", () => {
  assertThrows(
    () => build(add(), [2, 3], [2, 1]),
    TypeError,
    'Cannot compute "add": x2 is f32[2, 1], expected f32[2, 3] as x1',
  );
});

Deno.test("subtract() wants two tensors", () => {
  assertThrows(
    () => build(subtract(), [2, 3]),
    TypeError,
    'Cannot compute "subtract": received 1 tensor, expected 2',
  );
  assertThrows(
    () => build(subtract(), [2, 3], [2, 3], [2, 3]),
    TypeError,
    'Cannot compute "subtract": received 3 tensors, expected 2',
  );
  assertThrows(
    () => build(add(), [2, 3]),
    TypeError,
    'Cannot compute "add": received 1 tensor, expected 2 or more',
  );
});

Deno.test("concatenate() refuses the batch axis, and axes that there are not", () => {
  assertThrows(
    () => build(concatenate({ axis: -2 }), [2, 3], [2, 3]),
    RangeError,
    "Cannot concatenate along the batch axis: rows would be no examples",
  );
  assertThrows(() => build(concatenate({ axis: 2 }), [2, 3], [2, 3]), RangeError, "axis 2");
  assertThrows(() => build(concatenate({ axis: 0 }), [2, 3]), Error, "other than the batch");
});

Deno.test("residual() wants a branch that keeps the shape, or a shortcut", () => {
  assertThrows(
    () => build(residual(dense(5) as never), [2, 3]),
    TypeError,
    "Cannot add the branch to what is beside it: received f32[2, 5], expected f32[2, 3]",
  );
});
