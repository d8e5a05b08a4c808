import { assertEquals } from "@std/assert";
import { ops, type Value } from "../../../core/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";
import { assertClose } from "../../golden/golden.ts";
import { layerCases, madeLayer } from "./layer_cases.ts";

for (const golden of layerCases) {
  Deno.test(`${golden.name}: value and gradients are PyTorch's`, () => {
    const laboratory = new Laboratory();
    const x = laboratory.variable("x", golden.x);
    const { parameters: given, state = {}, inference = false } = golden;
    const { output, parameters } = buildStage<Value>(laboratory, madeLayer(golden), {
      x: x.value,
    }, { parameters: given, state, inference });
    assertEquals(output.spec.shape, golden.output.shape);
    assertEquals(Object.keys(parameters), Object.keys(golden.parameters));
    const cotangent = laboratory.variable("cotangent", golden.cotangent).value;
    const loss = ops.reduceSum(ops.mul(output, cotangent));
    laboratory.builder.output("output", output);
    for (const [name, variable] of Object.entries({ x, ...parameters })) {
      laboratory.builder.output(name, ops.gradient(loss, variable.value));
    }
    const { output: values, ...gradients } = laboratory.run();
    // a mean of 100 takes three digits of the deviations
    const tolerance = golden.name.endsWith("far from 0") ? 1e-9 : 1e-12;
    assertClose(values!, golden.output, { tolerance });
    for (const [name, gradient] of Object.entries(golden.gradients)) {
      assertClose(gradients[name]!, gradient, { what: `gradient by ${name}`, tolerance });
    }
  });
}

for (const golden of layerCases) {
  const { running } = golden;
  if (running === undefined) continue;
  Deno.test(`${golden.name}: running statistics after ${running.length} steps are as PyTorch's`, () => {
    const laboratory = new Laboratory();
    const x = laboratory.variable("x", golden.x);
    buildStage<Value>(laboratory, madeLayer(golden), { x: x.value });
    laboratory.builder.update(x, ops.sub(1, ops.mul(x.value, 0.5)));
    const step = laboratory.prepare();
    for (const expected of running) {
      const { variables } = step();
      for (const [name, numbers] of Object.entries(expected)) {
        assertClose(variables[`stage.${name}`]!, numbers, { what: name });
      }
    }
  });
}
