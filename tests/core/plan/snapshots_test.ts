import { assertEquals } from "@std/assert";
import { compile, devices, type Pipeline, printPlan } from "@millrace/millrace";

const names = [
  "autoencoder",
  "distill",
  "distill_teacher",
  "housing",
  "iris",
  "lenet",
  "lenet_speed",
  "mnist",
  "mnist_10_10",
  "mnist_64_64",
  "mnist_64_64_sgd",
  "neuron",
  "sgd_nesterov",
  "spam",
  "spoken_digits",
  "transfer",
  "transfer_base",
];

const folder = new URL("snapshots/", import.meta.url);
const wasm = devices.find((device) => device.name === "wasm")!;

/** `deno task test tests/core/plan -- --update` writes the snapshots anew. */
async function matchSnapshot(name: string, text: string): Promise<void> {
  const file = new URL(`${name}.txt`, folder);
  if (Deno.args.includes("--update")) await Deno.writeTextFile(file, text);
  assertEquals(text.split("\n"), (await Deno.readTextFile(file)).split("\n"));
}

for (const name of names) {
  Deno.test(`printPlan() of pipelines/${name}.ts is as in the snapshot`, async () => {
    const module: { default: Pipeline } = await import(`../../../pipelines/${name}.ts`);
    const texts = (["train", "evaluate"] as const).map((purpose) =>
      printPlan(compile(module.default, { purpose, target: wasm.target }).plan)
    );
    await matchSnapshot(name, `${texts.join("\n\n")}\n`);
  });
}
