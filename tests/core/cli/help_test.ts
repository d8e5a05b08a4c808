import { assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { backward, dense, pipeline, rescale, sequential } from "@millrace/millrace";
import { defineStage, type Tensor } from "@millrace/millrace";
import spokenDigits from "../../../pipelines/spoken_digits.ts";
import { pipelineHelp, settingsOf } from "../../../core/cli/help.ts";
import points from "./pipelines/points.ts";
import { keptStream } from "./support.ts";

Deno.test("settingsOf() lists the run, every stage, and children by their paths", () => {
  const groups = settingsOf(points);
  assertEquals(groups.map(({ name }) => name), [
    "",
    "points",
    "logits",
    "logits.dense1",
    "logits.dense2",
    "loss",
    "backward",
    "optimizer",
    "accuracy",
    "probabilities",
  ]);
  const epochs = groups[0]!.settings.find(({ path }) => path === "epochs");
  assertEquals(epochs, {
    path: "epochs",
    type: "integer",
    value: "3",
    default: "1",
    description: "Passes over the training split",
  });
});

Deno.test("settingsOf() leaves out what a command line cannot write", () => {
  const group = settingsOf(points).find(({ name }) => name === "points");
  assertEquals(group?.settings, []);
});

Deno.test("pipelineHelp() works on a pipeline with problems", () => {
  const broken = dense(0)(rescale({ scale: 2 })(dense(1) as never) as never);
  const text = pipelineHelp(
    pipeline({ name: "broken", stages: { broken, gone: backward()(broken as never) } }),
    keptStream(),
  );
  assertStringIncludes(text, "broken.units");
  assertStringIncludes(text, "gone  backward");
});

Deno.test("pipelineHelp() shows the descriptions of a user's own stage", () => {
  const louder = defineStage<(x: Tensor<readonly ["batch", 2]>) => Tensor<readonly ["batch", 2]>>()(
    {
      name: "louder",
      family: "transform",
      kind: "traced",
      config: z.object({ gain: z.number().default(2).describe("How much louder") }),
      inputs: { x: { kind: "tensor" } },
      output: "tensor",
      build: ({ x }) => x,
    },
  );
  const made = louder({})(sequential(dense(2), dense(2))(null as never));
  const text = pipelineHelp(pipeline({ name: "p", stages: { made } }), keptStream());
  assertStringIncludes(text, "  made.gain");
  assertStringIncludes(text, "How much louder (number)");
});

Deno.test("pipelineHelp() cuts long values short, so that descriptions stay in sight", () => {
  const text = pipelineHelp(spokenDigits, keptStream());
  const [line] = text.split("\n").filter((line) => line.includes("words.origin"));
  assertEquals(
    line!.replaceAll(/ {2,}/g, "  "),
    "  words.origin  deno run --allow-run=espeak-ng --allow-write pi…  How the folder is made or got, " +
      "as a command: told where it is missing (string)",
  );
});
