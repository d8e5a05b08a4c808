/**
 * Stand-in for `@std/csv/parse-stream`, over csv-parse. As in the original, a row is parsed when it
 * is asked for, so that the rows before a malformed one all come out before the error.
 *
 * @module
 */
import { parse } from "npm:csv-parse@7.0.3";
import {
  asSyntaxError,
  type ParseOptions,
  type ParseResult,
  rawOptions,
  type RawRecord,
  rowReader,
} from "./_records.ts";

/** Options of {@linkcode CsvParseStream}. */
export type CsvParseStreamOptions = ParseOptions;

/** A row of {@linkcode CsvParseStream}. */
export type RowType<T> = T extends undefined ? string[]
  : ParseResult<CsvParseStreamOptions, T>[number];

/** Transforms a stream of CSV text into a stream of rows. */
export class CsvParseStream<const T extends CsvParseStreamOptions | undefined = undefined>
  implements TransformStream<string, RowType<T>> {
  /** Where the rows come out. */
  readonly readable: ReadableStream<RowType<T>>;
  /** Where the text goes in. */
  readonly writable: WritableStream<string>;

  constructor(options?: T) {
    const text = new TransformStream<string, string>();
    this.writable = text.writable;
    const rows = parseRows(text.readable, options ?? {});
    this.readable = new ReadableStream<RowType<T>>({
      async pull(controller) {
        const { value, done } = await rows.next();
        if (done) controller.close();
        else controller.enqueue(value as RowType<T>);
      },
      cancel: async () => void await rows.return(undefined),
    }, { highWaterMark: 0 });
  }
}

async function* parseRows(
  text: ReadableStream<string>,
  options: ParseOptions,
): AsyncGenerator<string[] | Record<string, string>, undefined> {
  let records: RawRecord[] = [];
  const parser = parse({
    ...rawOptions(options),
    on_record: (record) => {
      records.push(record as unknown as RawRecord);
      return null;
    },
  });
  let failure: unknown;
  parser.on("error", (error) => failure = error).resume();
  const parsed = (feed: (done: () => void) => void) => new Promise<void>((done) => feed(done));
  const toRow = rowReader(options);
  function* rows() {
    const batch = records;
    records = [];
    for (const record of batch) {
      const row = toRow(record);
      if (row !== undefined) yield row;
    }
    if (failure !== undefined) throw asSyntaxError(failure);
  }
  for await (const chunk of text) {
    await parsed((done) => parser.write(chunk, done));
    yield* rows();
  }
  await parsed((done) => parser.end(done));
  yield* rows();
}
