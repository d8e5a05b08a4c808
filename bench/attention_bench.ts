/**
 * How fast are attention and a transformer's block, forward and with their gradients?
 *
 * @module
 */
import { multiHeadAttention, transformerEncoder } from "@millrace/millrace";
import { attentionFlops, attentionLoops, encoderLoops } from "./loops/attention.ts";
import { type BenchCase, register } from "./support/case.ts";
import { layerCases } from "./support/layer.ts";

/** A small one, and one of the size of `pipelines/transformer.ts`. */
const sizes = [
  { batch: 4, steps: 8, features: 16, heads: 2, hidden: 32 },
  { batch: 32, steps: 32, features: 64, heads: 4, hidden: 128 },
];

/** The cases. */
export const cases: readonly BenchCase[] = sizes.flatMap((size) => {
  const { batch, steps, features, heads, hidden } = size;
  const x = [batch, steps, features];
  const flops = attentionFlops(size);
  return [
    ...layerCases(`multiHeadAttention ${x.join("x")} in ${heads}`, {
      layer: multiHeadAttention(heads),
      x,
      flops,
      spread: 1 / Math.sqrt(features),
      ...attentionLoops(size),
    }),
    ...layerCases(`transformerEncoder ${x.join("x")} in ${heads}, ${hidden}`, {
      layer: transformerEncoder(heads, hidden),
      x,
      flops: flops + 2 * 2 * batch * steps * features * hidden,
      spread: 1 / Math.sqrt(features),
      ...encoderLoops(size),
    }),
  ];
});

await register(cases, import.meta);
