/**
 * How fast are recurrent layers, forward and with their gradients?
 *
 * @module
 */
import { gru, lstm, simpleRnn } from "@millrace/millrace";
import { gruLoops, lstmLoops, recurrentFlops, simpleRnnLoops } from "./loops/sequences.ts";
import { type BenchCase, register } from "./support/case.ts";
import { layerCases } from "./support/layer.ts";

const layers = [
  ["simpleRnn", simpleRnn, simpleRnnLoops, 1],
  ["lstm", lstm, lstmLoops, 4],
  ["gru", gru, gruLoops, 3],
] as const;

/** A small recurrence, and one of the size of `pipelines/sequence.ts`. */
const sizes = [
  { batch: 16, steps: 6, features: 8, units: 16 },
  { batch: 64, steps: 28, features: 28, units: 128 },
];

/** The cases. */
export const cases: readonly BenchCase[] = layers.flatMap(([name, layer, loops, gates]) =>
  sizes.flatMap((size) => {
    const { batch, steps, features, units } = size;
    return layerCases(`${name} ${batch}x${steps}x${features} to ${units}`, {
      layer: layer(units),
      x: [batch, steps, features],
      flops: recurrentFlops(size, gates),
      ...loops(size),
    });
  })
);

await register(cases, import.meta);
