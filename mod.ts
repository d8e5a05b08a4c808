/**
 * Millrace trains neural networks in TypeScript. You declare one typed pipeline: stages for
 * loading, preprocessing, forward, loss, backward and optimizer step, wired into a graph. The
 * runtime checks all of it before it reads any data, compiles the training step, and runs it.
 *
 * ```ts
 * import {
 *   accuracy,
 *   adam,
 *   backward,
 *   dense,
 *   dropout,
 *   flatten,
 *   mnist,
 *   pipeline,
 *   rescale,
 *   sequential,
 *   sparseCategoricalCrossEntropy,
 * } from "@millrace/millrace";
 *
 * const digits = mnist(); // image u8[batch, 28, 28], label: 10 classes
 * const pixels = rescale({ scale: 1 / 255 })(digits.image);
 * const logits = sequential(
 *   flatten(),
 *   dense(128, { activation: "relu" }),
 *   dropout(0.2),
 *   dense(10),
 * )(pixels);
 * const loss = sparseCategoricalCrossEntropy()({ logits, labels: digits.label });
 * const gradients = backward()(loss);
 * const optimizer = adam({ learningRate: 1e-3 })(gradients);
 *
 * export default pipeline({
 *   name: "mnist",
 *   epochs: 5,
 *   batchSize: 32,
 *   stages: {
 *     digits,
 *     pixels,
 *     logits,
 *     loss,
 *     gradients,
 *     optimizer,
 *     accuracy: accuracy()({ logits, labels: digits.label }),
 *   },
 * });
 * ```
 *
 * ## Reading a pipeline
 *
 * A stage is made by its options and called with what it reads; the call runs nothing and gives
 * handles. A handle's type says what flows there (a tensor with its shape and element type, labels
 * with their number of classes, a loss, gradients), so that wrong wiring does not compile. What
 * types cannot say, as arithmetic on sizes, is checked before any data is read, every problem
 * listed at once. The keys of `stages` are the names of the stages: in errors, in checkpoints, and
 * on the command line (`--set optimizer.learningRate=0.01`).
 *
 * Backward pass and optimizer are stages as any other: branches, several losses, several optimizers
 * and frozen parts are wiring, and nothing else.
 *
 * ## How it works
 *
 * A pipeline becomes kernels in one direction, through three forms:
 *
 *     Pipeline  ─ check ─▶  Graph  ─ differentiate ─▶  Graph  ─ plan ─▶  Plan  ─ execute ─▶
 *     stages                ops on values              with the          kernels with
 *     and wires             of known shapes            reverse walk      fixed addresses
 *
 * | room | what is there |
 * | --- | --- |
 * | `core/tensor` | element types, shapes and broadcasting, host tensors, counter-based random numbers |
 * | `core/formats` | files: IDX, NPY, CSV, safetensors; written whole or not at all |
 * | `core/graph` | the Graph: values, nodes, builder; scalar expressions, the formula of one element |
 * | `core/ops` | one file per op: its shape rule, its definition, its gradient |
 * | `core/declare` | the Pipeline: stages, typed handles, configuration |
 * | `core/check` | Pipeline to Graph; gathers every issue |
 * | `core/differentiate` | the reverse walk over the ops' own gradient rules |
 * | `core/plan` | Graph to Plan: placing, fusing, scheduling, memory |
 * | `core/devices` | reference (float64, the definition), wasm, and others; one contract |
 * | `core/execute` | Plan to results: steps, batches, epochs, checkpoints |
 * | `core/explain` | the mathematics of a pipeline as text, with its numbers |
 * | `core/report` | the page of a run |
 * | `core/cli` | `deno task train` and its siblings |
 * | `plugins/<family>` | loaders, transforms, initializers, layers, losses, optimizers, schedules, metrics |
 * | `pipelines` | complete pipelines to run and to read |
 *
 * `core/compile.ts` calls the phases in order; read it downwards from there. Each room imports only
 * rooms above it. Phases tell no op by its name: they read the traits that an op declares
 * (elementwise, reduction, movement, contraction, opaque). A phase calls ops only where it writes some
 * arithmetic of its own, as the scaling of losses.
 *
 * The whole training step is one plan. Shapes are known, so kernels, fusion and every buffer's
 * address are fixed before the first step: nothing is allocated in it, and nothing need be freed.
 * Training and evaluation are plans of their own: dropout is absent from an evaluation plan, and no
 * layer has a mode.
 *
 * ## Promises
 *
 * - The same seed gives the same bits on a device, for any number of threads, and across a stop and
 *   resume. Random numbers are a function of seed, stage and step; the order of rows is a function
 *   of seed and epoch; reductions have a fixed order.
 * - What was fitted to the training data (means, deviations) is saved with the model.
 * - A checkpoint is written whole or not at all, and a damaged one is refused.
 *
 * ## Extending it
 *
 * | to add | write | with |
 * | --- | --- | --- |
 * | a layer | parameters and a `build` in ops | {@linkcode defineLayer} |
 * | a loss | the loss of each example | {@linkcode defineLoss} |
 * | an optimizer | first state and one update, in ops | {@linkcode defineOptimizer} |
 * | a metric | sums over a batch, and what they come to | {@linkcode defineMetric} |
 * | a loader | ports and rows | {@linkcode defineLoader} |
 * | any other stage | ports and `build`, or `map` on the host | {@linkcode defineStage} |
 * | an op | shape rule, formula, gradient | {@linkcode defineOp} |
 *
 * Ops are under {@linkcode ops} (`ops.matmul`, `ops.relu`), scalar expressions under {@linkcode
 * scalar}. Configuration is any Standard Schema, as zod makes them. Nothing is registered: what a
 * pipeline imports is what it can use.
 *
 * @module
 */
export * from "./core/mod.ts";
export * from "./plugins/mod.ts";
