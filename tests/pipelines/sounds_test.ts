import { assert, assertStringIncludes } from "@std/assert";
import { train } from "@millrace/millrace";
import { speakDigits } from "../../pipelines/samples/speak_digits.ts";
import spokenDigits from "../../pipelines/spoken_digits.ts";
import { inFolder } from "../support/runs.ts";

/** Why nothing can be spoken here; `undefined` where it can. */
async function silence(): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command("espeak-ng", { args: ["--version"] }).output();
    return success ? undefined : "espeak-ng does not run";
  } catch {
    return "espeak-ng is not installed";
  }
}

const reason = await silence();

Deno.test({
  name: "pipelines/spoken_digits.ts is right about 98 % of the words in voices it never heard" +
    (reason === undefined ? "" : `: skipped: ${reason}`),
  ignore: reason !== undefined,
  async fn() {
    await inFolder(async (folder) => {
      await speakDigits(folder);
      const set = { "words.folder": `${folder}/train`, "words.test": `${folder}/test` };
      const { metrics } = await train(spokenDigits, { set });
      assert(metrics.test!["accuracy"]! >= 0.98, JSON.stringify(metrics));
    });
  },
});

Deno.test("pipelines/spoken_digits.ts says how its sounds are made", async () => {
  let message = "";
  try {
    await train(spokenDigits, { set: { "words.folder": "nowhere/train" } });
  } catch (error) {
    message = String(error);
  }
  assertStringIncludes(message, "Cannot find the folder");
  assertStringIncludes(message, "pipelines/samples/speak_digits.ts data/spoken-digits");
});
