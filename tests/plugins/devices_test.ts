/**
 * Every part of every family works on every device, as it trains and as it is used: all samples of a family
 * are one plan, whose results and gradients on a device are those of the reference in float64.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { stageOf } from "@millrace/millrace";
import { ops, sizeOf, type Value } from "../../core/mod.ts";
import * as layers from "../../plugins/layers/mod.ts";
import * as losses from "../../plugins/losses/mod.ts";
import * as metrics from "../../plugins/metrics/mod.ts";
import * as regularizers from "../../plugins/regularizers/mod.ts";
import * as transforms from "../../plugins/transforms/mod.ts";
import { assertClose } from "../golden/golden.ts";
import { Laboratory, type Results } from "../support/build_stage.ts";
import { absentDevices, testedDevices } from "../support/devices.ts";
import { type BuiltSample, type PartSample, samples } from "./part_samples.ts";

/** Parts that run in TypeScript, before anything comes to a device. */
const onHost = {
  bagOfWords: transforms.bagOfWords({ vocabulary: 9 }),
  hashText: transforms.hashText(8),
  labelEncode: transforms.labelEncode(["a", "b"]),
  tokenizer: transforms.tokenizer({ path: "tokenizer.json", vocabulary: 9, length: 4 }),
  tokens: transforms.tokens({ vocabulary: 9, length: 4 }),
};

const families = { layers, losses, metrics, regularizers, transforms };

for (const [family, made] of Object.entries(families)) {
  Deno.test(`every part of plugins/${family} is tried on every device`, () => {
    const tried = new Set(samples[family]!.map(({ part }) => part));
    const names = Object.entries(made).filter(([, part]) => typeof part === "function")
      .map(([name]) => name).filter((name) => !(name in onHost));
    assertEquals(names.filter((name) => !tried.has(name)), []);
    assertEquals([...tried].filter((name) => !names.includes(name)), []);
  });
}

Deno.test("transforms of texts run on the host, and need no device", () => {
  for (const [name, made] of Object.entries(onHost)) {
    assertEquals(stageOf(made)?.definition.kind, "host", name);
  }
});

/** Samples of a family in one graph, and how each was built. */
interface Declared {
  readonly laboratory: Laboratory;
  readonly built: readonly { readonly sample: PartSample; readonly made: BuiltSample }[];
}

/** Declares the outputs of samples and, where they train, the gradients of a weighted sum of each. */
function declare(family: readonly PartSample[], { inference }: { inference: boolean }): Declared {
  const laboratory = new Laboratory();
  const { builder } = laboratory;
  const built = family.map((sample, i) => {
    const path = `sample${i}`;
    const made = sample.build(laboratory, { path, inference });
    for (const [name, value] of Object.entries(made.outputs)) {
      builder.output(`${path} ${name}`, value);
      if (inference || value.spec.dtype !== "f32") continue;
      const loss = ops.reduceSum(
        ops.mul(value, cotangentOf(laboratory, `${path}.d${name}`, value)),
      );
      for (const [of, float] of Object.entries(made.floats)) {
        builder.output(`${path} gradient of ${name} by ${of}`, ops.gradient(loss, float));
      }
    }
    return { sample, made };
  });
  return { laboratory, built };
}

/** Numbers of either sign, as many as a value has. */
function cotangentOf(laboratory: Laboratory, path: string, { spec: { shape } }: Value): Value {
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.cos(1 + 2 * i));
  return laboratory.variable(path, { shape, data }).value;
}

/** Asserts that results are those of the reference, sample by sample; metrics' scores too. */
function compare(results: Results, expected: Results, { built, tolerance }: {
  readonly built: Declared["built"];
  readonly tolerance: number;
}): void {
  for (const [name, wanted] of Object.entries(expected)) {
    const [path, ...what] = name.split(" ");
    const { sample } = built[Number(path!.slice("sample".length))]!;
    assertClose(results[name]!, wanted, {
      tolerance: tolerance * (sample.magnifies ?? 1),
      what: `${sample.name}, ${what.join(" ")}`,
    });
  }
  built.forEach(({ sample, made: { score, outputs } }, i) => {
    if (score === undefined) return;
    const scoreOf = (from: Results) => {
      const found = score(
        Object.fromEntries(Object.keys(outputs).map((name) => [name, from[`sample${i} ${name}`]!])),
      );
      return typeof found === "number" ? [found] : found.values.flat();
    };
    assertClose(scoreOf(results), scoreOf(expected), { tolerance, what: `${sample.name}, score` });
  });
}

const otherDevices = testedDevices.filter(({ name }) => name !== "reference");

for (const [family, all] of Object.entries(samples)) {
  for (const inference of [false, true]) {
    const mode = inference ? "in use" : "in training";
    const expected = declare(all, { inference }).laboratory.run();
    for (const { name, device, tolerances } of otherDevices) {
      Deno.test(`${family}, ${mode}: every part on ${name} gives what the reference does`, async () => {
        const { laboratory, built } = declare(all, { inference });
        assert(built.length > 0);
        const [results] = await laboratory.runOn(device);
        // what comes out of a session was rounded to float32
        compare(results!, expected, { built, tolerance: 10 * Math.max(tolerances.f32, 1e-7) });
      });
    }
    for (const { name, reason } of absentDevices) {
      Deno.test.ignore(`${family}, ${mode}: every part on ${name}: skipped: ${reason}`, () => {});
    }
  }
}
