import { assertThrows } from "@std/assert";
import { checkedPages } from "../../../core/formats/parquet/pages.ts";
import { thriftBytes } from "../../../core/formats/parquet/thrift.ts";

Deno.test("checkedPages() refuses levels that go on in the values behind them", () => {
  // a run of 2 ^ 30 equal levels, where the header of the page says that there are no bytes of levels
  const page = [0x80, 0x80, 0x80, 0x80, 0x08, 1, 0, 0];
  const [values, plain, none] = [6, 0, 0];
  const fields = { 1: values, 2: 0, 3: values, 4: plain, 5: none, 6: none, 7: false };
  const header = thriftBytes({ 1: 3, 2: page.length, 3: page.length, 8: fields });
  const levels = { repetition: 0, definition: 1 };
  assertThrows(
    () =>
      checkedPages(Uint8Array.from([...header, ...page, 0]), {
        levels,
        values,
        isBoolean: false,
        decompress: null,
      }),
    RangeError,
    "a page claims 1073741824 values where there is room for 6",
  );
});
