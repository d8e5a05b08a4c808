import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../core/cli/main.ts";
import { inFolder } from "../../support/runs.ts";
import { keptIo } from "./support.ts";

const millrace = new URL("../../../mod.ts", import.meta.url).href;

Deno.test("main() prints which programs there are where sequences are cut", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/sequences.ts`;
    await Deno.writeTextFile(
      file,
      `import * as m from ${JSON.stringify(millrace)};
const data = m.jsonLines({
  path: "words.jsonl",
  columns: { words: { shape: [16], dtype: "i32" } },
  targets: ["y"],
});
const words = m.bucketByLength({ boundaries: [2, 4, 100] })(data.words);
const y = m.dense(1)(m.gru(4)(m.embedding(8, 4)(words)));
const loss = m.meanSquaredError()({ predictions: y, targets: data.targets });
const fit = m.sgd()(m.backward()(loss));
export default m.pipeline({ name: "sequences", stages: { data, words, y, loss, fit } });
`,
    );
    const io = keptIo();
    assertEquals(await main(["plan", file, "--device", "reference"], io), 0, io.stderr.text);
    assertStringIncludes(
      io.stdout.text,
      '"words" cuts sequences to 2, 4 steps, by a program each; this one is of all 16',
    );
    const json = keptIo();
    await main(["plan", file, "--device", "reference", "--json"], json);
    assertEquals(JSON.parse(json.stdout.text).sequences, [{ path: "words", steps: [2, 4, 16] }]);
  });
});
