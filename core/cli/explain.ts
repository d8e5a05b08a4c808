/**
 * `explain`: the mathematics of a pipeline, stage by stage, with the numbers of one step if wanted.
 *
 * @module
 */
import { explanationOf, printExplanation } from "../explain/mod.ts";
import { loadPipeline } from "./load.ts";
import { defined, executeSettings, shared, type Verb } from "./options.ts";

/** The verb `explain`. */
export const explain: Verb = {
  name: "explain",
  summary: "Explain a pipeline: its formulas, gradients and updates, with numbers if wanted",
  operand: "<pipeline.ts>",
  options: [
    {
      name: "numbers",
      description: "Show the values of the first step of training, computed in float64",
    },
    {
      name: "rows",
      value: "n",
      description: "Examples in the step; default the batch size, with numbers 1 or all of a few",
    },
    { name: "stage", value: "path", description: "Only this stage, as logits.dense1" },
    shared.seed,
    shared.set,
    shared.json,
  ],
  notes:
    "Numbers begin with the initial parameters; tensors of more than 64 elements are cut short.",
  async run(invocation, io) {
    const { pipeline } = await loadPipeline(invocation.operand());
    const explanation = await explanationOf(pipeline, {
      numbers: invocation.flag("numbers"),
      ...defined({
        rows: invocation.whole("rows", { min: 1 }),
        stage: invocation.text("stage"),
      }),
      set: executeSettings(invocation).set,
    });
    io.stdout.write(
      invocation.flag("json") ? `${JSON.stringify(explanation)}\n` : printExplanation(explanation),
    );
    return 0;
  },
};
