import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  adam,
  arrays,
  backward,
  dense,
  dropout,
  freeze,
  meanSquaredError,
  type Pipeline,
  pipeline,
  printSummary,
  sequential,
  standardize,
  subtract,
  summarize,
} from "@millrace/millrace";
import { main } from "../../../core/cli/main.ts";
import { keptIo } from "../cli/support.ts";

/** A frozen branch beside one that learns, and a layer that two stages share. */
function branches(): Pipeline {
  const table = arrays({ a: [[0, 1, 2]], b: [[1, 2, 3]], y: [[1]] });
  const a = standardize()(table.a);
  const encoder = sequential(dense(4), dropout(0.5), dense(2));
  const [left, right] = [encoder(a), encoder(table.b)];
  const fixed = freeze(dense(2))(table.b);
  const line = dense(1)(subtract()([left, right]));
  const other = dense(1)(fixed);
  const loss = meanSquaredError()({ predictions: line, targets: other });
  return pipeline({
    name: "branches",
    layers: { encoder },
    stages: { table, a, left, right, fixed, line, other, loss, fit: adam()(backward()(loss)) },
  });
}

Deno.test("summarize() counts each parameter once, and tells what learns", () => {
  const { layers, parameters, trainable, state, flops } = summarize(branches());
  const encoder = 3 * 4 + 4 + 4 * 2 + 2;
  assertEquals([parameters, trainable, state], [encoder + 8 + 3 + 3, encoder + 3 + 3, 6]);
  const of = (path: string) => layers.find((layer) => layer.path === path)!;
  assertEquals([of("left").parameters, of("right").parameters], [encoder, 0]);
  assertEquals([of("left").layer, of("right").layer], ["encoder", "encoder"]);
  assertEquals(of("left").children.map(({ parameters }) => parameters), [16, 0, 10]);
  const { parameters: held, trainable: learning, frozen } = of("fixed");
  assertEquals([held, learning, frozen], [8, 0, true]);
  assertEquals(of("left").shape, ["batch", 2]);
  // two for each product of a sum, and one for each bias
  assertEquals(of("left").flops, 2 * (3 * 4 + 4 * 2) + 4 + 2);
  assertEquals(flops, layers.reduce((sum, layer) => sum + layer.flops, 0));
});

Deno.test("printSummary() prints a layer a line, those inside below, and the totals", () => {
  const text = printSummary(summarize(branches(), { set: { "encoder.dense1.units": 5 } }));
  const lines = text.split("\n").map((line) => line.trim().replaceAll(/ +/g, " "));
  assertEquals(lines.slice(0, 7), [
    "pipeline branches",
    "layer kind output parameters FLOP a row",
    "a standardize [batch, 3] 0 6",
    "left sequential [batch, 2] 32 57 parameters of encoder",
    "dense1 dense [batch, 5] 20 35 parameters of encoder.dense1",
    "dropout dropout [batch, 5] 0 0 parameters of encoder.dropout",
    "dense2 dense [batch, 2] 12 22 parameters of encoder.dense2",
  ]);
  assertEquals(lines.find((line) => line.startsWith("not learning")), "not learning 8");
});

Deno.test("summary prints the layers of a pipeline, or gives them as JSON", async () => {
  const file = "tests/core/cli/pipelines/points.ts";
  const io = keptIo();
  assertEquals(await main(["summary", file], io), 0);
  assertStringIncludes(io.stdout.text, "learning");
  const json = keptIo();
  assertEquals(await main(["summary", file, "--json"], json), 0);
  const { parameters, layers } = JSON.parse(json.stdout.text);
  assertEquals(parameters > 0 && layers.length > 0, true);
});
