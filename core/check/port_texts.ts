/**
 * What flows out of every port of a checked pipeline, as text for people.
 *
 * @module
 */
import { formatSpec } from "../tensor/mod.ts";
import type { DataPort, PortTexts } from "../declare/mod.ts";
import { type CheckedPipeline, traceFor } from "./check.ts";

/** What flows out of every port of a checked pipeline, as text; the batch axis by its name. */
export function portTexts(checked: CheckedPipeline): PortTexts {
  const texts: Record<string, string> = {};
  for (const [stage, ports] of checked.ports) {
    for (const [port, data] of Object.entries(ports)) texts[`${stage}.${port}`] = dataText(data);
  }
  const { batchSize } = checked.resolved.run;
  for (const { path, definition } of checked.resolved.stages) {
    if (definition.kind !== "traced" || definition.output !== "tensor") continue;
    const traced = traceFor(checked, { purpose: { predict: path }, batchSize });
    for (const { port, value: { spec } } of traced.flows.filter((flow) => flow.path === path)) {
      const [first, ...rest] = spec.shape;
      const shape = first === batchSize ? ["batch", ...rest] : spec.shape;
      texts[`${path}.${port}`] = formatSpec({ dtype: spec.dtype, shape });
    }
  }
  return texts;
}

function dataText(data: DataPort): string {
  return data.kind === "tensor"
    ? formatSpec({ dtype: data.dtype, shape: ["batch", ...data.shape] })
    : `${data.classes} classes`;
}
