import { assertEquals } from "@std/assert";
import { formatTable } from "../../core/table.ts";

Deno.test("formatTable() aligns columns and leaves no blanks at the end", () => {
  assertEquals(
    formatTable([["", "train"], ["loss", "0.5"], ["accuracy", "10.25"]], { right: [1] }),
    "          train\nloss        0.5\naccuracy  10.25\n",
  );
  assertEquals(formatTable([["a", ""]]), "a\n");
});
