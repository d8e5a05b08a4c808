import { assertEquals } from "@std/assert";
import { classOf, formatPredictions, predictionRows } from "../../../core/cli/predictions.ts";
import type { PredictResult } from "../../../core/execute/types.ts";
import { hostTensor, type Shape } from "../../../core/tensor/mod.ts";

function result(
  data: readonly number[],
  shape: Shape,
  names?: readonly string[],
): PredictResult {
  return {
    pipeline: "p",
    device: "wasm",
    output: "scores",
    rows: shape[0]!,
    values: hostTensor(data, { shape }),
    ...(names === undefined ? {} : { names }),
  };
}

Deno.test("formatPredictions() writes CSV with the names of classes as header", () => {
  const text = [...formatPredictions(result([0.1, 0.9, 0.75, 0.25], [2, 2], ["cat", 'a "dog"']), {
    format: "csv",
    classes: true,
  })].join("");
  assertEquals(text, 'class,cat,"a ""dog"""\n"a ""dog""",0.1,0.9\ncat,0.75,0.25\n');
});

Deno.test("formatPredictions() numbers columns without names by their indices", () => {
  const csv = (data: number[], shape: Shape) =>
    [...formatPredictions(result(data, shape), { format: "csv" })].join("");
  assertEquals(csv([1, 2], [2, 1]), "scores\n1\n2\n");
  assertEquals(csv([1, 2], [1, 2]), "scores_0,scores_1\n1,2\n");
  assertEquals(
    csv([1, 2, 3, 4], [1, 2, 2]),
    "scores_0_0,scores_0_1,scores_1_0,scores_1_1\n1,2,3,4\n",
  );
});

Deno.test("formatPredictions() writes a JSON object a line", () => {
  const lines = (value: PredictResult) =>
    [...formatPredictions(value, { format: "jsonl", classes: true })].join("");
  assertEquals(
    lines(result([0.1, 0.9], [1, 2], ["cat", "dog"])),
    '{"class":"dog","scores":{"cat":0.1,"dog":0.9}}\n',
  );
  assertEquals(
    lines(result([1, 2, 3, 4], [1, 2, 2])),
    '{"class":3,"scores":[[1,2],[3,4]]}\n',
  );
});

Deno.test("formatPredictions() writes every f32 so that it reads back the same", () => {
  const values = [0.1, 1 / 3, Math.PI, 1e-30, 16777217, 3.4e38].map(Math.fround);
  const [, line] = [...formatPredictions(result(values, [1, 6]), { format: "csv" })].join("")
    .split("\n");
  assertEquals(line!.split(",").map((text) => Math.fround(Number(text))), values);
  assertEquals(line!.startsWith("0.1,0.33333334,3.1415927,1e-30,"), true, line);
});

Deno.test("predictionRows() gives a value a row", () => {
  assertEquals(predictionRows(result([1, 2], [2])), [1, 2]);
  assertEquals(predictionRows(result([1, 2, 3, 4], [2, 2])), [[1, 2], [3, 4]]);
});

Deno.test("classOf() takes the first of equals", () => {
  assertEquals(classOf({}, [1, 2, 2]), 1);
  assertEquals(classOf({ names: ["a", "b", "c"] }, [1, 2, 2]), "b");
});
