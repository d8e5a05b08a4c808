/**
 * How fast are losses, with the gradient by the predictions?
 *
 * @module
 */
import * as parts from "@millrace/millrace";
import { type Elements, ops, type Shape, sizeOf, type Value } from "@millrace/millrace";
import { elementLoops, labelLoops, type LossLoop, rowLoops } from "./loops/losses.ts";
import { type BenchCase, loopVariant, register } from "./support/case.ts";
import { deviceVariants, normals } from "./support/graph.ts";
import { builtStage } from "./support/stage.ts";

/** A loss, what its ports read, and the same as a loop. */
interface LossWork {
  readonly made: unknown;
  /** Shape of every port of floats. */
  readonly shape: readonly [number, number];
  /** Ports of floats; the gradient is by the first. */
  readonly ports: readonly string[];
  /** Number of classes, where there are labels. */
  readonly classes?: number;
  /** Numbers that targets are made of, from normal ones. */
  readonly targets?: (x: number, i: number) => number;
  readonly loop: LossLoop;
}

function lossCase(name: string, work: LossWork): BenchCase {
  const { made, shape, ports, classes, targets, loop } = work;
  const size = sizeOf(shape);
  const dataOf = (port: string, i: number) => {
    const numbers = normals(port, size);
    return i === 0 || targets === undefined ? numbers : numbers.map(targets);
  };
  const labels = Uint8Array.from({ length: shape[0] }, (_, i) => i % (classes ?? 1));
  const data: Record<string, Elements> = { labels };
  ports.forEach((port, i) => data[port] = dataOf(port, i));
  return {
    name: `${name} of ${shape.join("x")} and its gradient`,
    bytes: 4 * (ports.length + 1) * size,
    variants: [
      loopVariant(() => {
        const [x, ...others] = ports.map(dataOf);
        const gradient = new Float32Array(size);
        const arrays = { x: x!, others, labels, gradient };
        return { run: () => void loop(arrays, shape[1]), result: () => gradient };
      }),
      ...deviceVariants((builder) => {
        const given = Object.fromEntries(
          ports.map((port) => [port, builder.input(port, { shape, dtype: "f32" })]),
        );
        const ofLabels = classes === undefined ? {} : {
          labels: {
            value: builder.input("labels", { shape: [shape[0]], dtype: "u8" }),
            classes,
          },
        };
        const inputs = { ...given, ...ofLabels };
        const { output } = builtStage<Value>(made, { builder, inputs });
        builder.output("gradient", ops.gradient(output, given[ports[0]!]!));
        builder.output("loss", output);
      }, data),
    ],
  };
}

const table = [1024, 64] as const satisfies Shape;
const scores = [1024, 10] as const satisfies Shape;

/** Losses that compare number by number: ports, and what targets are. */
const elements: readonly (readonly [string, unknown, string, ((x: number) => number)?])[] = [
  ["meanSquaredError", parts.meanSquaredError(), "predictions"],
  ["meanAbsoluteErrorLoss", parts.meanAbsoluteErrorLoss(), "predictions"],
  ["huber", parts.huber(), "predictions"],
  ["logCosh", parts.logCosh(), "predictions"],
  [
    "meanAbsolutePercentageError",
    parts.meanAbsolutePercentageError(),
    "predictions",
    (x) => x + Math.sign(x),
  ],
  ["poisson", parts.poisson(), "predictions", (x) => Math.round(Math.abs(3 * x))],
  ["binaryCrossEntropy", parts.binaryCrossEntropy(), "logits", (x) => x > 0 ? 1 : 0],
  ["binaryFocalCrossEntropy", parts.binaryFocalCrossEntropy(), "logits", (x) => x > 0 ? 1 : 0],
];

/** The cases. */
export const cases: readonly BenchCase[] = [
  ...elements.map(([name, made, port, targets]) =>
    lossCase(name, {
      made,
      shape: table,
      ports: [port, "targets"],
      ...(targets === undefined ? {} : { targets }),
      loop: elementLoops[name]!,
    })
  ),
  ...([
    ["sparseCategoricalCrossEntropy", parts.sparseCategoricalCrossEntropy()],
    ["focalCrossEntropy", parts.focalCrossEntropy()],
    ["hinge", parts.hinge()],
  ] as const).map(([name, made]) =>
    lossCase(name, { made, shape: scores, ports: ["logits"], classes: 10, loop: labelLoops[name]! })
  ),
  lossCase("categoricalCrossEntropy", {
    made: parts.categoricalCrossEntropy(),
    shape: scores,
    ports: ["logits", "targets"],
    targets: (_, i) => i % 10 === Math.floor(i / 10) % 10 ? 1 : 0,
    loop: rowLoops["categoricalCrossEntropy"]!,
  }),
  lossCase("klDivergence", {
    made: parts.klDivergence(),
    shape: scores,
    ports: ["logits", "targets"],
    targets: (_, i) => (1 + i % 10) / 55,
    loop: rowLoops["klDivergence"]!,
  }),
  lossCase("distillationLoss", {
    made: parts.distillationLoss(),
    shape: scores,
    ports: ["logits", "teacher"],
    loop: rowLoops["distillationLoss"]!,
  }),
  lossCase("cosineDistance", {
    made: parts.cosineDistance(),
    shape: table,
    ports: ["predictions", "targets"],
    loop: rowLoops["cosineDistance"]!,
  }),
  lossCase("tripletLoss", {
    made: parts.tripletLoss(),
    shape: table,
    ports: ["anchor", "positive", "negative"],
    loop: rowLoops["tripletLoss"]!,
  }),
  lossCase("contrastiveLoss", {
    made: parts.contrastiveLoss(),
    shape: table,
    ports: ["first", "second"],
    classes: 2,
    loop: rowLoops["contrastiveLoss"]!,
  }),
];

await register(cases, import.meta);
