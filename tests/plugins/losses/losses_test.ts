import { assertThrows } from "@std/assert";
import type { Value } from "../../../core/mod.ts";
import {
  categoricalCrossEntropy,
  meanSquaredError,
  sparseCategoricalCrossEntropy,
} from "../../../plugins/losses/mod.ts";
import { buildStage, Laboratory } from "../../support/build_stage.ts";

function ones(laboratory: Laboratory, path: string, shape: readonly number[]): Value {
  const length = shape.reduce((product, size) => product * size, 1);
  return laboratory.variable(path, { shape, data: new Array(length).fill(1) }).value;
}

Deno.test("meanSquaredError() never broadcasts its targets", () => {
  const laboratory = new Laboratory();
  const predictions = ones(laboratory, "predictions", [4, 1]);
  const targets = ones(laboratory, "targets", [4]);
  assertThrows(
    () => buildStage(laboratory, meanSquaredError(), { predictions, targets }),
    TypeError,
    'Cannot compare "targets" with "predictions": received f32[4], expected f32[4, 1]',
  );
});

Deno.test("categoricalCrossEntropy() never broadcasts its targets", () => {
  const laboratory = new Laboratory();
  const logits = ones(laboratory, "logits", [4, 3]);
  const targets = ones(laboratory, "targets", [1, 3]);
  assertThrows(
    () => buildStage(laboratory, categoricalCrossEntropy(), { logits, targets }),
    TypeError,
    'Cannot compare "targets" with "logits": received f32[1, 3], expected f32[4, 3]',
  );
});

Deno.test("sparseCategoricalCrossEntropy() refuses another number of scores than classes", () => {
  const laboratory = new Laboratory();
  const logits = ones(laboratory, "logits", [2, 12]);
  const labels = { value: laboratory.whole("labels", [0, 1]), classes: 10 };
  assertThrows(
    () => buildStage(laboratory, sparseCategoricalCrossEntropy(), { logits, labels }),
    TypeError,
    'Cannot compare "logits" with labels of 10 classes: received f32[2, 12], expected f32[2, 10]',
  );
});
