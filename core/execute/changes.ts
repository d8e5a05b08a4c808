/**
 * What has changed since a run began: its record (`run.json`) against what would be resumed.
 *
 * @module
 */
import type { Issue } from "../errors.ts";
import { formatAmount, formatCount } from "../format.ts";
import {
  isPipelineDescription,
  type PipelineDescription,
  pipelineDifferences,
} from "../check/mod.ts";
import type { Precision } from "../plan/mod.ts";

/** What a run is recorded by, as far as it may not change. */
export interface RunIdentity {
  readonly pipeline: PipelineDescription;
  /** Hash of each loader's data, by the loader's name. */
  readonly data: Readonly<Record<string, string>>;
  /** Rows of the training split. */
  readonly rows: number;
  readonly limit: number | null;
  readonly precision: Precision;
}

/**
 * Lists what differs; empty when the record tells of no difference, or is none.
 *
 * @param record What `run.json` holds, which anyone may have edited.
 * @param options.run The run directory, for the messages.
 */
export function changesSince(
  record: Readonly<Record<string, unknown>> | undefined,
  now: RunIdentity,
  { run }: { readonly run: string },
): readonly Issue[] {
  if (record === undefined) return [];
  const settings = settingsChanged(record, now).map((difference): Issue => ({
    code: "resume",
    message: `Cannot resume "${run}": this has changed`,
    ...difference,
    hint: "resume with the pipeline and settings that the run began with, or train anew",
  }));
  // new rows follow from new settings of the loader
  return settings.length > 0 ? settings : dataChanged(record, { now, run });
}

type Changed = Pick<Issue, "path" | "received" | "expected">;

function settingsChanged(record: Readonly<Record<string, unknown>>, now: RunIdentity): Changed[] {
  const { pipeline, limit = null, precision = "full" } = record;
  const changed: Changed[] = isPipelineDescription(pipeline)
    ? pipelineDifferences(withoutEpochs(pipeline), withoutEpochs(now.pipeline)).map((found) => ({
      path: found.path,
      received: found.now,
      expected: found.before,
    }))
    : [];
  if (limit !== now.limit) {
    const [received, expected] = [now.limit, limit].map((rows) => String(rows ?? "nothing"));
    changed.push({ path: "limit", received: received!, expected: expected! });
  }
  if (precision !== now.precision) {
    changed.push({ path: "precision", received: now.precision, expected: String(precision) });
  }
  return changed;
}

/** Epochs may be raised. */
function withoutEpochs(pipeline: PipelineDescription): PipelineDescription {
  const { epochs: _, ...run } = pipeline.run;
  return { ...pipeline, run };
}

function dataChanged(
  { data, rows }: Readonly<Record<string, unknown>>,
  { now, run }: { readonly now: RunIdentity; readonly run: string },
): Issue[] {
  const hint = "resume with the data that the run began with, or train anew";
  const before = typeof data === "object" && data !== null ? new Map(Object.entries(data)) : null;
  const changed = Object.keys(now.data).filter((loader) =>
    before !== null && before.get(loader) !== now.data[loader]
  );
  if (changed.length > 0) {
    return changed.map((loader) => ({
      code: "resume",
      path: "",
      message: `Cannot resume "${run}": the data of "${loader}" has changed`,
      hint,
    }));
  }
  if (typeof rows !== "number" || rows === now.rows) return [];
  return [{
    code: "resume",
    path: "",
    message: `Cannot resume "${run}": the data has changed`,
    received: formatAmount(now.rows, "row"),
    expected: formatCount(rows),
    hint,
  }];
}
