import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { arrays, bucketByLength, mix, pipeline, PipelineError, relu } from "@millrace/millrace";
import { check } from "../../../core/check/mod.ts";

const rows = (steps: number) => arrays({ x: [Array.from({ length: steps }, () => 1)] });

Deno.test("sequenceStages() tells the numbers of steps that there are programs for", () => {
  const data = rows(3);
  const cut = bucketByLength({ boundaries: [1, 2, 9] })(data.x);
  const { sequences } = check(pipeline({ name: "cut", stages: { data, cut } }));
  assertEquals(sequences.map(({ path, steps }) => ({ path, steps })), [
    { path: "cut", steps: [1, 2, 3] },
  ]);
});

Deno.test("sequenceStages() refuses what comes from no loader or host stage", () => {
  const data = rows(3);
  const states = relu()(data.x);
  const cut = bucketByLength({ boundaries: [1] })(states);
  const { issues } = assertThrows(
    () => check(pipeline({ name: "cut", stages: { data, states, cut } })),
    PipelineError,
    'Cannot tell the lengths of what "states" gives: expected sequences right from a loader or host ' +
      "stage",
  );
  assertEquals(issues.map(({ path }) => path), ["cut.x"]);
  assertStringIncludes(issues[0]!.hint!, "put bucketByLength before the stages that compute");
});

Deno.test("sequenceStages() refuses more programs than can be made", () => {
  const data = arrays({
    x: [Array.from({ length: 16 }, () => 1)],
    y: [Array.from({ length: 16 }, () => 1)],
  });
  const boundaries = Array.from({ length: 8 }, (_, i) => i + 1);
  const [x, y] = [bucketByLength({ boundaries })(data.x), bucketByLength({ boundaries })(data.y)];
  const { issues } = assertThrows(
    () => check(pipeline({ name: "cut", stages: { data, x, y } })),
    PipelineError,
    "Cannot make a program for every choice of steps: received 81 choices in 2 stages, expected at " +
      "most 64",
  );
  assertEquals(issues.map(({ path }) => path), ["y"]);
  assertStringIncludes(issues[0]!.hint!, "give fewer boundaries");
  check(pipeline({ name: "cut", stages: { data, x } }));
});

Deno.test("sequenceStages() says nothing where a loader could not tell what it gives", () => {
  const data = mix({ weights: [1, 1] })([rows(3), rows(2)]);
  const cut = bucketByLength({ boundaries: [1] })(data.x);
  const { issues } = assertThrows(
    () => check(pipeline({ name: "cut", stages: { data, cut } })),
    PipelineError,
  );
  assertEquals(issues.map(({ path }) => path), ["data"]);
});
