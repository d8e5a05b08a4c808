import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DataError, PipelineError, RandomStream, train } from "@millrace/millrace";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../../core/execute/checkpoint.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../core/formats/mod.ts";
import { assertSurvivesDamage, damage } from "../../support/mutate.ts";
import { blobs } from "../../support/pipelines.ts";
import { inFolder } from "../../support/runs.ts";

const checkpoint: Checkpoint = {
  epoch: 2,
  stepInEpoch: 3,
  step: 11,
  fingerprint: "0f",
  scores: {
    rows: 96,
    sums: { loss: [0.1 + 0.2], strange: [NaN, Infinity, -Infinity] },
    columns: { ranks: { dtype: "f32", shape: [2], data: Float32Array.of(1, 2) } },
  },
  tensors: { weight: { dtype: "f32", shape: [2, 1], data: Float32Array.of(3, 4) } },
};
const bytes = encodeCheckpoint(checkpoint) as Uint8Array<ArrayBuffer>;
const stateKey = "millrace.checkpoint";
const { tensors, metadata } = decodeSafetensors(bytes, "checkpoint");
const state = metadata[stateKey]!;

/** A whole file, its checksum included, around a damaged record. */
function withState(text: string): Uint8Array<ArrayBuffer> {
  return encodeSafetensors(tensors, { [stateKey]: text }) as Uint8Array<ArrayBuffer>;
}

Deno.test("decodeCheckpoint() gives what was encoded, numbers that JSON has no word for included", () => {
  assertEquals(decodeCheckpoint(bytes, "checkpoint"), checkpoint);
});

Deno.test("decodeCheckpoint() refuses what is no checkpoint, and a damaged record", () => {
  const refusal = (given: Uint8Array<ArrayBuffer>) =>
    assertThrows(() => decodeCheckpoint(given, "step-1.safetensors"), DataError).message;
  const other = encodeSafetensors(tensors, {}) as Uint8Array<ArrayBuffer>;
  assertEquals(
    refusal(other),
    'Cannot resume from the file: it is no checkpoint of Millrace (file "step-1.safetensors")',
  );
  const damaged = "Cannot resume from the file: its record of where training was is damaged " +
    '(file "step-1.safetensors")';
  for (
    const text of ["", "{", "null", "[]", state.replace("11", "-11"), state.replace("11", '"11"')]
  ) {
    assertEquals(refusal(withState(text)), damaged);
  }
});

Deno.test("decodeCheckpoint() survives damaged files", () => {
  assertSurvivesDamage([bytes], (copy) => {
    const { tensors, scores } = decodeCheckpoint(copy, "copy");
    return [...Object.values(tensors), ...Object.values(scores.columns)];
  });
});

Deno.test("decodeCheckpoint() survives damaged records behind a good checksum", () => {
  const sample = new TextEncoder().encode(state);
  const random = new RandomStream(1, "state");
  const copies = Number(Deno.env.get("MILLRACE_FUZZ_COPIES") ?? 2000);
  let refused = 0;
  for (let i = 0; i < copies; i++) {
    const text = new TextDecoder().decode(damage(sample, random));
    try {
      const { step, epoch, stepInEpoch, scores } = decodeCheckpoint(withState(text), "copy");
      assert([step, epoch, stepInEpoch, scores.rows].every((n) => Number.isSafeInteger(n)), text);
      assert(Object.values(scores.sums).flat().every((sum) => typeof sum === "number"), text);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      refused++;
    }
  }
  assert(refused > copies / 10, `only ${refused} of ${copies} damaged copies were refused`);
});

Deno.test("train() refuses to resume from a checkpoint that lacks variables or has others", async () => {
  await inFolder(async (folder) => {
    await train(blobs(), { runDirectory: folder });
    for (const { name } of Deno.readDirSync(`${folder}/checkpoints`)) {
      const path = `${folder}/checkpoints/${name}`;
      const { tensors: all, metadata } = decodeSafetensors(Deno.readFileSync(path), path);
      const [, second, ...rest] = Object.keys(all);
      const changed = {
        ...Object.fromEntries(rest.map((name) => [name, all[name]!])),
        [second!]: { dtype: "f32", shape: [1, 1, 1], data: new Float32Array(1) } as const,
      };
      Deno.writeFileSync(path, encodeSafetensors(changed, { [stateKey]: metadata[stateKey]! }));
    }
    const { issues } = await assertRejects(
      () => train(blobs(), { runDirectory: folder, resume: true, set: { epochs: 5 } }),
      PipelineError,
    );
    assertEquals(issues.map(({ received }) => received).sort(), [
      "f32[1, 1, 1]",
      "no such tensor",
    ]);
    assertEquals(
      issues[0]!.hint,
      "resume with the version of Millrace that the run began with, or train anew",
    );
  });
});
