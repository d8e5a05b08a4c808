import { assert, assertEquals } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  type Initializer,
  type Pipeline,
  pipeline,
  sequential,
  sparseCategoricalCrossEntropy,
  train,
} from "@millrace/millrace";
import type { Numbers } from "../support/build_stage.ts";
import { optimizerOf, type RecipePart } from "../support/recipes.ts";
import { assertClose, readGolden } from "./golden.ts";

interface DataCase {
  readonly name: string;
  readonly batchSize: number;
  readonly x: Numbers;
  readonly labels: readonly number[];
  readonly classes: number;
  readonly start: Readonly<Record<string, Numbers>>;
}

interface TrainingCase {
  readonly name: string;
  readonly parts: readonly RecipePart[];
  readonly losses: readonly number[];
  readonly weights: Readonly<Record<string, Numbers>>;
}

const [data, ...recipes] = await readGolden<DataCase & TrainingCase>("training");

/** Losses and weights leave a device as float32; the reference computes in float64 in between. */
const tolerances = { reference: 1e-7, wasm: 5e-6 };

for (const recipe of recipes) {
  for (const [device, tolerance] of Object.entries(tolerances)) {
    Deno.test(`${recipe.name} on ${device}: 20 steps of training are PyTorch's`, async () => {
      const losses: number[] = [];
      const { steps, model } = await train(network(data!, recipe), {
        device,
        logEvery: 1,
        onEvent: (event) => {
          if (event.kind === "step") losses.push(event.loss);
        },
      });
      assertEquals(steps, recipe.losses.length);
      assertClose(losses, recipe.losses, { tolerance, what: "losses" });
      for (const [path, weights] of Object.entries(recipe.weights)) {
        const tensor = model.tensors[`logits.${path}`];
        assert(tensor !== undefined, `the model has no "logits.${path}"`);
        assertEquals(tensor.shape, weights.shape);
        assertClose(tensor.data, weights, { tolerance, what: path });
      }
    });
  }
}

function network(
  { batchSize, x, labels, classes, start }: DataCase,
  recipe: TrainingCase,
): Pipeline {
  const [rows, width] = x.shape as [number, number];
  const numbers = Array.from(x.data, Number);
  const table = arrays({
    x: Array.from({ length: rows }, (_, row) => numbers.slice(row * width, (row + 1) * width)),
    kind: { values: labels, classes },
  });
  const logits = sequential(
    dense(start["dense1.bias"]!.shape[0]!, {
      activation: "relu",
      kernelInitializer: given(start["dense1.weight"]!),
      biasInitializer: given(start["dense1.bias"]!),
    }),
    dense(classes, {
      kernelInitializer: given(start["dense2.weight"]!),
      biasInitializer: given(start["dense2.bias"]!),
    }),
  )(table.x);
  const loss = sparseCategoricalCrossEntropy()({ logits, labels: table.kind });
  const epochs = recipe.losses.length / (rows / batchSize);
  return pipeline({
    name: "golden",
    epochs,
    batchSize,
    shuffle: false,
    stages: { table, logits, loss, optimizer: optimizerOf(recipe.parts)(backward()(loss)) },
  });
}

/** An initializer that gives fixed numbers. */
function given({ data }: Numbers): Initializer {
  return { name: "given", sample: () => Float32Array.from(data, Number) };
}
