import { assert } from "@std/assert";
import { RandomStream, train } from "@millrace/millrace";
import cifar10 from "../../pipelines/cifar10.ts";

/** A file in CIFAR-10's format: the class, then the red, green and blue plane of 32 rows. */
function cifarFile(rows: number, seed: number): Uint8Array {
  const random = new RandomStream(seed, "photographs");
  const bytes = new Uint8Array(rows * 3073);
  for (let row = 0; row < rows; row++) {
    const label = row % 10;
    bytes[row * 3073] = label;
    // stripes of ten kinds: two directions, five widths, in noise
    const phase = random.below(32);
    for (let i = 0; i < 3072; i++) {
      const place = label < 5 ? Math.floor(i / 32) % 32 : i % 32;
      const isStripe = Math.floor((place + phase) / (label % 5 + 1)) % 2 === 0;
      bytes[row * 3073 + 1 + i] = (isStripe ? 160 : 60) + random.below(60);
    }
  }
  return bytes;
}

Deno.test("pipelines/cifar10.ts learns what is in files of the format, and on every device alike", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (let batch = 1; batch <= 5; batch++) {
      await Deno.writeFile(`${folder}/data_batch_${batch}.bin`, cifarFile(64, batch));
    }
    await Deno.writeFile(`${folder}/test_batch.bin`, cifarFile(100, 6));
    const set = { "photographs.folder": folder, batchSize: 32, "optimizer.learningRate": 0.01 };
    const { metrics } = await train(cifar10, { set: { ...set, epochs: 8 } });
    assert(metrics.test!["accuracy"]! >= 0.8, JSON.stringify(metrics));
    const curve = async (device: string) => {
      const losses: number[] = [];
      await train(cifar10, {
        device,
        limit: 8,
        logEvery: 1,
        set: { ...set, batchSize: 4, epochs: 1 },
        onEvent: (event) => event.kind === "step" && losses.push(event.loss),
      });
      return losses;
    };
    const [wasm, reference] = [await curve("wasm"), await curve("reference")];
    wasm.forEach((loss, i) =>
      assert(Math.abs(loss - reference[i]!) < 1e-3, `${wasm} ${reference}`)
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
