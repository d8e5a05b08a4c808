import { assertEquals } from "@std/assert";
import { compile, type CompileOptions, reference } from "../../core/mod.ts";
import neuron from "../../pipelines/neuron.ts";

Deno.test("compile() takes the run's batch size for an explicit undefined, as JavaScript gives it", () => {
  const rowsOf = (options: object) => {
    const { target } = reference;
    const { graph } = compile(neuron, { purpose: "train", target, ...options } as CompileOptions);
    return graph.inputs.map(({ value }) => value.spec.shape[0]);
  };
  assertEquals(rowsOf({ batchSize: undefined }), rowsOf({}));
  assertEquals(new Set(rowsOf({ batchSize: 3 })).has(3), true);
});
