/**
 * What tests of runs share: a folder of their own, and trained weights as bits.
 *
 * @module
 */
import type { TrainResult } from "@millrace/millrace";

/** A folder that is removed in the end. */
export async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The words of every trained tensor, so that -0 and 0 differ. */
export function bitsOf({ model }: Pick<TrainResult, "model">): Record<string, string> {
  return Object.fromEntries(
    Object.entries(model.tensors).map(([path, { data }]) => [
      path,
      Array.from(new Uint32Array(new Float32Array(data).buffer), (word) => word.toString(16)).join(
        " ",
      ),
    ]),
  );
}
