/**
 * `summary`: the layers of a pipeline with their shapes, parameters and operations. Reads no data.
 *
 * @module
 */
import { printSummary, summarize } from "../check/mod.ts";
import { loadPipeline } from "./load.ts";
import { executeSettings, shared, type Verb } from "./options.ts";

/** The verb `summary`. */
export const summary: Verb = {
  name: "summary",
  summary: "Print the layers: output shapes, parameters, which of them learn, FLOPs",
  operand: "<pipeline.ts>",
  options: [shared.set, shared.json],
  notes: "A layer inside another is below it, and counted with it.",
  async run(invocation, io) {
    const { pipeline } = await loadPipeline(invocation.operand());
    const found = summarize(pipeline, { set: executeSettings(invocation).set });
    io.stdout.write(invocation.flag("json") ? `${JSON.stringify(found)}\n` : printSummary(found));
    return 0;
  },
};
