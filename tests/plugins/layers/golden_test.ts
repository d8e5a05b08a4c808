import { assertEquals } from "@std/assert";
import { ops, type Value } from "../../../core/mod.ts";
import * as layers from "../../../plugins/layers/mod.ts";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

interface LayerCase {
  readonly name: string;
  readonly layer: "dense";
  readonly arguments: readonly unknown[];
  readonly x: Numbers;
  readonly parameters: Readonly<Record<string, Numbers>>;
  readonly output: Numbers;
  readonly cotangent: Numbers;
  readonly gradients: Readonly<Record<string, Numbers>>;
}

for (const golden of await readGolden<LayerCase>("layers")) {
  Deno.test(`${golden.name}: value and gradients are PyTorch's`, () => {
    const make = layers[golden.layer] as (...options: unknown[]) => unknown;
    const laboratory = new Laboratory();
    const x = laboratory.variable("x", golden.x);
    const { output, parameters } = buildStage<Value>(
      laboratory,
      make(...golden.arguments),
      { x: x.value },
      { parameters: golden.parameters },
    );
    assertEquals(output.spec.shape, golden.output.shape);
    assertEquals(Object.keys(parameters), Object.keys(golden.parameters));
    const cotangent = laboratory.variable("cotangent", golden.cotangent).value;
    const loss = ops.reduceSum(ops.mul(output, cotangent));
    laboratory.builder.output("output", output);
    for (const [name, variable] of Object.entries({ x, ...parameters })) {
      laboratory.builder.output(name, ops.gradient(loss, variable.value));
    }
    const { output: values, ...gradients } = laboratory.run();
    assertClose(values!, golden.output);
    for (const [name, gradient] of Object.entries(golden.gradients)) {
      assertClose(gradients[name]!, gradient, { what: `gradient by ${name}` });
    }
  });
}
