import { assertEquals } from "@std/assert";
import { ops, type Value } from "../../../core/mod.ts";
import * as losses from "../../../plugins/losses/mod.ts";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

interface LossCase {
  readonly name: string;
  readonly loss: "meanSquaredError" | "sparseCategoricalCrossEntropy" | "categoricalCrossEntropy";
  readonly options: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly value: number | string;
  readonly gradient: Numbers;
}

for (const golden of await readGolden<LossCase>("losses")) {
  Deno.test(`${golden.name}: value and gradient are PyTorch's`, () => {
    const make = losses[golden.loss] as (options: unknown) => unknown;
    const laboratory = new Laboratory();
    const inputs: Record<string, unknown> = {};
    const [first] = Object.keys(golden.inputs);
    for (const [port, numbers] of Object.entries(golden.inputs)) {
      inputs[port] = port === "labels"
        ? {
          value: laboratory.whole(port, Array.from(numbers.data, Number), "u8"),
          classes: golden.inputs["logits"]!.shape[1],
        }
        : laboratory.variable(port, numbers).value;
    }
    const { output } = buildStage<Value>(laboratory, make(golden.options), inputs);
    assertEquals(output.spec, { shape: [], dtype: "f32" });
    laboratory.builder.output("value", output);
    laboratory.builder.output("gradient", ops.gradient(output, inputs[first!] as Value));
    const results = laboratory.run();
    assertClose(results.value!, [Number(golden.value)]);
    assertClose(results.gradient!, golden.gradient, { what: `gradient by ${first}` });
  });
}
