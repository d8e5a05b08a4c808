import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  flatten,
  loadModel,
  meanSquaredError,
  melSpectrogram,
  mfcc,
  ops,
  type Pipeline,
  pipeline,
  PipelineError,
  predict,
  RandomStream,
  sequential,
  sgd,
  spectrogram,
  summarize,
  train,
  type Value,
} from "@millrace/millrace";
import { buildStage, Laboratory, type Numbers } from "../../support/build_stage.ts";
import { testedDevices } from "../../support/devices.ts";
import { bitsOf, inFolder } from "../../support/runs.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";

interface Case {
  readonly name: string;
  readonly stage: "spectrogram" | "melSpectrogram" | "mfcc";
  readonly arguments: readonly unknown[];
  readonly x: Numbers;
  readonly output: Numbers;
  readonly cotangent?: Numbers;
  readonly gradient?: Numbers;
}

type Make = (...args: readonly unknown[]) => unknown;

const stages = { spectrogram, melSpectrogram, mfcc } as unknown as Readonly<Record<string, Make>>;

const goldens = await readGolden<Case>("sounds");

for (const { name, device } of testedDevices) {
  Deno.test(`spectrogram(), melSpectrogram(), mfcc() on ${name} are as PyTorch and librosa have them`, async () => {
    // where no GPU is, its shaders take almost a second a case to compile
    const cases = device.name === "webgpu" ? goldens.filter((_, i) => i % 5 === 0) : goldens;
    for (const golden of cases) {
      const what = `${golden.stage}, ${golden.name}`;
      const laboratory = new Laboratory();
      const x = laboratory.variable("x", golden.x).value;
      const made = stages[golden.stage]!(...golden.arguments);
      const { output } = buildStage<Value>(laboratory, made, { x });
      assertEquals(output.spec.shape, golden.output.shape, what);
      laboratory.builder.output("output", output);
      if (golden.cotangent !== undefined) {
        const cotangent = laboratory.variable("cotangent", golden.cotangent).value;
        const sum = ops.reduceSum(ops.mul(output, cotangent));
        laboratory.builder.output("gradient", ops.gradient(sum, x));
      }
      const [results] = await laboratory.runOn(device);
      // tables are kept in float32, and a logarithm magnifies their errors where there is little power
      assertClose(results!.output!, golden.output, { tolerance: 2e-5, what });
      if (golden.gradient !== undefined) {
        assertClose(results!.gradient!, golden.gradient, { tolerance: 2e-4, what });
      }
    }
  });
}

Deno.test("spectrogram() of silence has a gradient of 0, of power and of magnitudes", () => {
  for (const power of [1, 2] as const) {
    const laboratory = new Laboratory();
    const x = laboratory.variable("x", { shape: [1, 16], data: new Float64Array(16) }).value;
    const made = spectrogram({ frameLength: 8, power });
    const { output } = buildStage<Value>(laboratory, made, { x });
    laboratory.builder.output("output", output);
    laboratory.builder.output("gradient", ops.gradient(ops.reduceSum(output), x));
    const { output: values, gradient } = laboratory.run();
    assert(values!.every((value) => value <= 1e-15), String(values));
    assertEquals([...gradient!], new Array(16).fill(0));
  }
});

for (const { name, device } of testedDevices) {
  Deno.test(`spectrogram() on ${name} is as near to the formula as it says, of long frames, too`, async () => {
    for (const [length, tolerance] of [[1024, 5e-7], [4096, 3e-6]] as const) {
      const random = new RandomStream(0, "sound");
      const x = Float64Array.from(
        { length },
        (_, n) => Math.fround(0.5 * Math.sin(0.3 * n) + random.uniform() - 0.5),
      );
      const wanted = powerOf(x);
      const laboratory = new Laboratory();
      const sound = laboratory.variable("x", { shape: [1, length], data: x }).value;
      const made = spectrogram({ frameLength: length });
      const { output } = buildStage<Value>(laboratory, made, { x: sound });
      laboratory.builder.output("output", output);
      const [results] = await laboratory.runOn(device);
      const loudest = Math.max(...wanted);
      const error = Math.max(...wanted.map((power, k) => Math.abs(power - results!.output![k]!)));
      assert(error <= tolerance * loudest, `${length}: ${error / loudest}`);
    }
  });
}

/** The power of every frequency of one frame within Hann's window, by the formula in float64. */
function powerOf(x: Float64Array): number[] {
  const length = x.length;
  return Array.from({ length: length / 2 + 1 }, (_, k) => {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < length; n++) {
      const weighted = x[n]! * (0.5 - 0.5 * Math.cos(2 * Math.PI * n / length));
      const angle = 2 * Math.PI * (k * n % length) / length;
      real += weighted * Math.cos(angle);
      imaginary -= weighted * Math.sin(angle);
    }
    return real * real + imaginary * imaginary;
  });
}

/** A regression on the pitches of eight sounds of 64 samples. */
function pitches(): Pipeline {
  const tone = (i: number) => Array.from({ length: 64 }, (_, n) => Math.sin((0.2 + 0.3 * i) * n));
  const sounds = arrays({
    x: Array.from({ length: 8 }, (_, i) => tone(i)),
    y: Array.from({ length: 8 }, (_, i) => [i / 8]),
  });
  const frames = melSpectrogram(6, {
    sampleRate: 8000,
    frameLength: 32,
    hopLength: 16,
    scale: "log",
    logOffset: 0.1,
  })(sounds.x);
  const line = sequential(flatten(), dense(1))(frames);
  const loss = meanSquaredError()({ predictions: line, targets: sounds.y });
  const fit = sgd({ learningRate: 0.01 })(backward()(loss));
  return pipeline({
    name: "pitches",
    epochs: 3,
    batchSize: 4,
    stages: { sounds, frames, line, loss, fit },
  });
}

Deno.test("tables that follow from the configuration are in no model and no checkpoint, and there whenever it runs", async () => {
  await inFolder(async (folder) => {
    const whole = await train(pitches());
    assertEquals(Object.keys(whole.model.tensors).sort(), ["line.dense.bias", "line.dense.weight"]);
    const controller = new AbortController();
    await train(pitches(), {
      runDirectory: folder,
      signal: controller.signal,
      logEvery: 1,
      onEvent: (event) => event.kind === "step" && event.step === 3 && controller.abort(),
    });
    const resumed = await train(pitches(), { runDirectory: folder, resume: true });
    assertEquals(bitsOf(resumed), bitsOf(whole));
    const model = await loadModel(`${folder}/model.safetensors`);
    assertEquals(Object.keys(model.tensors).sort(), Object.keys(whole.model.tensors).sort());
    const x = Float32Array.from({ length: 64 }, (_, n) => Math.sin(0.5 * n));
    const records = { "sounds.x": { dtype: "f32", shape: [1, 64], data: x } } as const;
    const predicted = await Promise.all(
      [whole.model, model].map((model) => predict(pitches(), { model, output: "line", records })),
    );
    assertEquals(predicted[0]!.values, predicted[1]!.values);
    const { parameters, state } = summarize(pitches());
    assertEquals([parameters, state], [3 * 6 + 1, 0]);
  });
});

/** What a check says of a transform of sounds of 100 samples. */
async function refusal(transform: unknown): Promise<string> {
  const sounds = arrays({ x: [new Array<number>(100).fill(0)], y: [[0]] });
  const frames = (transform as ReturnType<typeof spectrogram>)(sounds.x);
  const line = sequential(flatten(), dense(1))(frames);
  const loss = meanSquaredError()({ predictions: line, targets: sounds.y });
  const fit = sgd()(backward()(loss));
  const wrong = pipeline({ name: "wrong", stages: { sounds, frames, line, loss, fit } });
  return (await assertRejects(() => train(wrong), PipelineError)).message;
}

const mels = { sampleRate: 8000, frameLength: 64 };

/** A transform that does not fit, and what is said. */
const wrong: readonly (readonly [unknown, string])[] = [
  [
    spectrogram({ frameLength: 128 }),
    "Cannot cut frames of 128 samples: received sounds of 100 samples, expected longer ones, or a " +
    "shorter frameLength",
  ],
  [
    spectrogram({ frameLength: 200, padding: "reflect" }),
    "Cannot mirror half a frame, 100 samples: received sounds of 100 samples, expected longer ones, " +
    'or padding "zeros"',
  ],
  [spectrogram({ frameLength: 64, fftLength: 32 }), "expected no less than frameLength, 64"],
  [spectrogram({ frameLength: 64, topDecibels: 80 }), 'expected only with scale "decibel"'],
  [spectrogram({ frameLength: 10_000 }), "a number of 8192 or less"],
  [
    melSpectrogram(4, { ...mels, highestFrequency: 5000 }),
    "expected at most half the sample rate, 4000 Hz: no higher frequency is in a sound",
  ],
  [
    melSpectrogram(4, { ...mels, lowestFrequency: 2000, highestFrequency: 1000 }),
    "expected below the highest frequency, 1000 Hz",
  ],
  [
    melSpectrogram(40, mels),
    "Cannot make 40 filters: number 1, from 0.0 to 68.1 Hz, has none of the frequencies, which are " +
    "125.0 Hz apart: expected fewer mels, a longer fftLength, or a higher lowestFrequency",
  ],
  [mfcc(9, { ...mels, mels: 8 }), "expected at most as many as mels, 8"],
  [mfcc(4, { ...mels, mels: 8, fftLength: 32 }), "expected no less than frameLength, 64"],
  [mfcc(4, { ...mels, mels: 8, lowestFrequency: 4000 }), "below the highest frequency, 4000 Hz"],
];

for (const [transform, message] of wrong) {
  Deno.test(`transforms of sound refuse what does not fit: ${message}`, async () => {
    const said = await refusal(transform);
    assert(said.includes(message), said);
  });
}
