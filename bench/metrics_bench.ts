/**
 * How fast do metrics gather a batch? What they gather is read once an epoch or every few steps, and
 * computing a score from it takes no part here.
 *
 * @module
 */
import * as parts from "@millrace/millrace";
import { type Elements, sizeOf, type TracedMetric } from "@millrace/millrace";
import { metricLoops } from "./loops/metrics.ts";
import { type BenchCase, loopVariant, register } from "./support/case.ts";
import { deviceVariants, normals } from "./support/graph.ts";
import { builtStage } from "./support/stage.ts";

const [rows, width] = [1024, 10];
const shape = [rows, width] as const;

/** The metric, its ports, and the sum or column that is compared. */
const metrics: readonly (readonly [
  name: string,
  made: unknown,
  ports: readonly ["logits" | "predictions", "labels" | "targets"],
  output: string,
])[] = [
  ["accuracy", parts.accuracy(), ["logits", "labels"], "hits"],
  ["topKAccuracy", parts.topKAccuracy({ k: 3 }), ["logits", "labels"], "hits"],
  ["binaryAccuracy", parts.binaryAccuracy(), ["logits", "targets"], "hits"],
  ["categoricalAccuracy", parts.categoricalAccuracy(), ["logits", "targets"], "hits"],
  ["meanAbsoluteError", parts.meanAbsoluteError(), ["predictions", "targets"], "absolute"],
  ["rootMeanSquaredError", parts.rootMeanSquaredError(), ["predictions", "targets"], "squares"],
  ["rSquared", parts.rSquared(), ["predictions", "targets"], "residual"],
  ["confusionMatrix", parts.confusionMatrix(), ["logits", "labels"], "counts"],
  ["precision", parts.precision(), ["logits", "labels"], "hits"],
  ["recall", parts.recall(), ["logits", "labels"], "hits"],
  ["fBeta", parts.fBeta(), ["logits", "labels"], "hits"],
  ["meanIoU", parts.meanIoU(), ["logits", "labels"], "hits"],
  ["perplexity", parts.perplexity(), ["logits", "labels"], "surprise"],
  ["rocAuc", parts.rocAuc(), ["logits", "labels"], "scores"],
  ["prAuc", parts.prAuc(), ["logits", "labels"], "scores"],
];

/** The cases. */
export const cases: readonly BenchCase[] = metrics.map(([name, made, [port, target], output]) => {
  const labels = Uint8Array.from({ length: rows }, (_, i) => i % width);
  const data: Readonly<Record<string, Elements>> = { labels };
  return {
    name: `${name} of ${shape.join("x")}`,
    bytes: 4 * sizeOf(shape),
    variants: [
      loopVariant(() => {
        const lengths: Readonly<Record<string, number>> = {
          counts: width ** 2,
          scores: sizeOf(shape),
          residual: width,
        };
        const perClass = output === "hits" && metricLoops[name] === metricLoops["precision"];
        const arrays = {
          x: normals(port, sizeOf(shape)),
          targets: normals("targets", sizeOf(shape)),
          labels,
          width,
          output: new Float32Array(lengths[output] ?? (perClass ? width : 1)),
        };
        return { run: () => metricLoops[name]!(arrays), result: () => arrays.output };
      }),
      ...deviceVariants((builder) => {
        const floats = (name: string) => builder.input(name, { shape, dtype: "f32" });
        const ofTarget = target === "targets"
          ? floats("targets")
          : { value: builder.input("labels", { shape: [rows], dtype: "u8" }), classes: width };
        const inputs = { [port]: floats(port), [target]: ofTarget };
        const { output: { sums, columns } } = builtStage<TracedMetric>(made, { builder, inputs });
        const { [output]: compared, ...others } = { ...sums, ...columns };
        builder.output(output, compared!);
        for (const [name, value] of Object.entries(others)) builder.output(name, value);
      }, data),
    ],
  };
});

await register(cases, import.meta);
