import { assert, assertEquals } from "@std/assert";
import { ops, type Value } from "../../../core/mod.ts";
import * as losses from "../../../plugins/losses/mod.ts";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";
import { testedDevices } from "../../support/devices.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

type Name = Extract<keyof typeof losses, string>;

interface LossCase {
  readonly name: string;
  readonly loss: Name;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Numbers>>;
  /** Number of classes of the labels; as many as there are scores when absent. */
  readonly classes?: number;
  readonly value: number | string;
  /** By port. */
  readonly gradients: Readonly<Record<string, Numbers>>;
}

const cases = await readGolden<LossCase>("losses");

/** Adds a case to a laboratory: its value and gradients, under a name. */
function declare(laboratory: Laboratory, golden: LossCase, name: string): void {
  const make = losses[golden.loss] as (options: unknown) => unknown;
  const inputs: Record<string, unknown> = {};
  for (const [port, numbers] of Object.entries(golden.inputs)) {
    const path = `${name}.${port}`;
    inputs[port] = port === "labels"
      ? {
        value: laboratory.whole(path, Array.from(numbers.data, Number), "u8"),
        classes: golden.classes ?? golden.inputs["logits"]!.shape[1],
      }
      : laboratory.variable(path, numbers).value;
  }
  const { output } = buildStage<Value>(laboratory, make(golden.options), inputs, { path: name });
  assertEquals(output.spec, { shape: [], dtype: "f32" });
  laboratory.builder.output(`${name}.value`, output);
  for (const port of Object.keys(golden.gradients)) {
    const gradient = ops.gradient(output, inputs[port] as Value);
    laboratory.builder.output(`${name}.gradient by ${port}`, gradient);
  }
}

/** Compares what came out with what PyTorch gives. */
function compare(
  results: Readonly<Record<string, ArrayLike<number>>>,
  golden: LossCase,
  { name, tolerance }: { readonly name: string; readonly tolerance: number },
): void {
  const what = (part: string) => `${name}.${part}`;
  assertClose(results[what("value")]!, [Number(golden.value)], {
    tolerance,
    what: `${golden.name}, value`,
  });
  for (const [port, gradient] of Object.entries(golden.gradients)) {
    const part = `gradient by ${port}`;
    assertClose(results[what(part)]!, gradient, { tolerance, what: `${golden.name}, ${part}` });
  }
}

for (const golden of cases) {
  Deno.test(`${golden.name}: value and gradients are PyTorch's`, () => {
    const laboratory = new Laboratory();
    declare(laboratory, golden, "stage");
    compare(laboratory.run(), golden, { name: "stage", tolerance: 1e-12 });
  });
}

for (const tested of testedDevices) {
  const availability = await tested.device.probe();
  Deno.test({
    name: `losses and their gradients are PyTorch's on ${tested.name}, in float32`,
    ignore: !availability.available,
    async fn() {
      const laboratory = new Laboratory();
      cases.forEach((golden, i) => declare(laboratory, golden, `case${i}`));
      const [results] = await laboratory.runOn(tested.device);
      cases.forEach((golden, i) =>
        compare(results!, golden, { name: `case${i}`, tolerance: 4e-6 })
      );
    },
  });
}

/** Those whose golden values are tested beside: in distillation_loss_test.ts, and with whole pipelines. */
const elsewhere = ["distillationLoss", "weightedSum"];

for (const name of Object.keys(losses).filter((name) => !elsewhere.includes(name))) {
  Deno.test(`${name}() has golden values`, () => {
    assert(cases.some(({ loss }) => loss === name));
  });
}
