import { assertEquals } from "@std/assert";
import { ops, type Value } from "../../../core/mod.ts";
import * as layers from "../../../plugins/layers/mod.ts";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

interface SequenceCase {
  readonly name: string;
  readonly layer: "lstm";
  readonly arguments: readonly unknown[];
  /** Inputs with a gradient, by port. */
  readonly inputs: Readonly<Record<string, Numbers>>;
  /** Whole numbers and masks, by port. */
  readonly given: Readonly<Record<string, Numbers>>;
  readonly parameters: Readonly<Record<string, Numbers>>;
  /** The output port that `output` is of; the first when absent. */
  readonly port?: string;
  readonly output: Numbers;
  readonly cotangent: Numbers;
  readonly gradients: Readonly<Record<string, Numbers>>;
}

for (const golden of await readGolden<SequenceCase>("sequences")) {
  for (const inference of [false, true]) {
    const mode = inference ? "evaluating" : "training";
    Deno.test(`${golden.name}, ${mode}: value and gradients are PyTorch's`, () => {
      const make = layers[golden.layer] as (...options: unknown[]) => unknown;
      const laboratory = new Laboratory();
      const variables = Object.fromEntries(
        Object.entries(golden.inputs).map(([port, numbers]) => [
          port,
          laboratory.variable(port, numbers),
        ]),
      );
      const given = Object.entries(golden.given).map(([port, { shape, data }]) => {
        const whole = laboratory.whole(port, Array.from(data, Number), port === "x" ? "i32" : "u8");
        return [port, ops.reshape(whole, shape)];
      });
      const built = buildStage<Value>(
        laboratory,
        make(...golden.arguments),
        {
          ...Object.fromEntries(
            Object.entries(variables).map(([port, { value }]) => [port, value]),
          ),
          ...Object.fromEntries(given),
        },
        { parameters: golden.parameters, inference },
      );
      const { parameters } = built;
      const output = golden.port === undefined ? built.output : built.given[golden.port]!;
      assertEquals(output.spec.shape, golden.output.shape);
      assertEquals(Object.keys(parameters), Object.keys(golden.parameters));
      const cotangent = laboratory.variable("cotangent", golden.cotangent).value;
      const loss = ops.reduceSum(ops.mul(output, cotangent));
      laboratory.builder.output("output", output);
      for (const [name, variable] of Object.entries({ ...variables, ...parameters })) {
        laboratory.builder.output(name, ops.gradient(loss, variable.value));
      }
      const { output: values, ...gradients } = laboratory.run();
      assertClose(values!, golden.output);
      for (const [name, gradient] of Object.entries(golden.gradients)) {
        assertClose(gradients[name]!, gradient, { what: `gradient by ${name}` });
      }
    });
  }
}
