/**
 * IDX files come in pairs, of images and of their labels: the other of a pair, and the pair of the test
 * split, are found by their names, as MNIST and its relatives have them.
 *
 * @module
 */
import { openIdx } from "../../formats/mod.ts";
import type { Shape } from "../../tensor/mod.ts";
import { type IdxPair, idxStage } from "./suggest_stage.ts";
import type { ColumnSummary } from "./summarize_column.ts";

/** The stage for a file and its other: `idx` reads both. */
export async function pairedStage(
  file: string,
  { rows, rowShape, summary }: {
    readonly rows: number;
    readonly rowShape: Shape;
    readonly summary: ColumnSummary;
  },
): Promise<string> {
  const isLabels = rowShape.length === 0;
  const [, parent = "", name = file] = /^(.*[/\\])?([^/\\]*)$/.exec(file) ?? [];
  const names = await namesIn(parent || ".");
  const pairs = names.filter((image) => {
    const label = labelsNameOf(image);
    return label !== image && names.includes(label);
  });
  const image = pairs.find((image) => (isLabels ? labelsNameOf(image) : image) === name);
  const other = image === undefined
    ? undefined
    : await lookInto(`${parent}${isLabels ? image : labelsNameOf(image)}`, rows);
  if (image === undefined || other === undefined) {
    return isLabels
      ? idxStage({ labels: file, classes: (summary.max ?? 0) + 1 })
      : idxStage({ images: file, shape: rowShape });
  }
  const pairOf = (image: string): IdxPair => ({
    images: `${parent}${image}`,
    labels: `${parent}${labelsNameOf(image)}`,
  });
  const test = pairs.find((name) =>
    name !== image && [/t10k/i, /test/i].some((word) => name.replace(word, "train") === image)
  );
  return idxStage({
    ...pairOf(image),
    shape: isLabels ? other.rowShape : rowShape,
    classes: (isLabels ? summary.max ?? 0 : other.max) + 1,
    test: test === undefined ? undefined : pairOf(test),
  });
}

/** How the labels of a file of images are called: `train-labels-idx1-ubyte.gz`. */
function labelsNameOf(images: string): string {
  return images.replace(/images/i, "labels").replace(/idx\d/i, "idx1");
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter(({ isDirectory }) => !isDirectory).map(({ name }) => name);
  } catch {
    // the folder may not be listed, though the file may be read
    return [];
  }
}

/** The shape of a file's rows, and their greatest value; nothing where it does not belong. */
async function lookInto(
  path: string,
  rows: number,
): Promise<{ readonly rowShape: Shape; readonly max: number } | undefined> {
  try {
    using idx = await openIdx(path);
    if (idx.shape[0] !== rows) return undefined;
    const rowShape = idx.shape.slice(1);
    if (rowShape.length > 0) return { rowShape, max: 0 };
    const { data } = await idx.read(0, rows);
    let max = 0;
    for (const value of data) max = Math.max(max, value);
    return { rowShape, max };
  } catch {
    // it is looked for, not asked for: what is damaged is no partner
    return undefined;
  }
}
