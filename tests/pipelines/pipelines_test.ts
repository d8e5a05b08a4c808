import { assert, assertEquals } from "@std/assert";
import { type Pipeline, train } from "@millrace/millrace";
import { wholeTest } from "../support/whole_test.ts";

async function load(name: string): Promise<Pipeline> {
  return (await import(`../../pipelines/${name}.ts`)).default;
}

const names = [
  "housing",
  "iris",
  "lenet",
  "lenet_speed",
  "mnist",
  "mnist_10_10",
  "mnist_64_64",
  "mnist_64_64_sgd",
  "neuron",
  "sequence",
  "sgd_nesterov",
  "transformer",
];

/** What takes the reference long. */
const costly = ["lenet", "sequence", "transformer"];

for (const name of names) {
  Deno.test(`pipelines/${name}.ts has the same loss curve on every device`, async () => {
    const pipeline = await load(name);
    const curve = async (device: string) => {
      const losses: number[] = [];
      await train(pipeline, {
        device,
        limit: costly.some((word) => name.startsWith(word)) ? 64 : 160,
        logEvery: 1,
        set: { epochs: 2 },
        onEvent: (event) => event.kind === "step" && losses.push(event.loss),
      });
      return losses;
    };
    const [wasm, reference] = [await curve("wasm"), await curve("reference")];
    assertEquals(wasm.length, reference.length);
    wasm.forEach((loss, i) => {
      const wanted = reference[i]!;
      assert(
        Math.abs(loss - wanted) < 2e-5 * (1 + wanted),
        `step ${i + 1}: ${loss}, not ${wanted}`,
      );
    });
  });
}

Deno.test("pipelines/mnist.ts reaches 97.5 % on the test digits", async () => {
  const { metrics, steps, parameters } = await train(await load("mnist"));
  assertEquals([steps, parameters], [9375, 101770]);
  assert(metrics.test!["accuracy"]! >= 0.975, JSON.stringify(metrics));
});

Deno.test("pipelines/lenet.ts reaches 98.8 % on the test digits", async () => {
  const { metrics, parameters } = await train(await load("lenet"));
  assertEquals(parameters, 5994);
  assert(metrics.test!["accuracy"]! >= 0.988, JSON.stringify(metrics));
});

Deno.test("pipelines/sgd_nesterov.ts learns what can be learned from its data", async () => {
  const { metrics, steps } = await train(await load("sgd_nesterov"));
  assertEquals(steps % 20, 0);
  assert(metrics.test!["accuracy"]! > 0.75, JSON.stringify(metrics));
});

Deno.test("pipelines/neuron.ts learns the logical or", async () => {
  const { metrics } = await train(await load("neuron"));
  assert(metrics.train["error"]! < 0.05, JSON.stringify(metrics));
});

Deno.test("pipelines/sequence.ts reaches 96 % on the test digits in two epochs", async () => {
  const { metrics, parameters } = await train(await load("sequence"), { set: { epochs: 2 } });
  assertEquals(parameters, 81674);
  assert(metrics.test!["accuracy"]! >= 0.96, JSON.stringify(metrics));
});

wholeTest("pipelines/sequence.ts reaches 97 % on the test digits", async () => {
  const { metrics } = await train(await load("sequence"));
  assert(metrics.test!["accuracy"]! >= 0.968, JSON.stringify(metrics));
});
