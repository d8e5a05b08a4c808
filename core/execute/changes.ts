/**
 * What has changed since a run began: its record (`run.json`) against what would be resumed, field
 * by field.
 *
 * @module
 */
import type { Issue } from "../errors.ts";
import type { PipelineDescription } from "../check/mod.ts";

/** What a run is recorded by, as far as it may not change. */
export interface RunIdentity {
  readonly pipeline: PipelineDescription;
  /** Hash of each loader's data, by the loader's name. */
  readonly data: Readonly<Record<string, string>>;
  /** Rows of the training split. */
  readonly rows: number;
  readonly limit: number | null;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Lists what differs; empty when the record tells of no difference, or is none.
 *
 * @param record What `run.json` holds, which anyone may have edited.
 * @param options.run The run directory, for the messages.
 */
export function changesSince(
  record: unknown,
  now: RunIdentity,
  { run }: { readonly run: string },
): readonly Issue[] {
  if (!isFields(record)) return [];
  const issue = { code: "resume", message: `Cannot resume "${run}": this has changed` };
  const settings = differences(
    { ...pipelineFields(record.pipeline), limit: record.limit },
    { ...pipelineFields(now.pipeline), limit: now.limit },
    "",
  ).map((difference): Issue => ({
    ...issue,
    ...difference,
    hint: "resume with the pipeline and settings that the run began with, or train anew",
  }));
  const changedData = Object.keys(now.data).filter((loader) =>
    isFields(record.data) && record.data[loader] !== now.data[loader]
  );
  // new rows follow from new settings of the loader
  if (settings.length > 0) return settings;
  const hint = "resume with the data that the run began with, or train anew";
  if (changedData.length > 0) {
    return changedData.map((loader) => ({
      code: "resume",
      path: "",
      message: `Cannot resume "${run}": the data of "${loader}" has changed`,
      hint,
    }));
  }
  if (typeof record.rows !== "number" || record.rows === now.rows) return [];
  return [{
    code: "resume",
    path: "",
    message: `Cannot resume "${run}": the data has changed`,
    received: `${now.rows} rows`,
    expected: `${record.rows}`,
    hint,
  }];
}

/** A description by path: fields of the run beside the stages; epochs may be raised. */
function pipelineFields(description: unknown): Fields {
  if (!isFields(description)) return {};
  const { epochs: _, ...run } = isFields(description.run) ? description.run : {};
  return { name: description.name, ...run, ...stagesByName(description.stages) };
}

function stagesByName(stages: unknown): Fields {
  return Object.fromEntries(
    (Array.isArray(stages) ? stages : []).filter(isFields).map((stage) => [
      String(stage.name),
      {
        kind: stage.kind,
        ...(isFields(stage.inputs) ? stage.inputs : {}),
        ...(isFields(stage.config) ? stage.config : { config: stage.config }),
        ...stagesByName(stage.children),
      },
    ]),
  );
}

/** The innermost fields that differ. */
function differences(
  before: unknown,
  now: unknown,
  path: string,
): { readonly path: string; readonly received: string; readonly expected: string }[] {
  // a long array is described by its hash: it differs as a whole
  const isWhole = !isFields(before) || !isFields(now) || "sha256" in now || "sha256" in before;
  if (isWhole || before.kind !== now.kind) {
    return JSON.stringify(now) === JSON.stringify(before)
      ? []
      : [{ path, received: textOf(now), expected: textOf(before) }];
  }
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].flatMap((key) =>
    differences(before[key], now[key], path === "" ? key : `${path}.${key}`)
  );
}

/** A value as text; a stage by its kind. */
function textOf(value: unknown): string {
  if (isFields(value) && typeof value.kind === "string") return value.kind;
  if (isFields(value) && "sha256" in value) {
    return `${value.items} values, sha256 ${String(value.sha256).slice(0, 8)}…`;
  }
  const text = JSON.stringify(value ?? undefined) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
