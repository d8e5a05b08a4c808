/**
 * The rows of some classes.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyHandle,
  type AnyLabels,
  type ClassLabels,
  type DataPort,
  defineRowsStage,
  type Elements,
  lazySchema,
  type RowHandles,
  type RowSource,
  type Schema,
} from "../../core/mod.ts";
import { chosenRows } from "./chosen_rows.ts";
import { readKeys } from "./row_keys.ts";

/** Options of {@linkcode ofClasses}. */
export interface OfClassesOptions<P extends string, C extends readonly number[]> {
  /** The port with the labels, as `"label"`. */
  readonly labels: P;
  /** Numbers of the classes whose rows are kept; they become 0, 1, 2 and so on, in this order. */
  readonly classes: C;
  /** Training rows of each class that are kept at most, the first ones. Default: all. */
  readonly perClass?: number | undefined;
}

/** Signature of {@linkcode ofClasses}. */
export type RowsOfClasses<P extends string, C extends readonly number[]> = <
  H extends RowHandles & { readonly [port in P]: AnyLabels },
>(
  data: H,
) => { readonly [port in keyof H]: port extends P ? ClassLabels<"batch", C["length"]> : H[port] };

interface OfClassesConfig {
  readonly labels: string;
  readonly classes: readonly number[];
  readonly perClass?: number | undefined;
}

const config: Schema<OfClassesConfig, OfClassesConfig> = lazySchema(() =>
  z.strictObject({
    labels: z.string().min(1).describe("The port with the labels"),
    classes: z.array(z.int().min(0)).min(1).refine(
      (classes) => new Set(classes).size === classes.length,
      { error: "expected each class once" },
    ).describe("Numbers of the classes whose rows are kept, in their new order"),
    perClass: z.int().min(1).optional().describe(
      "Training rows of each class that are kept at most",
    ),
  })
);

const stage = defineRowsStage<
  (data: RowHandles) => Readonly<Record<string, AnyHandle>>
>()({
  name: "ofClasses",
  family: "loader",
  kind: "rows",
  config,
  inputs: { data: { kind: "rows" } },
  ports: ({ data }, { labels, classes }) => ({
    ...data,
    [labels]: chosenLabels(data![labels], { labels, classes }),
  }),
  async open({ config, split, inputs: { data } }) {
    const source = await data!.open(split);
    if (source === null) return null;
    try {
      const keys = await readKeys(source, { ports: data!.ports, column: config.labels });
      return relabelled(source, { keys, config, isTraining: split === "train" });
    } catch (error) {
      source.close?.();
      throw error;
    }
  },
});

/** What the labels are after the choice. */
function chosenLabels(
  port: DataPort | undefined,
  { labels, classes }: { readonly labels: string; readonly classes: readonly number[] },
): DataPort {
  if (port?.kind !== "labels") {
    throw new TypeError(
      `Cannot choose rows by "${labels}": received ${
        port?.kind ?? "no such port"
      }, expected labels`,
    );
  }
  const strange = classes.find((number) => number >= port.classes);
  if (strange !== undefined) {
    throw new RangeError(
      `Cannot choose rows of class ${strange}: "${labels}" has ${port.classes} classes, from 0`,
    );
  }
  const { names } = port;
  return {
    ...port,
    classes: classes.length,
    ...(names === undefined ? {} : { names: classes.map((number) => names[number]!) }),
  };
}

/** The rows whose class was chosen, with their classes numbered anew. */
function relabelled(
  source: RowSource,
  { keys, config: { labels, classes, perClass = Infinity }, isTraining }: {
    readonly keys: Float64Array;
    readonly config: OfClassesConfig;
    readonly isTraining: boolean;
  },
): RowSource {
  const numbers = new Map(classes.map((number, i) => [number, i]));
  const counts = new Map<number, number>();
  const most = isTraining ? perClass : Infinity;
  const rows = Array.from(keys.keys()).filter((row) => {
    const count = counts.get(keys[row]!) ?? 0;
    counts.set(keys[row]!, count + 1);
    return numbers.has(keys[row]!) && count < most;
  });
  const how = [labels, classes, Number.isFinite(most) ? most : null];
  const chosen = chosenRows(source, Uint32Array.from(rows), { how });
  const renumber = (values: Elements | undefined) => {
    // who reads may want no labels
    for (let i = 0; i < (values?.length ?? 0); i++) values![i] = numbers.get(values![i]!)!;
  };
  return {
    rows: chosen.rows,
    inMemory: chosen.inMemory === true,
    ...(chosen.blocks === undefined ? {} : { blocks: chosen.blocks }),
    get fingerprint() {
      return chosen.fingerprint;
    },
    get readsAtOnce() {
      return chosen.readsAtOnce ?? 1;
    },
    read(rows, into) {
      const done = chosen.read(rows, into);
      return done instanceof Promise
        ? done.then(() => renumber(into[labels]))
        : renumber(into[labels]);
    },
    close: () => chosen.close?.(),
  };
}

/**
 * Keeps the rows of some classes, numbered anew from 0, in all splits; on wish, only the first few
 * training rows of each, for learning from few labels.
 *
 * Shapes: what the loader gives, with labels of as many classes as are kept
 *
 * Counterparts: Keras none; PyTorch `utils.data.Subset`; TensorFlow.js none
 *
 * @returns A stage that takes a loader and gives its handles, the labels with their new number of classes.
 * @throws {TypeError} When the port has no labels, as the pipeline is checked.
 * @throws {RangeError} When there is no such class.
 *
 * @example
 * ```ts
 * import { arrays, dense, ofClasses, sparseCategoricalCrossEntropy } from "@millrace/millrace";
 *
 * const table = arrays({
 *   x: [[0], [1], [2], [3]],
 *   kind: { values: [0, 1, 2, 1], classes: ["a", "b", "c"] },
 * });
 * const some = ofClasses({ labels: "kind", classes: [2, 1] })(table); // rows 1, 2 and 3: "c" is 0
 * sparseCategoricalCrossEntropy()({ logits: dense(2)(some.x), labels: some.kind });
 * ```
 */
export function ofClasses<const P extends string, const C extends readonly number[]>(
  options: OfClassesOptions<P, C>,
): RowsOfClasses<P, C> {
  return stage(options) as unknown as RowsOfClasses<P, C>;
}
