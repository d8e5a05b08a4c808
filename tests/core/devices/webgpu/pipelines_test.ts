import { assert, assertEquals } from "@std/assert";
import { type Pipeline, train } from "@millrace/millrace";
import { exploding } from "../../../support/pipelines.ts";
import { webgpuTest } from "../../../support/webgpu.ts";

const root = new URL("../../../../pipelines/", import.meta.url);
/** The tutorials' pipelines and others whose data come by themselves. */
const names = [
  "autoencoder.ts",
  "distill_teacher.ts",
  "housing.ts",
  "iris.ts",
  "lenet.ts",
  "lenet_speed.ts",
  "mnist.ts",
  "mnist_10_10.ts",
  "mnist_64_64.ts",
  "mnist_64_64_sgd.ts",
  "neuron.ts",
  "sequence.ts",
  "sgd_nesterov.ts",
  "spam.ts",
  "transfer_base.ts",
  "transformer.ts",
];
/** Those whose steps take long on a software GPU. */
const costly = ["lenet", "sequence", "transformer", "transfer_base", "distill_teacher"];

for (const name of names) {
  webgpuTest(`pipelines/${name} has the loss curve of wasm on webgpu`, async () => {
    const pipeline: Pipeline = (await import(new URL(name, root).href)).default;
    const curve = async (device: string) => {
      const losses: number[] = [];
      const { metrics } = await train(pipeline, {
        device,
        // the last batch of an epoch is a smaller one
        limit: costly.some((word) => name.startsWith(word)) ? 72 : 150,
        logEvery: 1,
        set: { epochs: 2 },
        onEvent: (event) => event.kind === "step" && losses.push(event.loss),
      });
      return { losses, metrics };
    };
    const [webgpu, wasm] = [await curve("webgpu"), await curve("wasm")];
    assertEquals(webgpu.losses.length, wasm.losses.length);
    webgpu.losses.forEach((loss, i) => {
      const wanted = wasm.losses[i]!;
      assert(
        Math.abs(loss - wanted) < 4e-5 * (1 + Math.abs(wanted)),
        `step ${i + 1}: ${loss}, not ${wanted}`,
      );
    });
    assertEquals(Object.keys(webgpu.metrics), Object.keys(wasm.metrics));
  });
}

webgpuTest(
  "train() on webgpu gives the same bits however many steps are read together",
  async () => {
    const pipeline: Pipeline = (await import(new URL("mnist_10_10.ts", root).href)).default;
    const bits = async (logEvery: number) => {
      const { model, metrics, steps } = await train(pipeline, {
        device: "webgpu",
        limit: 1000,
        logEvery,
        set: { epochs: 2 },
      });
      return { tensors: model.tensors, metrics, steps };
    };
    const together = await bits(1000);
    assertEquals(await bits(1), together);
    assertEquals(together.steps, 64);
  },
);

webgpuTest(
  "train() on webgpu names stage, step and rows of a value that is not finite",
  async () => {
    const failure = async (device: string) => {
      try {
        await train(exploding(), { device });
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error("nothing was thrown");
    };
    assertEquals(await failure("webgpu"), await failure("wasm"));
  },
);
