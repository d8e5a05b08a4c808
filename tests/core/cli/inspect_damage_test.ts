import { encodeNpy, hostTensor } from "../../../core/mod.ts";
import { summarizeFile } from "../../../core/cli/inspect/summarize_file.ts";
import { withFiles } from "../../support/loaders.ts";
import { assertSurvivesDamageAsync } from "../../support/mutate.ts";
import { gzip } from "../../support/tar.ts";
import { wavFile } from "../../support/wav.ts";
import { arrowFile, npzFile, parquetFile, png } from "./inspected_files.ts";

const text = (text: string) => new TextEncoder().encode(text);
const idx = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6);

Deno.test("summarizeFile() survives damaged files", async () => {
  const samples = [
    text('a;b;kind\n1;2;"x"\n3;;y\n5;6;x\n'),
    text('{"a": 1, "v": [1, 2], "t": "hello"}\n{"a": 2, "v": [3, 4], "t": "you"}\n'),
    encodeNpy(hostTensor([1, 2, 3, 4], { shape: [2, 2] })),
    await npzFile(),
    idx,
    await gzip(idx),
    parquetFile(),
    arrowFile("file"),
    arrowFile("stream"),
    png(4, 3, 3, 10),
    wavFile([0.5, -0.5, 0.25, 0]),
  ];
  await withFiles({}, async (folder) => {
    const file = `${folder}/copy`;
    await assertSurvivesDamageAsync(samples, async (bytes) => {
      await Deno.writeFile(file, bytes);
      await summarizeFile(file);
    });
  });
});
