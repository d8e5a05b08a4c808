/**
 * A small language model of characters: what comes behind 24 characters of _Moby-Dick_, of which the
 * repository has three chapters (`pipelines/samples`). Every character becomes a vector, and so does its
 * place; one transformer block, and scores for each of 27 characters. It comes to be right about 39 % of
 * the characters of the last tenth of the text, which it has not seen; the most frequent one, the space,
 * would be right about 20 %, the one that most often follows each character 27 %.
 *
 * `deno task train pipelines/transformer.ts`
 *
 * @module
 */
import {
  accuracy,
  adam,
  backward,
  characters,
  dense,
  embedding,
  flatten,
  learnedPositions,
  type Pipeline,
  pipeline,
  sequential,
  softmax,
  sparseCategoricalCrossEntropy,
  transformerEncoder,
} from "@millrace/millrace";

const text = characters({
  path: "pipelines/samples/moby_dick.txt",
  length: 24,
  testFraction: 0.1,
});
const vectors = embedding(27, 32, { embeddingsInitializer: "glorotUniform" })(text.window);
const logits = sequential(
  learnedPositions(24),
  transformerEncoder(4, 64, { normFirst: true, causal: true, dropout: 0.1 }),
  flatten(),
  dense(27),
)(vectors);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: text.next });
const gradients = backward()(loss);
const optimizer = adam({ learningRate: 3e-3 })(gradients);

const transformer: Pipeline = pipeline({
  name: "transformer",
  epochs: 8,
  batchSize: 64,
  seed: 0,
  stages: {
    text,
    vectors,
    logits,
    loss,
    gradients,
    optimizer,
    accuracy: accuracy()({ logits, labels: text.next }),
    probabilities: softmax()(logits),
  },
});

export default transformer;
