/**
 * `explain`: the mathematics of a pipeline, stage by stage, read off its graph.
 *
 * @module
 */
import { nearestName, pipelineError } from "../errors.ts";
import type { Pipeline } from "../declare/mod.ts";
import { check, type CheckedPipeline } from "../check/mod.ts";
import { type Example, withExample } from "./example.ts";
import { printExplanation, signsIn } from "./printer.ts";
import { isWithin, type Reading, readPipeline } from "./reading.ts";
import {
  allStages,
  backwardBlocks,
  dataBlocks,
  forwardBlocks,
  gradientBlocks,
  parameterBlocks,
  updateBlocks,
} from "./sections.ts";
import type { ExplainOptions, Explanation, ExplanationBlock, ExplanationSection } from "./types.ts";

/**
 * Explains a pipeline as text: the formula of every stage with the equations that it became, the
 * loss, each gradient by the chain rule, and the update of the parameters; with `numbers`, each
 * equation is followed by its values in the first step of training.
 *
 * Without `numbers` no data is read. Numbers are computed in float64, from the initial parameters.
 *
 * @returns Lines of at most about 100 characters.
 * @throws {PipelineError} When the pipeline has issues, there is no such stage, there are not as many
 * rows, or a step has more numbers than can be computed.
 *
 * @example
 * ```ts
 * import { arrays, backward, dense, explain, meanSquaredError, pipeline, sgd } from "@millrace/millrace";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const points = arrays({ x: [[0], [1]], y: [[1], [3]] });
 * const line = dense(1, { kernelInitializer: "zeros" })(points.x);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd({ learningRate: 0.1 })(backward()(loss));
 * const small = pipeline({ name: "small", batchSize: 2, stages: { points, line, loss, fit } });
 * const text = await explain(small, { numbers: true });
 * assertStringIncludes(text, "line = x · weight + bias");
 * assertStringIncludes(text, "∂loss/∂weight = xᵀ · ∂loss/∂line");
 * ```
 */
export async function explain(pipeline: Pipeline, options: ExplainOptions = {}): Promise<string> {
  return printExplanation(await explanationOf(pipeline, options));
}

/**
 * Explains a pipeline as data: what `explain` prints.
 *
 * @throws {PipelineError} As `explain` does.
 */
export async function explanationOf(
  pipeline: Pipeline,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const checked = check(pipeline, options.set);
  requireStage(checked, options.stage);
  if (options.numbers !== true) return await explainStep(checked, options, undefined);
  const { rows } = options;
  return await withExample(checked, {
    rows,
    run: (example) => explainStep(checked, options, example),
  });
}

function requireStage({ resolved }: CheckedPipeline, name: string | undefined): void {
  const known = allStages(resolved.stages).map(({ path }) => path);
  if (name === undefined || known.includes(name)) return;
  const nearest = nearestName(name, known);
  throw pipelineError({
    code: "unknown",
    path: name,
    message: "Cannot explain this stage: there is none of this name",
    hint: nearest === undefined ? `stages: ${known.join(", ")}` : `did you mean "${nearest}"?`,
  });
}

async function explainStep(
  checked: CheckedPipeline,
  options: ExplainOptions,
  example: Example | undefined,
): Promise<Explanation> {
  const { name: pipeline, run: { batchSize, seed }, stages } = checked.resolved;
  const rows = example?.rows ?? options.rows ?? batchSize;
  const training = await readPipeline(checked, { purpose: "train", rows, example });
  const beside = forwardBlocks(training, ["metric"]);
  for (const { path, definition } of stages) {
    if (definition.kind !== "traced" || definition.output !== "tensor") continue;
    if (training.flows.some((flow) => flow.path === path)) continue;
    const reading = await readPipeline(checked, { purpose: { predict: path }, rows, example });
    const blocks = forwardBlocks(reading, [definition.family])
      .filter((block) => isWithin(block.stage, path));
    beside.push(...(hasInferenceOnly(reading) ? blocks.map(asPredicted) : blocks));
  }
  const sections: readonly ExplanationSection[] = [
    { title: "Data", blocks: dataBlocks(training) },
    { title: "Where training begins", blocks: parameterBlocks(training) },
    { title: "Forward", blocks: forwardBlocks(training, ["transform", "layer"]) },
    { title: "Loss", blocks: forwardBlocks(training, ["loss"]) },
    { title: "Backward, from the loss to the parameters", blocks: backwardBlocks(training) },
    { title: "Gradients, changed on the way", blocks: gradientBlocks(training) },
    { title: "Update", blocks: updateBlocks(training) },
    { title: "Beside training", blocks: beside },
  ];
  const chosen = sections.map(({ title, blocks }) => ({
    title,
    blocks: blocks.filter((block) => isChosen(block, options.stage)),
  })).filter(({ blocks }) => blocks.length > 0);
  return {
    pipeline,
    rows,
    batchSize,
    trainingRows: example?.trainingRows ?? null,
    seed,
    signs: signsIn(chosen),
    sections: chosen,
  };
}

/** Tells whether some stage is built in another way when it predicts, as dropout is. */
function hasInferenceOnly({ checked, flows }: Reading): boolean {
  return allStages(checked.resolved.stages).some(({ path, definition }) =>
    definition.kind === "traced" && definition.buildInference !== undefined &&
    flows.some((flow) => flow.path === path)
  );
}

function asPredicted(block: ExplanationBlock): ExplanationBlock {
  const [first, ...rest] = block.equations;
  if (first === undefined) return block;
  const words = [...first.words, "as it predicts: what a layer does only in training is left out"];
  return { ...block, equations: [{ ...first, words }, ...rest] };
}

function isChosen(block: ExplanationBlock, stage: string | undefined): boolean {
  return stage === undefined || isWithin(block.stage, stage);
}
