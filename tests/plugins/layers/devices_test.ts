/**
 * Every golden case of a layer on every device: as PyTorch has it, within what the device's floats
 * allow; and steps along the gradient lower a loss.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ops, type Value, type Variable } from "../../../core/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";
import { testedDevices } from "../../support/devices.ts";
import { assertClose } from "../../golden/golden.ts";
import { type LayerCase, layerCases, madeLayer } from "./layer_cases.ts";

/** A case in a laboratory: its output, and the variables that it may learn. */
function built(
  laboratory: Laboratory,
  golden: LayerCase,
): { readonly output: Value; readonly learned: Readonly<Record<string, Variable>> } {
  const x = laboratory.variable("x", golden.x);
  const { parameters: given, state = {}, inference = false } = golden;
  const { output, parameters } = buildStage<Value>(laboratory, madeLayer(golden), { x: x.value }, {
    parameters: given,
    state,
    inference,
  });
  return { output, learned: { x, ...parameters } };
}

/** Roundings that a case multiplies: a mean of 100 takes three digits of what is left without it. */
function loosenessOf({ name }: LayerCase): number {
  return name.endsWith("Normalization, far from 0") ? 1e3 : 10;
}

for (const { name, device, tolerances } of testedDevices) {
  const availability = await device.probe();
  const reason = availability.available ? "" : ` (skipped: ${availability.reason})`;

  Deno.test({
    name: `layers: values and gradients on ${name} are PyTorch's${reason}`,
    ignore: !availability.available,
    async fn() {
      for (const golden of layerCases) {
        const laboratory = new Laboratory();
        const { output, learned } = built(laboratory, golden);
        const cotangent = laboratory.variable("cotangent", golden.cotangent).value;
        const loss = ops.reduceSum(ops.mul(output, cotangent));
        laboratory.builder.output("output", output);
        for (const [parameter, { value }] of Object.entries(learned)) {
          laboratory.builder.output(parameter, ops.gradient(loss, value));
        }
        const [results] = await laboratory.runOn(device);
        // what comes out of the reference device's session was rounded to float32
        const tolerance = loosenessOf(golden) * Math.max(tolerances.f32, 1e-7);
        for (
          const [of, expected] of Object.entries({ output: golden.output, ...golden.gradients })
        ) {
          assertClose(results![of]!, expected, { tolerance, what: `${golden.name}, ${of}` });
        }
      }
    },
  });

  Deno.test({
    name: `layers: steps on ${name} lower a loss${reason}`,
    ignore: !availability.available,
    async fn() {
      for (const golden of layerCases) {
        const laboratory = new Laboratory();
        const { output, learned } = built(laboratory, golden);
        const target = laboratory.variable("target", golden.cotangent).value;
        const loss = ops.mean(ops.square(ops.sub(output, target)));
        laboratory.builder.output("loss", loss);
        for (const variable of Object.values(learned)) {
          const step = ops.mul(ops.gradient(loss, variable.value), 0.01);
          laboratory.builder.update(variable, ops.sub(variable.value, step));
        }
        const losses = (await laboratory.runOn(device, { steps: 3 })).map(({ loss }) => loss![0]!);
        assertEquals(losses.length, 3);
        const falls = losses[1]! < losses[0]! && losses[2]! < losses[1]!;
        assert(falls, `${golden.name}: losses ${losses.join(", ")}`);
      }
    },
  });
}
