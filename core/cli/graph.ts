/**
 * `graph`: a pipeline drawn as a Mermaid flowchart, or any of its three forms as text.
 *
 * @module
 */
import { check, portTexts } from "../check/mod.ts";
import { mermaid, type Pipeline, printPipeline } from "../declare/mod.ts";
import { PipelineError } from "../errors.ts";
import { printGraph } from "../graph/mod.ts";
import { printPlan } from "../plan/mod.ts";
import { loadPipeline } from "./load.ts";
import { executeSettings, type Invocation, shared, type Verb } from "./options.ts";
import { compileFor, planOptions } from "./plan.ts";
import { red } from "./terminal.ts";

const forms = ["mermaid", "pipeline", "graph", "plan"] as const;

/** The verb `graph`. */
export const graph: Verb = {
  name: "graph",
  summary: "Draw a pipeline as Mermaid, or print any of its three forms",
  operand: "<pipeline.ts>",
  options: [
    {
      name: "form",
      value: forms.join("|"),
      description: "Flowchart of stages (the default), stages, ops, or commands",
    },
    ...planOptions,
    shared.json,
  ],
  notes: "A pipeline with problems is drawn too; they are listed, and the exit status is 1.",
  async run(invocation, io) {
    const { pipeline } = await loadPipeline(invocation.operand());
    const form = invocation.choice("form", forms) ?? "mermaid";
    const { text, problem } = await render(form, { pipeline, invocation });
    io.stdout.write(
      invocation.flag("json")
        ? `${JSON.stringify({ pipeline: pipeline.name, form, text })}\n`
        : `${text.trimEnd()}\n`,
    );
    if (problem === undefined) return 0;
    io.stderr.write(`${red(io.stderr, "error:")} ${problem.message}\n`);
    return 1;
  },
};

interface Rendered {
  readonly text: string;
  readonly problem?: PipelineError;
}

async function render(
  form: typeof forms[number],
  { pipeline, invocation }: { readonly pipeline: Pipeline; readonly invocation: Invocation },
): Promise<Rendered> {
  if (form === "graph") return { text: printGraph((await compileFor(invocation, pipeline)).graph) };
  if (form === "plan") return { text: printPlan((await compileFor(invocation, pipeline)).plan) };
  const print = form === "mermaid" ? mermaid : printPipeline;
  try {
    const checked = check(pipeline, executeSettings(invocation).set);
    return { text: print(pipeline, { ports: portTexts(checked) }) };
  } catch (problem) {
    if (!(problem instanceof PipelineError)) throw problem;
    return { text: print(pipeline), problem };
  }
}
