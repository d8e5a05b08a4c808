import { assert, assertEquals } from "@std/assert";
import {
  arrays,
  backward,
  dense,
  dropout,
  freeze,
  type Initializer,
  meanSquaredError,
  type Pipeline,
  pipeline,
  sequential,
  sgd,
  stopGradient,
  subtract,
  train,
  weightedSum,
} from "@millrace/millrace";
import type { Numbers } from "../support/build_stage.ts";
import { assertClose, readGolden } from "./golden.ts";

interface TrainingCase {
  readonly name: "shared" | "adversaries" | "distilled";
  readonly data: Readonly<Record<string, Numbers>>;
  readonly start: Readonly<Record<string, Numbers>>;
  readonly losses: readonly Readonly<Record<string, number>>[];
  readonly weights: Readonly<Record<string, Numbers>>;
}

const [golden] = await readGolden<{ readonly training: readonly TrainingCase[] }>("wiring");

/** Losses and weights leave a device as float32; the reference computes in float64 in between. */
const tolerances = { reference: 1e-6, wasm: 1e-5 };

/** Pipelines by the names of the cases. */
const pipelines = {
  /** One encoder for two inputs, named as a layer. */
  shared({ data, start }: TrainingCase): Pipeline {
    const table = arrays({ a: rowsOf(data.a!), b: rowsOf(data.b!), y: rowsOf(data.y!) });
    const encoder = layerFrom(start, "encoder", { activation: "tanh" });
    const distance = layerFrom(start, "distance")(subtract()([encoder(table.a), encoder(table.b)]));
    const loss = meanSquaredError()({ predictions: distance, targets: table.y });
    const optimizer = sgd({ learningRate: 0.1 })(backward()(loss));
    return run({ layers: { encoder }, stages: { table, distance, loss, optimizer } });
  },

  /** A maker against a critic: two optimizers over different parameters, with losses of their own. */
  adversaries({ data, start }: TrainingCase): Pipeline {
    const noise = rowsOf(data.noise!);
    const table = arrays({
      noise,
      real: rowsOf(data.real!),
      yes: noise.map(() => [1]),
      no: noise.map(() => [0]),
    });
    const critic = sequential(
      layerFrom(start, "critic.dense1", { activation: "tanh" }),
      layerFrom(start, "critic.dense2"),
    );
    const made = layerFrom(start, "made")(table.noise);
    const squared = meanSquaredError();
    const criticLoss = weightedSum()([
      squared({ predictions: critic(table.real), targets: table.yes }),
      squared({ predictions: critic(stopGradient()(made)), targets: table.no }),
    ]);
    const makerLoss = squared({ predictions: freeze(critic)(made), targets: table.yes });
    return run({
      layers: { critic },
      stages: {
        table,
        made,
        criticLoss,
        makerLoss,
        criticOptimizer: sgd({ learningRate: 0.1 })(backward()(criticLoss)),
        makerOptimizer: sgd({ learningRate: 0.2 })(backward()(makerLoss)),
      },
    });
  },

  /** A frozen teacher, whose dropout is absent, and a student of it. */
  distilled({ data, start }: TrainingCase): Pipeline {
    const table = arrays({ x: rowsOf(data.x!), y: rowsOf(data.y!) });
    const teacher = freeze(sequential(
      layerFrom(start, "teacher.dense1", { activation: "tanh" }),
      dropout(0.5),
      layerFrom(start, "teacher.dense2"),
    ))(table.x);
    const student = layerFrom(start, "student")(table.x);
    const hard = meanSquaredError()({ predictions: student, targets: table.y });
    const soft = meanSquaredError()({ predictions: student, targets: teacher });
    const loss = weightedSum({ weights: [0.25, 0.75] })([hard, soft]);
    const optimizer = sgd({ learningRate: 0.1 })(backward()(loss));
    return run({ stages: { table, teacher, student, hard, soft, loss, optimizer } });
  },
};

for (const recipe of golden!.training) {
  for (const [device, tolerance] of Object.entries(tolerances)) {
    Deno.test(`${recipe.name} on ${device}: 10 steps of training are PyTorch's`, async () => {
      const declared = pipelines[recipe.name](recipe);
      const curves: Record<string, number[]> = {};
      const { model, metrics } = await train(declared, {
        device,
        onEvent(event) {
          if (event.kind !== "epoch") return;
          for (const [name, loss] of Object.entries(event.train)) (curves[name] ??= []).push(loss);
        },
      });
      for (const name of Object.keys(recipe.losses[0]!)) {
        assert(name in metrics.train, `there is no loss "${name}"`);
        const wanted = recipe.losses.map((losses) => losses[name]!);
        assertClose(curves[name]!, wanted, { tolerance, what: name });
      }
      assertEquals(Object.keys(model.tensors).sort(), Object.keys(recipe.weights).sort());
      for (const [path, weights] of Object.entries(recipe.weights)) {
        assertClose(model.tensors[path]!.data, weights, { tolerance, what: path });
      }
    });
  }
}

/** A pipeline that trains on all rows at once, for ten steps. */
function run(parts: Pick<Parameters<typeof pipeline>[0], "stages" | "layers">): Pipeline {
  return pipeline({ name: "wiring", epochs: 10, batchSize: 6, shuffle: false, ...parts });
}

/** A dense layer that begins with given numbers. */
function layerFrom(
  start: TrainingCase["start"],
  path: string,
  options: { readonly activation?: "tanh" } = {},
): ReturnType<typeof dense<number>> {
  const bias = start[`${path}.bias`]!;
  return dense(bias.shape[0]!, {
    ...options,
    kernelInitializer: given(start[`${path}.weight`]!),
    biasInitializer: given(bias),
  });
}

/** An initializer that gives fixed numbers. */
function given({ data }: Numbers): Initializer {
  return { name: "given", sample: () => Float32Array.from(data, Number) };
}

function rowsOf({ shape, data }: Numbers): number[][] {
  const [rows, width] = shape as [number, number];
  const numbers = Array.from(data, Number);
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * width, (row + 1) * width));
}
