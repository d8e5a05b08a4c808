/**
 * Fitting: every stage that learns something of the data by itself (a mean, a vocabulary) passes over
 * the training split once, before training.
 *
 * @module
 */
import { type Issue, nearestName, PipelineError } from "../errors.ts";
import { formatSpec, type HostTensor, sameSpec } from "../tensor/mod.ts";
import type { TracedDefinition } from "../declare/mod.ts";
import type { Purpose } from "../check/mod.ts";
import type { Engine } from "./engine.ts";
import { type Feed, openFeed } from "./feed.ts";
import { passOver } from "./pass.ts";
import type { RunEvent } from "./types.ts";

/**
 * Fits every stage that fits itself to data, in order, over the training split. The signal leaves it
 * undone.
 *
 * @throws {PipelineError} When there is no training split, or a fit gives other values than declared.
 */
export async function fitStages(
  engine: Engine,
  { limit, signal, onEvent }: {
    readonly limit?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onEvent?: ((event: RunEvent) => void) | undefined;
  },
): Promise<void> {
  for (const stage of engine.checked.resolved.stages) {
    const definition = stage.definition as TracedDefinition;
    if (definition.kind !== "traced" || definition.fit === undefined) continue;
    const started = performance.now();
    const purpose = { fit: stage.path };
    const { traced } = await engine.program(
      purpose,
      engine.checked.resolved.run.evaluateBatchSize,
    );
    const feed = await openFeed(engine.checked, { inputs: traced.data, split: "train", limit });
    if (feed === null) {
      throw new PipelineError([{
        code: "split",
        path: stage.path,
        message: "Cannot fit this stage: the loader has no training split",
      }]);
    }
    try {
      const found = await definition.fit({
        config: stage.config,
        batches: fitBatches(engine, feed, { purpose, signal }),
      });
      if (signal?.aborted) return;
      const tensors = Object.fromEntries(
        Object.entries(found).map(([name, tensor]) => [`${stage.path}.${name}`, tensor]),
      );
      requireFitted(engine, stage.path, tensors);
      await engine.load(tensors);
    } finally {
      feed.close();
    }
    onEvent?.({ kind: "fit", stage: stage.path, seconds: (performance.now() - started) / 1000 });
  }
}

/** Checks that a fit gave exactly the values that the stage declares with `context.fitted`. */
function requireFitted(
  engine: Engine,
  path: string,
  tensors: Readonly<Record<string, HostTensor>>,
): void {
  const declared = engine.layout.slots.filter((slot) =>
    slot.role === "fitted" && slot.path.startsWith(`${path}.`)
  );
  const names = declared.map((slot) => slot.path);
  const issues: Issue[] = declared.flatMap((slot) => {
    const tensor = tensors[slot.path];
    if (tensor !== undefined && sameSpec(tensor, slot.spec)) return [];
    return [{
      code: "fit",
      path: slot.path,
      message: "Cannot use what fit() gave",
      received: tensor === undefined ? "nothing" : formatSpec(tensor),
      expected: formatSpec(slot.spec),
    }];
  });
  for (const name of Object.keys(tensors)) {
    if (names.includes(name)) continue;
    const nearest = nearestName(name, names);
    issues.push({
      code: "fit",
      path: name,
      message: "Cannot use what fit() gave: build() asks for no such value",
      ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }),
    });
  }
  if (issues.length > 0) throw new PipelineError(issues);
}

async function* fitBatches(
  engine: Engine,
  feed: Feed,
  { purpose, signal }: { readonly purpose: Purpose; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Readonly<Record<string, HostTensor>>> {
  for await (const { program } of passOver(engine, feed, purpose)) {
    if (signal?.aborted) return;
    const batch: Record<string, HostTensor> = {};
    for (const { name, spec } of program.plan.outputs) {
      // the stage may keep it
      batch[name] = { ...spec, data: (await engine.read(program, name)).slice() };
    }
    yield batch;
  }
}
