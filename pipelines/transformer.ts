/**
 * A small language model of characters: what comes behind each character of _Moby-Dick_, of which the
 * repository has three chapters (`pipelines/samples`). A causal convolution looks at seven characters at
 * a time, two transformer blocks at all that came before, and every step of a window of 32 learns its
 * next character. After two minutes of one processor it is right about 49.5 % of the characters behind
 * the windows of the last tenth of the text, which it has not seen, at a perplexity of 5.4.
 *
 * What counting gives, the last characters looked up in the rest of the text (interpolated, Witten and
 * Bell 1991): one 28 %, two 39 %, three 48 % at a perplexity of 5.5, four 52 % at 5.3. On so short a
 * text that is hard to beat; `tests/pipelines/transformer_test.ts` counts.
 *
 * `deno task train pipelines/transformer.ts`
 *
 * @module
 */
import {
  accuracy,
  adamw,
  backward,
  categoricalCrossEntropy,
  characters,
  clipByGlobalNorm,
  conv1d,
  cosineDecay,
  cropping1d,
  dropout,
  embedding,
  flatten,
  layerNormalization,
  learnedPositions,
  oneHot,
  perplexity,
  type Pipeline,
  pipeline,
  sequential,
  softmax,
  transformerEncoder,
  warmUp,
} from "@millrace/millrace";

const text = characters({
  path: "pipelines/samples/moby_dick.txt",
  length: 32,
  testFraction: 0.1,
});
const vectors = embedding(27, 32, { embeddingsInitializer: "glorotUniform" })(text.window);
const logits = sequential(
  conv1d(64, 7, { padding: "causal", activation: "gelu" }),
  learnedPositions(32),
  dropout(0.15),
  transformerEncoder(4, 128, { normFirst: true, causal: true, activation: "gelu", dropout: 0.15 }),
  transformerEncoder(4, 128, { normFirst: true, causal: true, activation: "gelu", dropout: 0.15 }),
  layerNormalization(),
  conv1d(27, 1), // the same scores at every step
)(vectors);
const loss = categoricalCrossEntropy()({ logits, targets: oneHot(27)(text.following) });
// 3 epochs of 1420 steps, less those of warm-up
const learningRate = warmUp(
  cosineDecay({ initialLearningRate: 4e-3, decaySteps: 4160, alpha: 0.05 }),
  { steps: 100 },
);
const optimizer = adamw({ learningRate, weightDecay: 0.1, beta2: 0.99, leastDecayRank: 2 })(
  clipByGlobalNorm(1)(backward()(loss)),
);
const last = sequential(cropping1d([31, 0]), flatten())(logits);

const transformer: Pipeline = pipeline({
  name: "transformer",
  epochs: 3,
  batchSize: 32,
  seed: 0,
  stages: {
    text,
    vectors,
    logits,
    loss,
    optimizer,
    last,
    accuracy: accuracy()({ logits: last, labels: text.next }),
    perplexity: perplexity()({ logits: last, labels: text.next }),
    probabilities: softmax()(last),
  },
});

export default transformer;
