/**
 * Made-up classes, to try a model without any file.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyLabels,
  type AnyTensor,
  type ClassLabels,
  type DataPort,
  defineLoader,
  lazySchema,
  RandomStream,
  type Schema,
  sha256,
  type Split,
  type Tensor,
} from "../../core/mod.ts";
import { allocateColumns, labelDType, type MemoryColumns, memoryRows } from "./memory_rows.ts";

/** Options of {@linkcode syntheticClassification}. */
export interface SyntheticClassificationOptions<
  F extends number = number,
  C extends number = number,
> {
  /** Rows of the training split. */
  readonly rows: number;
  /** Numbers in a row. */
  readonly features: F;
  /** Number of classes. */
  readonly classes: C;
  /** Rows of the test split. Default 0: there is none. */
  readonly testRows?: number | undefined;
  /** Standard deviation of rows around their class's centre; that of the centres is 1. Default 1. */
  readonly noise?: number | undefined;
  /** Seed of the data, apart from the run's. Default 0. */
  readonly seed?: number | undefined;
}

/** What {@linkcode syntheticClassification} gives. */
export type SyntheticClassification<F extends number, C extends number> = {
  /** The rows. */
  readonly features: Tensor<readonly ["batch", F]>;
  /** Their classes. */
  readonly label: ClassLabels<"batch", C>;
};

interface SyntheticClassificationConfig {
  readonly rows: number;
  readonly features: number;
  readonly classes: number;
  readonly testRows: number;
  readonly noise: number;
  readonly seed: number;
}

const config: Schema<SyntheticClassificationOptions, SyntheticClassificationConfig> = lazySchema(
  () =>
    z
      .strictObject({
        rows: z.int().min(1).describe("Rows of the training split"),
        features: z.int().min(1).describe("Numbers in a row"),
        classes: z.int().min(1).describe("Number of classes"),
        testRows: z.int().min(0).default(0).describe("Rows of the test split; 0: there is none"),
        noise: z.number().min(0).default(1).describe(
          "Standard deviation of the rows around their class's centre; that of the centres is 1",
        ),
        seed: z.int().min(0).max(4294967295).default(0).describe(
          "Seed of the data, apart from the run's",
        ),
      }),
);

const stage = defineLoader<{ features: AnyTensor; label: AnyLabels }>()({
  name: "syntheticClassification",
  kind: "loader",
  family: "loader",
  config,
  ports: portsOf,
  open({ config, split }) {
    const rows = split === "train" ? config.rows : split === "test" ? config.testRows : 0;
    if (rows === 0) return null;
    const ports = portsOf(config);
    const columns = allocateColumns(ports, rows);
    const make = rowMaker(config, { columns, split });
    const isMade = new Uint8Array(rows);
    const source = memoryRows({
      ports,
      columns,
      fingerprint: `sha256:${sha256([JSON.stringify([config, split])])}`,
    });
    return {
      ...source,
      // rows are made when they are first asked for: training begins with the first batch
      read(wanted, into) {
        for (const row of wanted) {
          if (isMade[row] === 1) continue;
          make(row);
          isMade[row] = 1;
        }
        return source.read(wanted, into);
      },
    };
  },
});

function portsOf(
  { features, classes }: SyntheticClassificationConfig,
): Readonly<Record<string, DataPort>> {
  return {
    features: { kind: "tensor", dtype: "f32", shape: [features] },
    label: { kind: "labels", dtype: labelDType(classes), classes },
  };
}

/** Makes a row, which depends on its number alone. */
function rowMaker(
  { features, classes, noise, seed }: SyntheticClassificationConfig,
  { columns, split }: { readonly columns: MemoryColumns; readonly split: Split },
): (row: number) => void {
  const { features: rows, label } = columns;
  const centres = new Float64Array(classes * features);
  const random = new RandomStream(seed, "centres");
  for (let i = 0; i < centres.length; i++) centres[i] = random.normal();
  const noises = new RandomStream(seed, split);
  return (row) => {
    const first = row * features;
    const centre = (row % classes) * features;
    label![row] = row % classes;
    noises.skipToNormal(first);
    for (let i = 0; i < features; i++) {
      rows![first + i] = centres[centre + i]! + noise * noises.normal();
    }
  };
}

/**
 * Makes rows that lie around the centre of their class: `x = centre_c + noise · n`, all components
 * of `centre` and `n` standard normal. The classes take turns.
 *
 * Shapes: features `f32[batch, features]`, label `[batch]`
 *
 * Counterparts: Keras none; PyTorch none; TensorFlow.js none
 *
 * @returns The handles `features` and `label`.
 *
 * @example
 * ```ts
 * import { syntheticClassification } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const blobs = syntheticClassification({ rows: 1000, features: 100, classes: 10, testRows: 200 });
 * assertEquals(blobs.features.port, "features"); // f32[batch, 100]
 * assertEquals(blobs.label.port, "label"); // 10 classes
 * ```
 */
export function syntheticClassification<const F extends number, const C extends number>(
  options: SyntheticClassificationOptions<F, C>,
): SyntheticClassification<F, C> {
  return stage(options);
}
