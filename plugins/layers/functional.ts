/**
 * A graph of layers as one layer.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyHandle,
  type AnyTensor,
  callableOf,
  defineStage,
  isHandle,
  lazySchema,
  nameChildren,
  orderCalls,
  type Schema,
  type Stage,
  type StageCall,
  stageOf,
  type StageSignature,
  type Value,
} from "../../core/mod.ts";

/** A layer or transform, as its options made it. */
type Link = (x: AnyTensor) => AnyTensor;

/** A graph of layers as plain data: the layers, what each reads, and which gives the result. */
interface FunctionalConfig {
  /** Layers by name, each after those that it reads. */
  readonly layers: Readonly<Record<string, StageSignature>>;
  /** What is connected to each layer: the name of another, as `"lstm"` or `"lstm.states"`, or `"x"`, the input. */
  readonly wires: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The layer whose result is that of the graph; `"x"` where it is the input itself. */
  readonly output: string;
}

const inputName = "x";

const config: Schema<FunctionalConfig, FunctionalConfig> = lazySchema(() =>
  z.strictObject({
    layers: z.record(
      z.string(),
      z.custom<StageSignature>((layer) => stageOf(layer) !== undefined, {
        error: "expected a layer",
      }),
    ).describe("The layers, by name"),
    wires: z.record(z.string(), z.record(z.string(), z.string())).describe("What each layer reads"),
    output: z.string().describe("The layer that gives the result"),
  })
);

const stage = defineStage<Link>()({
  name: "functional",
  family: "layer",
  kind: "traced",
  config,
  formula: "y = f(x)",
  inputs: { x: { kind: "tensor" } },
  output: "tensor",
  children: ({ layers }) =>
    Object.fromEntries(
      Object.entries(layers).map(([name, layer]): [string, Stage] => [name, stageOf(layer)!]),
    ),
  build({ x }, context) {
    const { wires, output } = context.config;
    const values = new Map<string, Value>([[inputName, x]]);
    const valueOf = (source: string): Value => {
      const [name, port] = source.split(".");
      return port === undefined ? values.get(source)! : context.given(name!, port);
    };
    for (const [name, inputs] of Object.entries(wires)) {
      const given = Object.entries(inputs).map(([port, source]) => [port, valueOf(source)]);
      values.set(name, context.childWith(name, Object.fromEntries(given)));
    }
    return valueOf(output);
  },
});

/** What stands for the input while a graph of layers is written down. */
function inputCall(): StageCall {
  const { definition } = stageOf(stage({ layers: {}, wires: {}, output: inputName }))!;
  const input: Stage = { definition, options: {} };
  return { ...input, called: input, inputs: {} };
}

/**
 * A graph of layers as one layer: branches, merges and shared layers, written as a function of a
 * handle, which is called once, here.
 *
 * The layers inside are named after their kinds, numbered where a kind occurs more than once, in the
 * order of the graph: parameters have paths as `block.dense1.weight`. Called twice inside, a layer
 * shares its parameters, as anywhere. The whole can be repeated in `sequential`, shared between
 * stages, frozen, and loaded, as any layer.
 *
 * Shapes: those of the function.
 *
 * Counterparts: Keras `Model(inputs, outputs)`; PyTorch `Module.forward`; TensorFlow.js `model`
 *
 * @param build From the input to the result; it may call layers and transforms, and nothing else.
 * @returns A layer with the signature of `build`.
 * @throws {TypeError} When `build` gives no tensor, reads a handle from outside, or calls a stage
 * that is no layer.
 *
 * @example
 * ```ts
 * import { add, arrays, backward, concatenate, dense, functional, meanSquaredError, pipeline, sgd, type Tensor, train } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const block = functional((x: Tensor<readonly ["batch", 2]>) => {
 *   const wide = dense(4, { activation: "relu" })(x);
 *   const narrow = dense(2)(wide);
 *   return concatenate()([wide, add()([x, narrow])]);
 * });
 * const points = arrays({ x: [[0, 1], [1, 0]], y: [[1], [3]] });
 * const hidden = block(points.x);
 * const line = dense(1)(hidden);
 * const loss = meanSquaredError()({ predictions: line, targets: points.y });
 * const fit = sgd()(backward()(loss));
 * const { model } = await train(pipeline({ name: "branches", stages: { points, hidden, line, fit } }));
 * assertEquals(model.tensors["hidden.dense2.weight"]!.shape, [4, 2]);
 * assertEquals(model.tensors["line.weight"]!.shape, [6, 1]);
 * ```
 */
export function functional<Layer extends (x: never) => AnyTensor>(build: Layer): Layer {
  const input = inputCall();
  const result: unknown = build({ stage: input, port: "output" } as never);
  if (!isHandle(result)) {
    throw new TypeError("Cannot use this function of layers: it gives no handle of a tensor");
  }
  const calls = orderCalls([result.stage]).filter((call) => call !== input);
  requireLayers(calls);
  const names = nameChildren(calls.map(({ definition }) => definition.name));
  const nameOf = (handle: AnyHandle | undefined) => {
    const name = names[calls.indexOf(handle?.stage as StageCall)];
    if (name === undefined) return inputName;
    return handle!.port === "output" ? name : `${name}.${handle!.port}`;
  };
  return stage({
    layers: Object.fromEntries(calls.map(({ called }, i) => [names[i]!, callableOf(called)])),
    wires: Object.fromEntries(
      calls.map(({ inputs }, i) => [
        names[i]!,
        Object.fromEntries(
          Object.entries(inputs).map(([port, handle]) => [port, nameOf(handle)]),
        ),
      ]),
    ),
    output: nameOf(result),
  }) as unknown as Layer;
}

/** Only layers and transforms can be inside: loaders, host stages, losses and the like stand outside. */
function requireLayers(calls: readonly StageCall[]): void {
  for (const { definition } of calls) {
    if (definition.kind === "traced" && definition.output === "tensor") continue;
    throw new TypeError(
      `Cannot use "${definition.name}" inside a function of layers: expected layers and ` +
        "transforms only; what is computed outside comes in as its input",
    );
  }
}
