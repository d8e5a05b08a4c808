/**
 * Every golden case of a layer on every device: steps along the gradient lower a loss. That values and
 * gradients are right there, `tests/plugins/devices_test.ts` says of every part.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ops, type Value, type Variable } from "../../../core/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";
import { testedDevices } from "../../support/devices.ts";
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

for (const { name, device } of testedDevices) {
  const availability = await device.probe();
  const reason = availability.available ? "" : ` (skipped: ${availability.reason})`;

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
