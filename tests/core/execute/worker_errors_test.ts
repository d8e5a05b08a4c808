import { assertEquals, assertInstanceOf } from "@std/assert";
import { DataError, PipelineError } from "@millrace/millrace";
import { UsageError } from "../../../core/errors.ts";
import { errorData, errorFrom } from "../../../core/execute/worker_errors.ts";

/** An error as it comes out of a Worker. */
function sent(error: unknown): Error {
  return errorFrom(structuredClone(errorData(error)));
}

Deno.test("errors come out of a Worker with their class, place, issues and causes", () => {
  const errors: Error[] = [
    new Error("plain"),
    new TypeError("kind"),
    new RangeError("limit", { cause: new SyntaxError("text") }),
    new SyntaxError("text"),
    new UsageError("usage"),
    new DataError("Cannot read this", { file: "a.csv", row: 3, column: "x", reason: "missing" }),
    new DataError("Cannot read this", { file: "a.csv", hint: "mend it", cause: new Error("EIO") }),
    new PipelineError([{ code: "rows", path: "data", message: "Cannot use this" }]),
  ];
  for (const error of errors) {
    const received = sent(error);
    assertInstanceOf(received, error.constructor as new () => Error);
    assertEquals([received.name, received.message], [error.name, error.message]);
    const [{ cause }, { cause: wanted }] = [received, error] as [Error, Error];
    assertEquals((cause as Error | undefined)?.message, (wanted as Error | undefined)?.message);
    assertEquals(cause?.constructor, wanted?.constructor);
    if (error instanceof DataError) {
      assertInstanceOf(received, DataError);
      assertEquals([received.file, received.row], [error.file, error.row]);
    }
  }
  assertEquals(sent("a text").message, "a text");
  const circle = new Error("circle");
  circle.cause = circle;
  assertEquals((sent(circle).cause as Error).message, "circle");
});
