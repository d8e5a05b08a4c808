/**
 * Spoken digits: which of ten words is said, by the pitches in each frame of a sound (a spectrogram on
 * the mel scale, made within the compiled step), and a small convolutional network over frames.
 *
 * The sounds are made by espeak-ng (Debian's package of that name), 360 of them in a fixed list, in eight
 * voices to train with and four others to test with:
 *
 * `deno run --allow-run=espeak-ng --allow-write pipelines/samples/speak_digits.ts data/spoken-digits`
 *
 * `deno task train pipelines/spoken_digits.ts`
 *
 * Right about 98 % or more of the words in voices that it never heard. Sounds of your own go the same
 * way: WAV files of any sample rate, in a folder for each word.
 *
 * @module
 */
import {
  accuracy,
  adam,
  backward,
  batchNormalization,
  confusionMatrix,
  conv1d,
  dense,
  dropout,
  globalMaxPool1d,
  maxPool1d,
  melSpectrogram,
  pipeline,
  relu,
  sequential,
  softmax,
  soundFolder,
  sparseCategoricalCrossEntropy,
} from "@millrace/millrace";

const words = soundFolder({
  folder: "data/spoken-digits/train",
  test: "data/spoken-digits/test",
  classes: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
  samples: 8000, // 1 s
  sampleRate: 8000,
  longer: "cut",
  otherRate: "resample",
  origin: "deno run --allow-run=espeak-ng --allow-write pipelines/samples/speak_digits.ts " +
    "data/spoken-digits",
});
const pitches = melSpectrogram(32, {
  sampleRate: 8000,
  frameLength: 256,
  hopLength: 128,
  scale: "log",
  logOffset: 1e-3,
})(words.sound); // f32[batch, 61, 32]
const normalized = batchNormalization({ momentum: 0.9 })(pitches);
const features = sequential(
  conv1d(48, 5, { padding: "same", useBias: false }),
  batchNormalization({ momentum: 0.9 }),
  relu(),
  maxPool1d(2),
  conv1d(48, 5, { padding: "same", useBias: false }),
  batchNormalization({ momentum: 0.9 }),
  relu(),
  maxPool1d(2),
  conv1d(64, 5, { padding: "same", useBias: false }),
  batchNormalization({ momentum: 0.9 }),
  relu(),
)(normalized);
const logits = sequential(globalMaxPool1d(), dropout(0.3), dense(10))(features);
const loss = sparseCategoricalCrossEntropy()({ logits, labels: words.label });
const gradients = backward()(loss);
const optimizer = adam({ learningRate: 2e-3 })(gradients);

export default pipeline({
  name: "spoken_digits",
  epochs: 12,
  batchSize: 16,
  seed: 0,
  stages: {
    words,
    pitches,
    normalized,
    features,
    logits,
    loss,
    gradients,
    optimizer,
    accuracy: accuracy()({ logits, labels: words.label }),
    confusions: confusionMatrix()({ logits, labels: words.label }),
    probabilities: softmax()(logits),
  },
});
