/**
 * `predict`: one output of a trained pipeline, from records in files.
 *
 * @module
 */
import { formatAmount, formatSeconds, listShort } from "../format.ts";
import type { PredictResult } from "../execute/mod.ts";
import { writeFileAtomic } from "../formats/mod.ts";
import { predict as predictPipeline, recordPorts } from "../verbs.ts";
import { loadPipeline } from "./load.ts";
import { defined, executeSettings, type Invocation, shared, type Verb } from "./options.ts";
import {
  formatPredictions,
  type PredictionFormat,
  predictionFormats,
  predictionRows,
  rowsOfNaN,
} from "./predictions.ts";
import { recordFiles } from "./record_files.ts";
import { type LocatedInput, locateInputs, parseInputs, readRecords } from "./records.ts";
import { findModel } from "./runs.ts";
import { dim, type Io } from "./terminal.ts";

/** The verb `predict`. */
export const predict: Verb = {
  name: "predict",
  summary: "Predict from records with a trained pipeline",
  operand: "<pipeline.ts>",
  options: [
    {
      name: "input",
      value: "file",
      repeatable: true,
      description:
        "Records as CSV, TSV, JSON lines, Parquet, Arrow, lines of text, NPY or IDX; port=file " +
        "where several ports are wanted; or a sound, image or text, or a folder of them, where the " +
        "pipeline's loader reads such",
    },
    { name: "output", value: "file", description: "Where predictions go; default standard output" },
    { name: "stage", value: "name", description: "Stage whose output is wanted" },
    {
      name: "format",
      value: predictionFormats.join("|"),
      description: "How predictions are written; default csv, or by the name of --output",
    },
    { name: "classes", description: 'Add the most likely class of each row as "class"' },
    shared.run,
    shared.model,
    shared.evaluateBatchSize,
    shared.set,
    shared.device,
    shared.threads,
    { ...shared.limit, description: "Use only the first n records" },
    shared.quiet,
    shared.json,
  ],
  notes:
    "A table has the columns by the names that the pipeline's loader reads, in any order; others\n" +
    "are passed over. A CSV file without a header has exactly the numbers of a record in each\n" +
    "row, a file .txt a text on each line.",
  async run(invocation, io) {
    const started = io.now();
    const source = invocation.operand();
    const { limit, ...settings } = executeSettings(invocation, "evaluateBatchSize");
    const file = invocation.text("output");
    const format = invocation.choice("format", predictionFormats) ?? formatOf(file);
    const { pipeline } = await loadPipeline(source);
    const { model, set: trained } = await findModel(invocation, {
      pipeline: pipeline.name,
      source,
      io,
    });
    const set = { ...trained, ...settings.set };
    const { output, ports, files: reader } = recordPorts(pipeline, {
      ...defined({ output: invocation.text("stage") }),
      set,
    });
    const { extensions } = reader ?? {};
    const inputs = await locateInputs(
      parseInputs(invocation.texts("input"), ports, { extensions }),
      (text) => io.stderr.write(`${text}\n`),
    );
    const files = await recordFiles(inputs, { reader, ...defined({ limit }) });
    const records = files === undefined
      ? await readRecords(inputs, { ports, reader, ...defined({ limit }) })
      : await reader!.read(files);
    const result = await predictPipeline(pipeline, { ...settings, set, model, output, records });
    const seconds = (io.now() - started) / 1000;
    const shown = files?.map((path) => givenName(path, inputs[0]!));
    await write(result, { invocation, io, file, format, seconds, files: shown });
    const missing = rowsOfNaN(result);
    if (missing.length > 0) {
      io.stderr.write(
        `${formatAmount(missing.length, "row")} of ${result.output} ${
          missing.length === 1 ? "has" : "have"
        } NaN: ${listShort(missing.slice(0, 100).map((row) => String(row + 1)))}\n` +
          "  hint: look for missing values in these records: a transform, as impute(), fills them in\n",
      );
    }
    if (!invocation.flag("quiet")) {
      const about = `${formatAmount(result.rows, "row")} of ${result.output} in ` +
        `${formatSeconds(seconds)} on ${result.device}`;
      io.stderr.write(
        `${dim(io.stderr, file === undefined ? about : `${about}, written to ${file}`)}\n`,
      );
    }
    return 0;
  },
};

/** The name of a file by what was given: an address, a place in an archive, or a folder that it is in. */
function givenName(path: string, { file, given }: LocatedInput): string {
  const isWithin = path !== file;
  // the checksum of an address is no part of its name
  const named = given.replace(/#[^!]*(?=!\/|$)/s, "");
  return isWithin
    ? named.replace(/[/\\]+$/, "") + path.slice(file.replace(/[/\\]+$/, "").length)
    : named;
}

function formatOf(file: string | undefined): PredictionFormat {
  return file !== undefined && /\.(jsonl|ndjson)$/i.test(file) ? "jsonl" : "csv";
}

async function write(
  result: PredictResult,
  { invocation, io, file, format, seconds, files }: {
    readonly invocation: Invocation;
    readonly io: Io;
    readonly file: string | undefined;
    readonly format: PredictionFormat;
    readonly seconds: number;
    /** The file of each row, where rows are files. */
    readonly files: readonly string[] | undefined;
  },
): Promise<void> {
  const classes = invocation.flag("classes");
  const chunks = formatPredictions(result, { format, classes, ...defined({ files }) });
  if (file !== undefined) {
    await writeFileAtomic(file, new Uint8Array(await new Blob([...chunks]).arrayBuffer()));
  }
  if (invocation.flag("json")) {
    const summary = {
      pipeline: result.pipeline,
      device: result.device,
      output: result.output,
      rows: result.rows,
      seconds,
      shape: result.values.shape,
      ...(result.names === undefined ? {} : { names: result.names }),
      ...(files === undefined ? {} : { files }),
      ...(file === undefined ? { predictions: predictionRows(result) } : { file }),
    };
    io.stdout.write(`${JSON.stringify(summary)}\n`);
  } else if (file === undefined) {
    for (const chunk of chunks) io.stdout.write(chunk);
  }
}
