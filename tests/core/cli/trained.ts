/**
 * Trains with a stage that `inspect` suggests: it is pasted into a pipeline, which is written for what the
 * stage gives.
 *
 * @module
 */
import { type DataPort, type Pipeline, sizeOf, train } from "@millrace/millrace";
import { openStage } from "./inspected.ts";

/** Writes a module whose default export is a pipeline with the stage. */
export async function writePipeline(stage: string, module: string): Promise<void> {
  const { ports, source } = await openStage(stage, module);
  source!.close?.();
  const [, variable] = /^const (\w+) = /.exec(stage)!;
  const all = Object.entries(ports).map(([name, port]) => ({
    port,
    handle: `${variable}[${JSON.stringify(name)}]`,
    isFilled: name === "features" && stage.includes("const features"),
  }));
  const labels = all.find(({ port }) => port.kind === "labels");
  const targets = all.find(({ handle }) => handle.endsWith('["targets"]'));
  const inputs = all.filter((given) => given !== labels && given !== targets);
  const numbers = inputs.filter(({ port }) => port.dtype !== "i32" && port.kind === "tensor");
  const expressions = numbers.map(({ port, handle, isFilled }) =>
    numbersOf(port, isFilled ? "features" : handle)
  );
  const joined = expressions.length === 1
    ? expressions[0]
    : `concatenate()([${expressions.join(", ")}])`;
  const [units, loss] = labels?.port.kind === "labels"
    ? [
      labels.port.classes,
      `sparseCategoricalCrossEntropy()({ logits: predictions, labels: ${labels.handle} })`,
    ]
    : targets?.port.kind === "tensor"
    ? [
      sizeOf(targets.port.shape),
      `meanSquaredError()({ predictions, targets: ${targets.handle} })`,
    ]
    : [
      numbers.reduce((sum, { port }) => sum + widthOf(port), 0),
      "meanSquaredError()({ predictions, targets: inputs })",
    ];
  const body = `${stage}
const inputs = ${joined};
const predictions = dense(${units})(inputs);
const loss = ${loss};
const optimizer = adam()(backward()(loss));
export default pipeline({
  name: "pasted",
  epochs: 1,
  batchSize: 2,
  stages: { ${variable}, predictions, loss, optimizer },
});
`;
  const millrace = new URL("../../../mod.ts", import.meta.url).href;
  const names = [...new Set([...body.matchAll(/\b([a-z]\w+)\(/g)].map(([, name]) => name))];
  await Deno.writeTextFile(
    module,
    `import { ${names.join(", ")} } from ${JSON.stringify(millrace)};\n${body}`,
  );
}

/** A row of numbers for each row of the data. */
function numbersOf(port: DataPort, handle: string): string {
  if (port.kind !== "tensor") throw new Error("expected a tensor");
  if (port.encoding === "utf-8") {
    return `flatten()(embedding(64, 2)(tokens({ vocabulary: 64, length: 4 })(${handle}).tokens))`;
  }
  const floats = port.dtype === "f32" ? handle : `rescale()(${handle})`;
  return `flatten()(${floats})`;
}

const textWidth = 8;

function widthOf(port: DataPort): number {
  if (port.kind !== "tensor") return 1;
  return port.encoding === "utf-8" ? textWidth : sizeOf(port.shape);
}

/** Trains it, and gives the loss. */
export async function trainWritten(module: string): Promise<number> {
  const { default: pasted } = await import(`file://${module}?train`) as { default: Pipeline };
  return (await train(pasted)).loss;
}
