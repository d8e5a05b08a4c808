import { assert, assertEquals } from "@std/assert";
import * as metrics from "../../../plugins/metrics/mod.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";
import { type Batch, batchesOf, metricOf } from "./gather.ts";

interface MetricCase {
  readonly name: string;
  readonly metric: Extract<keyof typeof metrics, string>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Batch;
  /** Number of classes of the labels; as many as there are scores when absent. */
  readonly classes?: number;
  readonly value?: number | string;
  readonly table?: readonly (readonly (number | string)[])[];
}

const cases = await readGolden<MetricCase>("metrics");

for (const golden of cases) {
  Deno.test(`${golden.name}: as scikit-learn has it, in batches of any size`, () => {
    const { inputs, metric, options, classes = inputs["logits"]?.shape.at(-1), table } = golden;
    const make = metrics[metric] as (options: unknown) => unknown;
    const rows = Object.values(inputs)[0]!.shape[0]!;
    for (const size of [rows, 7, 1]) {
      const score = metricOf(make(options), batchesOf(inputs, size), { classes: classes! });
      if (typeof score === "number") {
        assert(table === undefined);
        assertClose([score], [Number(golden.value)]);
      } else {
        assertEquals(score.rows.length, table!.length);
        assertEquals(score.columns.length, table![0]!.length);
        assertClose(score.values.flat(), table!.flat().map(Number));
      }
    }
  });
}

for (const name of Object.keys(metrics)) {
  Deno.test(`${name}() has golden values`, () => {
    assert(cases.some(({ metric }) => metric === name));
  });
}
