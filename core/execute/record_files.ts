/**
 * Files to predict from, a row each, as the loader of the pipeline reads them.
 *
 * @module
 */
import { allocateElements, sizeOf } from "../tensor/mod.ts";
import {
  batchSpec,
  type CheckedPipeline,
  type DataInput,
  type ResolvedPipeline,
  type ResolvedStage,
} from "../check/mod.ts";
import type { RecordPlace } from "../declare/mod.ts";
import { runStageCode } from "./stage_code.ts";
import type { Records } from "./types.ts";

/** Reads files as records. */
export interface FileReader {
  /** Ends of names of the files, in lower case, with the dot. */
  readonly extensions: readonly string[];
  /** Reads files, a row each. */
  read(files: readonly string[]): Promise<Records>;
  /** What becomes of a text that stands in a table; it stays as it is when absent. */
  readonly textOf?: (text: string, place: RecordPlace) => string;
}

/**
 * Makes a reader of files for data inputs; `undefined` where no loader reads files for all of them.
 *
 * @param inputs What a stage's output is computed from: `recordInputs`.
 */
export function fileReader(
  checked: CheckedPipeline,
  inputs: readonly DataInput[],
): FileReader | undefined {
  const [path, ...others] = new Set(inputs.map(({ stage }) => stage));
  if (path === undefined || others.length > 0) return undefined;
  const loader = loaderBehind(checked.resolved, path);
  const records = loader?.definition.kind === "loader" ? loader.definition.records : undefined;
  if (records === undefined || inputs.some(({ data }) => data.kind === "labels")) return undefined;
  const { textOf } = records;
  return {
    extensions: records.extensions,
    ...(textOf === undefined ? {} : {
      textOf: (text, place) => textOf.call(records, loader!.config, text, place),
    }),
    async read(files) {
      const tensors = inputs.map(({ name, port, data }) => {
        const { dtype, shape } = batchSpec(data, files.length);
        return {
          name,
          port,
          tensor: { dtype, shape, data: allocateElements(dtype, sizeOf(shape)) },
        };
      });
      const columns = Object.fromEntries(tensors.map(({ port, tensor }) => [port, tensor.data]));
      await runStageCode({ path: loader!.path, doing: "read files" }, async () => {
        const source = await records.open(loader!.config, files);
        try {
          await source.read(Uint32Array.from(files, (_, row) => row), columns);
        } finally {
          source.close?.();
        }
      });
      return Object.fromEntries(tensors.map(({ name, tensor }) => [name, tensor]));
    },
  };
}

/** The loader whose rows a stage gives, in whatever order; `undefined` where they are of several. */
function loaderBehind(pipeline: ResolvedPipeline, path: string): ResolvedStage | undefined {
  const stage = pipeline.stages.find((stage) => stage.path === path);
  if (stage?.definition.kind !== "rows") return stage;
  const [wire, ...others] = Object.values(stage.inputs);
  return wire === undefined || others.length > 0 ? undefined : loaderBehind(pipeline, wire.stage);
}
