/**
 * Rows that stay on the device: those of a feed that are in memory and are the same in every epoch.
 *
 * @module
 */
import { elementBytes, sizeOf } from "../tensor/mod.ts";
import type { KeptRows } from "../devices/mod.ts";
import type { Engine } from "./engine.ts";
import type { Feed } from "./feed.ts";

/** Bytes of rows that are copied at a time, about. */
const chunkBytes = 2 ** 22;
/** Rows of a chunk are a multiple of this: so each chunk begins with a whole word. */
const chunkUnit = 4;

/**
 * Copies the rows of a feed to the device, where it keeps rows; `null` where it does not or there is
 * no room, and for rows that come from files, or out of host stages: they may be others in the next
 * epoch.
 */
export async function keepRows(engine: Engine, feed: Feed): Promise<KeptRows | null> {
  const { session } = engine;
  const { rows, inputs } = feed;
  if (session.keepRows === undefined || !feed.inMemory || inputs.length === 0) return null;
  const columns = inputs.map(({ name, data }) => ({
    name,
    dtype: data.dtype,
    length: data.kind === "labels" ? 1 : sizeOf(data.shape),
  }));
  const kept = await session.keepRows(rows, columns);
  if (kept === null) return null;
  const rowBytes = columns.reduce(
    (sum, { dtype, length }) => sum + length * elementBytes(dtype),
    0,
  );
  const chunk = chunkUnit * Math.ceil(chunkBytes / Math.max(1, rowBytes) / chunkUnit);
  let arrays = feed.columns(Math.min(chunk, rows));
  for (let begin = 0; begin < rows; begin += chunk) {
    const count = Math.min(chunk, rows - begin);
    if (begin > 0 && count < chunk) arrays = feed.columns(count);
    const numbers = Uint32Array.from({ length: count }, (_, i) => begin + i);
    await feed.fill({ rows: numbers, epoch: 0, step: 0 }, arrays);
    kept.write(begin, arrays);
  }
  return kept;
}
