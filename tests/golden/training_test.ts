import { assert, assertEquals } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  type HostTensor,
  type Initializer,
  type Loss,
  type ParameterUpdate,
  type Pipeline,
  pipeline,
  sequential,
  sparseCategoricalCrossEntropy,
  train,
} from "@millrace/millrace";
import * as optimizers from "../../plugins/optimizers/mod.ts";
import * as schedules from "../../plugins/schedules/mod.ts";
import type { Numbers } from "../support/build_stage.ts";
import { optimizerOf, type RecipePart } from "../support/recipes.ts";
import { webgpuTest } from "../support/webgpu.ts";
import { assertClose, readGolden } from "./golden.ts";

interface DataCase {
  readonly name: string;
  readonly batchSize: number;
  readonly x: Numbers;
  readonly labels: readonly number[];
  readonly classes: number;
  readonly start: Readonly<Record<string, Numbers>>;
}

interface Group {
  readonly parameters: readonly string[];
  readonly parts: readonly RecipePart[];
}

interface TrainingCase {
  readonly name: string;
  /** Whose formula it is. */
  readonly by: string;
  /** Of one optimizer; absent where groups of parameters have each their own. */
  readonly parts?: readonly RecipePart[];
  readonly groups?: readonly Group[];
  readonly losses: readonly number[];
  readonly weights: Readonly<Record<string, Numbers>>;
}

const [data, ...recipes] = await readGolden<DataCase & TrainingCase>("training");

/** Losses and weights leave a device as float32; the reference computes in float64 in between. */
const tolerances = { reference: 1e-7, wasm: 5e-6 };

for (const recipe of recipes) {
  for (const [device, tolerance] of Object.entries(tolerances)) {
    Deno.test(`${recipe.name} on ${device}: 20 steps of training are ${recipe.by}'s`, async () => {
      const losses: number[] = [];
      const { steps, model } = await train(networks([recipe]), {
        device,
        logEvery: 1,
        onEvent: (event) => {
          if (event.kind === "step") losses.push(event.loss);
        },
      });
      assertEquals(steps, recipe.losses.length);
      assertClose(losses, recipe.losses, { tolerance, what: "losses" });
      assertTrained(model.tensors, { recipe, name: "network1", tolerance });
    });
  }
}

webgpuTest(
  "webgpu: 20 steps of every recipe, side by side in one pipeline, are as recorded",
  async () => {
    const { model } = await train(networks(recipes), { device: "webgpu" });
    recipes.forEach((recipe, i) =>
      assertTrained(model.tensors, { recipe, name: `network${i + 1}`, tolerance: 1e-5 })
    );
  },
);

Deno.test("every optimizer and schedule has a trajectory", () => {
  const told = JSON.stringify(recipes.map(({ parts, groups }) => parts ?? groups));
  const names = Object.entries({ ...optimizers, ...schedules })
    .filter(([, part]) => typeof part === "function").map(([name]) => name);
  // every recipe has gradients, and one of several parts is a chain
  const missing = names.filter((name) => !["backward", "chain"].includes(name))
    .filter((name) => !told.includes(`"${name}"`) && !told.includes(`"${name}.`));
  assertEquals(missing, []);
});

/** Asserts that a network has the weights of its recipe. */
function assertTrained(
  tensors: Readonly<Record<string, HostTensor>>,
  { recipe, name, tolerance }: {
    readonly recipe: TrainingCase;
    readonly name: string;
    readonly tolerance: number;
  },
): void {
  for (const [path, weights] of Object.entries(recipe.weights)) {
    const tensor = tensors[`${name}.${path}`];
    assert(tensor !== undefined, `the model has no "${name}.${path}"`);
    assertEquals(tensor.shape, weights.shape);
    assertClose(tensor.data, weights, { tolerance, what: `${recipe.name}: ${path}` });
  }
}

/** A network for each recipe, `network1` and so on, all over the same rows. */
function networks(recipes: readonly TrainingCase[]): Pipeline {
  const { batchSize, x, labels, classes, start } = data!;
  const [rows, width] = x.shape as [number, number];
  const numbers = Array.from(x.data, Number);
  const table = arrays({
    x: Array.from({ length: rows }, (_, row) => numbers.slice(row * width, (row + 1) * width)),
    kind: { values: labels, classes },
  });
  const stages = recipes.map((recipe, i) => {
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
    const name = `network${i + 1}`;
    return {
      [name]: logits,
      [`${name}Loss`]: loss,
      ...updatesOf(recipe, { loss, name }),
    };
  });
  return pipeline({
    name: "golden",
    epochs: recipes[0]!.losses.length / (rows / batchSize),
    batchSize,
    shuffle: false,
    stages: Object.assign({ table }, ...stages),
  });
}

/** The optimizers of a recipe, for the network of a name. */
function updatesOf(
  { parts, groups = [] }: TrainingCase,
  { loss, name }: { readonly loss: Loss; readonly name: string },
): Record<string, ParameterUpdate> {
  // a schedule may watch the loss of its own network
  const watching = (recipe: readonly RecipePart[]): RecipePart[] =>
    JSON.parse(JSON.stringify(recipe).replace('"monitor":"loss"', `"monitor":"${name}Loss"`));
  if (parts !== undefined) {
    return { [`${name}Optimizer`]: optimizerOf(watching(parts))(backward()(loss)) };
  }
  return Object.fromEntries(
    groups.map(({ parameters, parts }, i) => [
      `${name}Optimizer${i + 1}`,
      optimizerOf(parts)(
        backward({ parameters: parameters.map((path) => `${name}.${path}`) })(loss),
      ),
    ]),
  );
}

/** An initializer that gives fixed numbers. */
function given({ data }: Numbers): Initializer {
  return { name: "given", sample: () => Float32Array.from(data, Number) };
}
