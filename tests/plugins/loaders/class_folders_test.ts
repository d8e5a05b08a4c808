import { assertEquals, assertRejects } from "@std/assert";
import { DataError, imageFolder, labelledTexts } from "@millrace/millrace";
import { classFiles } from "../../../plugins/loaders/class_folders.ts";
import { openLoader, withFiles } from "../../support/loaders.ts";

Deno.test("classFiles() says which folder is of no class, which is missing, and where no file is", async () => {
  await withFiles({}, async (folder) => {
    await Deno.mkdir(`${folder}/cat`);
    await Deno.writeTextFile(`${folder}/cat/1.png`, "");
    const refuses = async (classes: readonly string[] | undefined, expected: string) => {
      const loader = imageFolder({ folder, height: 1, width: 1, channels: 1, classes } as never);
      const { message } = await assertRejects(() => openLoader(loader), DataError);
      assertEquals(message, expected.replaceAll("FOLDER", folder));
    };
    await refuses(
      ["cats", "dog"],
      'Cannot use the folder "cat": it is none of the classes (file "FOLDER")\n  hint: is it "cats"?',
    );
    await refuses(
      ["mouse"],
      'Cannot use the folder "cat": it is none of the classes (file "FOLDER")\n' +
        "  hint: add it to the classes, or move it away",
    );
    await refuses(
      ["cat", "dog"],
      'Cannot find the folder of the class "dog" (file "FOLDER")\n  hint: the folders are "cat"',
    );
    await Deno.remove(`${folder}/cat/1.png`);
    const none =
      'Cannot find any file of .png, .jpg, .jpeg in the folder (file "FOLDER")\n  hint: ';
    await refuses(["cat"], `${none}check the folder`);
    await refuses(undefined, `${none}name classes, if it has a folder for each`);
    const texts = labelledTexts({ path: folder, classes: ["dog"] });
    const { message } = await assertRejects(() => openLoader(texts), DataError);
    assertEquals(
      message,
      `Cannot find the folder of the class "dog" (file "${folder}")\n` +
        '  hint: its name has that word; the folders are "cat"',
    );
    await Deno.writeTextFile(`${folder}/cat/1.txt`, "");
    await Deno.writeTextFile(`${folder}/cat/2.txt`, "");
    const few = { classes: ["cat"], extensions: [".txt"], mostFiles: 1 };
    const { message: many } = await assertRejects(() => classFiles(folder, few), DataError);
    assertEquals(
      many,
      `Cannot use a folder of 2 files (file "${folder}")\n  hint: expected at most 1`,
    );
  });
});

Deno.test("classFiles() passes over folders without files, and follows links", async () => {
  await withFiles({}, async (folder) => {
    for (const name of ["cat", "dog", "empty", "other"]) await Deno.mkdir(`${folder}/${name}`);
    await Deno.writeTextFile(`${folder}/cat/1.txt`, "");
    await Deno.writeTextFile(`${folder}/other/notes.md`, "");
    await Deno.symlink(`${folder}/cat/1.txt`, `${folder}/dog/2.txt`);
    await Deno.symlink(`${folder}/cat/1.txt`, `${folder}/link`);
    const { files, classes } = await classFiles(folder, {
      classes: ["cat", "dog"],
      extensions: [".txt"],
    });
    assertEquals(files, [`${folder}/cat/1.txt`, `${folder}/dog/2.txt`]);
    assertEquals([...classes], [0, 1]);
  });
});
