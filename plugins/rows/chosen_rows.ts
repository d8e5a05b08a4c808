/**
 * Some rows of a source, as a source of its own.
 *
 * @module
 */
import { type RowBlocks, type RowSource, sha256 } from "../../core/mod.ts";

const none = new Uint32Array(0);

/**
 * Offers chosen rows of a source, in the order of the choice. Closing it closes the source.
 *
 * @param chosen Row numbers; a row may be there more than once.
 * @param options.how What they were chosen by, for the fingerprint: data that JSON keeps.
 */
export function chosenRows(
  source: RowSource,
  chosen: Uint32Array,
  { how }: { readonly how: unknown },
): RowSource {
  const blocks = source.blocks && chosenBlocks(source.blocks, chosen);
  /** Row numbers of the last batch, whose memory serves the next: new memory took two fifths of a small batch. */
  let numbers = none;
  return {
    rows: chosen.length,
    inMemory: source.inMemory === true,
    ...(blocks === undefined ? {} : { blocks }),
    get fingerprint() {
      const { fingerprint } = source;
      return fingerprint === undefined
        ? undefined
        : `sha256:${sha256([JSON.stringify([fingerprint, how])])}`;
    },
    get readsAtOnce() {
      return source.readsAtOnce ?? 1;
    },
    read(rows, into) {
      const own = numbers.length === rows.length ? numbers : new Uint32Array(rows.length);
      for (let i = 0; i < rows.length; i++) own[i] = chosen[rows[i]!]!;
      const done = source.read(own, into);
      // who takes its time may look at them later
      numbers = done instanceof Promise ? none : own;
      return done;
    },
    close: () => source.close?.(),
  };
}

/** How chosen rows lie together: as the source's do, where the choice keeps their order. */
function chosenBlocks({ begins, kept }: RowBlocks, chosen: Uint32Array): RowBlocks | undefined {
  const mine: number[] = [];
  let block = -1;
  for (let i = 0; i < chosen.length; i++) {
    if (i > 0 && chosen[i]! < chosen[i - 1]!) return undefined;
    const before = block;
    while (block + 1 < begins.length && begins[block + 1]! <= chosen[i]!) block++;
    if (block > before) mine.push(i);
  }
  return { begins: Uint32Array.from(mine), kept };
}
