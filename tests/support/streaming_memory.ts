/**
 * Reads a CSV file of so many MB, made on the fly, for an epoch of shuffled batches, and fails where it
 * takes more memory than one of 50 MB: `deno run -A tests/support/streaming_memory.ts 1000`
 *
 * @module
 */
import { csv, dense, pipeline } from "@millrace/millrace";
import { check } from "../../core/check/mod.ts";
import { openFeed, PipelineRows, shuffled } from "../../core/execute/mod.ts";
import { runModule } from "../../bench/support/process.ts";
import { peakMemoryBytes } from "../../bench/support/machine.ts";

/** Bytes of decoded rows that are kept. */
const memoryBytes = 16 << 20;

/** Writes rows of ten numbers; the second is the row's number. */
async function writeTable(path: string, bytes: number): Promise<number> {
  using file = await Deno.open(path, { write: true, create: true });
  const names = Array.from({ length: 10 }, (_, i) => `x${i}`);
  await file.write(new TextEncoder().encode(`${names.join(",")}\n`));
  let rows = 0;
  for (let written = 0; written < bytes;) {
    let text = "";
    for (let i = 0; i < 10_000; i++) {
      text += `0.125,${rows++},1.5,2.25,3.75,4.5,5.125,6.25,7.5,8.0625\n`;
    }
    const part = new TextEncoder().encode(text);
    for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
    written += part.length;
  }
  return rows;
}

/** Reads every row once, shuffled; gives their number, and checks that each was there. */
async function readShuffled(path: string): Promise<number> {
  const features = Array.from({ length: 10 }, (_, i) => `x${i}`);
  const table = csv({ path, features, memoryBytes });
  const checked = check(
    pipeline({ name: "stream", stages: { table, line: dense(1)(table.features) } }),
  );
  const data = checked.ports.get("table")!.features!;
  const inputs = [{ name: "table.features", stage: "table", port: "features", data }];
  const feed = (await openFeed({ checked, fitted: {}, rows: new PipelineRows(checked) }, {
    inputs,
    split: "train",
  }))!;
  const { rows, blocks } = feed;
  const order = shuffled(rows, { seed: 1, epoch: 0, blocks });
  const seen = new Uint8Array(rows);
  const batch = 256;
  let size = batch;
  let columns = feed.columns(size);
  for (let first = 0; first < rows; first += batch) {
    const own = order.subarray(first, first + batch);
    if (own.length !== size) columns = feed.columns(size = own.length);
    await feed.fill({ rows: own, epoch: 0, step: 1 }, columns);
    const values = columns.get("table.features")!;
    for (let i = 0; i < own.length; i++) seen[values[10 * i + 1]!] = 1;
  }
  feed.close();
  // numbers up to 2^24 are exact
  const exact = Math.min(rows, 1 << 24);
  if (seen.subarray(0, exact).includes(0)) throw new Error("a row was not read");
  return rows;
}

/** What one process reports. */
interface Report {
  readonly rows: number;
  readonly peakBytes: number;
}

async function report(megabytes: number): Promise<Report> {
  const path = await Deno.makeTempFile({ suffix: ".csv" });
  try {
    await writeTable(path, megabytes * 1e6);
    const rows = await readShuffled(path);
    return { rows, peakBytes: await peakMemoryBytes() ?? NaN };
  } finally {
    await Deno.remove(path);
  }
}

/** The same in a process of its own. */
async function reportOf(megabytes: number): Promise<Report> {
  const args = ["--once", String(megabytes)];
  return JSON.parse(await runModule("tests/support/streaming_memory.ts", { args }));
}

/** Compares a file with a smaller one; both are larger than what is kept of them. */
async function compare(megabytes: number): Promise<void> {
  const small = await reportOf(50);
  const large = await reportOf(megabytes);
  const grown = large.peakBytes - small.peakBytes;
  // an order of the rows and what shuffles it, and garbage that was not collected yet
  const allowed = 10 * (large.rows - small.rows) + 64e6;
  print(
    `50 MB: ${inMb(small.peakBytes)} at most; ${megabytes} MB: ${inMb(large.peakBytes)} at most`,
  );
  if (!(grown < allowed)) {
    throw new Error(`the peak has grown by ${inMb(grown)}, expected less than ${inMb(allowed)}`);
  }
}

function inMb(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function print(text: string): void {
  // deno-lint-ignore no-console
  console.log(text);
}

const [first = "100", second] = Deno.args;
if (first === "--once") print(JSON.stringify(await report(Number(second))));
else await compare(Number(first));
