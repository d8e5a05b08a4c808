import { assertEquals } from "@std/assert";
import { resamplerOf } from "../../../plugins/loaders/resample.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";
import type { Numbers } from "../../support/build_stage.ts";

interface Case {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly x: Numbers;
  readonly output: Numbers;
}

for (const golden of await readGolden<Case>("resampling")) {
  Deno.test(`resamplerOf() does as SciPy: ${golden.name}`, () => {
    const { countOf, resample } = resamplerOf(golden.from, golden.to);
    const sound = Float32Array.from(golden.x.data, Number);
    assertEquals(countOf(sound.length), golden.output.data.length);
    const target = new Float32Array(golden.output.data.length);
    resample(sound, target);
    assertClose(target, golden.output, { tolerance: 1e-6 });
    // the first samples are the same when no more are wanted
    const first = new Float32Array(Math.ceil(target.length / 2));
    resample(sound, first);
    assertEquals(first, target.slice(0, first.length));
  });
}
