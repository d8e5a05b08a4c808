import { assertEquals } from "@std/assert";
import { ops, type Value } from "../../core/mod.ts";
import { Laboratory, type Numbers } from "../support/build_stage.ts";
import { assertClose, readGolden } from "./golden.ts";

interface OpCase {
  readonly name: string;
  readonly op: string;
  readonly arguments: readonly unknown[];
  readonly inputs: readonly Numbers[];
  /** Whole numbers that come behind the inputs. */
  readonly indices?: Numbers;
  readonly output: Numbers;
  readonly cotangent: Numbers;
  readonly gradients: readonly Numbers[];
}

for (const golden of await readGolden<OpCase>("ops")) {
  Deno.test(`${golden.name}: value and gradients are PyTorch's`, () => {
    const laboratory = new Laboratory();
    const inputs = golden.inputs.map((numbers, i) => laboratory.variable(`input${i}`, numbers));
    const indices = golden.indices === undefined ? [] : [indicesOf(laboratory, golden.indices)];
    const functions = ops as unknown as Record<string, (...inputs: unknown[]) => Value>;
    const output = functions[golden.op]!(
      ...inputs.map(({ value }) => value),
      ...indices,
      ...golden.arguments,
    );
    assertEquals(output.spec.shape, golden.output.shape);
    const cotangent = laboratory.variable("cotangent", golden.cotangent).value;
    const loss = ops.reduceSum(ops.mul(output, cotangent));
    laboratory.builder.output("output", output);
    inputs.forEach(({ value }, i) => {
      laboratory.builder.output(`gradient${i}`, ops.gradient(loss, value));
    });
    const results = laboratory.run();
    assertClose(results.output!, golden.output);
    golden.gradients.forEach((gradient, i) => {
      assertClose(results[`gradient${i}`]!, gradient, { what: `gradient by input ${i}` });
    });
  });
}

function indicesOf(laboratory: Laboratory, { shape, data }: Numbers): Value {
  return ops.reshape(laboratory.whole("indices", Array.from(data, Number)), shape);
}
