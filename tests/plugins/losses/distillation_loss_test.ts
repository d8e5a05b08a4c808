import { ops, type Value } from "../../../core/mod.ts";
import { distillationLoss } from "../../../plugins/losses/mod.ts";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

interface DistillationCase {
  readonly name: string;
  readonly temperature: number;
  readonly logits: Numbers;
  readonly teacher: Numbers;
  readonly loss: number;
  readonly gradient: Numbers;
}

const [golden] = await readGolden<{ readonly distillations: readonly DistillationCase[] }>(
  "wiring",
);

for (const { name, temperature, loss, gradient, ...given } of golden!.distillations) {
  Deno.test(`${name}: loss and gradient are PyTorch's, and the teacher gets none`, () => {
    const laboratory = new Laboratory();
    const logits = laboratory.variable("logits", given.logits).value;
    const teacher = laboratory.variable("teacher", given.teacher).value;
    const { output } = buildStage<Value>(laboratory, distillationLoss({ temperature }), {
      logits,
      teacher,
    });
    laboratory.builder.output("loss", output);
    laboratory.builder.output("gradient", ops.gradient(output, logits));
    laboratory.builder.output("of teacher", ops.gradient(output, teacher));
    const found = laboratory.run();
    assertClose(found.loss!, [loss]);
    assertClose(found.gradient!, gradient);
    assertClose(found["of teacher"]!, new Array(20).fill(0));
  });
}
