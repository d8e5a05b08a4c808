import { assertEquals } from "@std/assert";
import { formatIssues, type Issue } from "../../core/errors.ts";

Deno.test("formatIssues() says a hint once that all issues share", () => {
  const issue = (path: string, hint?: string): Issue => ({
    code: "model",
    path,
    message: "Cannot load",
    ...(hint === undefined ? {} : { hint }),
  });
  assertEquals(
    formatIssues([issue("a", "train anew"), issue("b", "train anew")]),
    'Found 2 problems:\n1. "a": Cannot load\n2. "b": Cannot load\n  hint: train anew',
  );
  assertEquals(
    formatIssues([issue("a", "train anew"), issue("b")]),
    'Found 2 problems:\n1. "a": Cannot load\n     hint: train anew\n2. "b": Cannot load',
  );
  assertEquals(formatIssues([issue("a", "x")]), '"a": Cannot load\n  hint: x');
});
