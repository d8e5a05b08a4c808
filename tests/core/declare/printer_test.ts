import { assertEquals, assertStringIncludes } from "@std/assert";
import { mermaid, printPipeline } from "../../../core/declare/mod.ts";
import {
  arrays,
  backward,
  dense,
  dropout,
  meanSquaredError,
  pipeline,
  sequential,
  sgd,
} from "@millrace/millrace";

const table = arrays({ x: [[0], [1]], y: [[0], [2]] });
const line = sequential(dense(3), dropout(0.25), dense(1))(table.x);
const loss = meanSquaredError()({ predictions: line, targets: table.y });
const end = sgd({ learningRate: 0.5 })(backward()(loss));
const small = pipeline({ name: "small", epochs: 2, stages: { table, line, loss, end } });
const ports = {
  "table.x": "f32[batch, 1]",
  "table.y": "f32[batch, 1]",
  "line.output": "f32[batch, 1]",
};

Deno.test("printPipeline() prints a stage a line, children below", () => {
  assertEquals(
    printPipeline(small, { ports }),
    `pipeline small(epochs: 2)
  table      arrays                  -> x: f32[batch, 1], y: f32[batch, 1]
  line       sequential              table.x -> f32[batch, 1]
    dense1   dense(units: 3)
    dropout  dropout(rate: 0.25)
    dense2   dense(units: 1)
  loss       meanSquaredError        predictions: line, targets: table.y
  backward   backward                loss
  end        sgd(learningRate: 0.5)  backward
`,
  );
});

Deno.test("mermaid() draws stages with their families, ports on the edges", () => {
  assertEquals(
    mermaid(small, { ports }).split("\n").filter((line) => !line.includes("classDef")).join("\n"),
    `flowchart TD
  table["table<br/>arrays"]:::loader
  line["line<br/>sequential<br/>dense1, dropout, dense2"]:::layer
  loss["loss<br/>meanSquaredError"]:::loss
  backward["backward"]:::backward
  stage4["end<br/>sgd"]:::optimizer
  table -->|"x: f32[batch, 1]"| line
  line -->|"f32[batch, 1] to predictions"| loss
  table -->|"y: f32[batch, 1] to targets"| loss
  loss --> backward
  backward --> stage4
`,
  );
});

Deno.test("mermaid() defines the class of every family there is, and no other", () => {
  const families = [...mermaid(small).matchAll(/classDef (\w+) /g)].map(([, family]) => family);
  assertEquals(families, ["loader", "layer", "loss", "backward", "optimizer"]);
});

Deno.test("mermaid() escapes names that it cannot take", () => {
  const odd = pipeline({ name: "odd", stages: { 'a "b" <c>': table, end: line } });
  const text = mermaid(odd);
  assertStringIncludes(text, '  stage0["a #quot;b#quot; #lt;c#gt;<br/>arrays"]:::loader\n');
  assertStringIncludes(text, '  stage0 -->|"x"| stage1\n');
});

Deno.test("printPipeline() and mermaid() print a pipeline with problems", () => {
  const loose = pipeline({ name: "loose", stages: { loose: dense(0)(undefined as never) } });
  assertStringIncludes(printPipeline(loose), "loose  dense(units: 0)");
  assertStringIncludes(mermaid(loose), 'loose["loose<br/>dense"]');
});
