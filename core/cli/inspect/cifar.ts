/**
 * What the files of CIFAR hold.
 *
 * @module
 */
import { type CifarFile, cifarImageBytes, type CifarLayout, openCifar } from "../../formats/mod.ts";
import type { FileSummary } from "./file_summary.ts";
import { ColumnSummarizer } from "./summarize_column.ts";

/** Records that are read at a time. */
const blockRows = 1000;
/** Bytes of the images that are looked at, spread over all. */
const pixelStride = 97;

/** Looks through the training and test files of a folder. */
export async function summarizeCifar(folder: string, layout: CifarLayout): Promise<FileSummary> {
  const names = Object.keys(layout.labels);
  const labels = names.map((name) => new ColumnSummarizer(name));
  const image = new ColumnSummarizer("image");
  let rows = 0;
  let pixels = 0;
  const look = async (file: CifarFile) => {
    for (let begin = 0; begin < file.rows; begin += blockRows) {
      const end = Math.min(file.rows, begin + blockRows);
      const columns: Record<string, Uint8Array> = {
        image: new Uint8Array((end - begin) * cifarImageBytes),
      };
      for (const name of names) columns[name] = new Uint8Array(end - begin);
      await file.read({ begin, end }, { columns, at: 0 });
      for (const [i, name] of names.entries()) {
        for (const label of columns[name]!) labels[i]!.add(layout.labels[name]![label]);
      }
      for (let i = 0; i < columns.image!.length; i += pixelStride, pixels++) {
        image.add(columns.image![i]);
      }
      rows += end - begin;
    }
  };
  for (const name of [...layout.train, ...layout.test]) {
    using file = await openCifar(`${folder}/${name}`, layout);
    await look(file);
  }
  return {
    file: folder,
    format: `${layout.name === "cifar10" ? "CIFAR-10" : "CIFAR-100"}, training and test`,
    rows,
    isWhole: true,
    columns: [
      { ...image.finish(pixels), type: "u8[rows, 32, 32, 3]" },
      ...labels.map((column) => column.finish(rows)),
    ],
    stage: `const photographs = ${layout.name}({ folder: ${JSON.stringify(folder)} });`,
  };
}
