/**
 * The libraries that a report is drawn with. They are looked up when a report is written and not
 * before: the specifiers come from `deno.json` as values, so that no run resolves, fetches or loads
 * them at its start.
 *
 * @module
 */
import type * as Plot from "@observablehq/plot";
import type * as Dagre from "@dagrejs/dagre";
import type * as Linkedom from "linkedom";
import config from "../../deno.json" with { type: "json" };
import { pipelineError } from "../errors.ts";

/** What reports are drawn with. */
export interface Libraries {
  readonly plot: typeof Plot;
  readonly dagre: typeof Dagre;
  /** The document that charts are made in. */
  readonly document: Exclude<Plot.PlotOptions["document"], undefined>;
}

type LibraryName = "@observablehq/plot" | "@dagrejs/dagre" | "linkedom";

/**
 * Loads the libraries: 0.15 s from Deno's cache, about 1 s where they are fetched first.
 *
 * @throws {PipelineError} When they are neither in Deno's cache nor can be fetched.
 */
export async function loadLibraries(
  imports: Readonly<Record<LibraryName, string>> = config.imports,
): Promise<Libraries> {
  const plot: typeof Plot = await load(imports["@observablehq/plot"]);
  const dagre: typeof Dagre = await load(imports["@dagrejs/dagre"]);
  const { DOMParser }: typeof Linkedom = await load(imports["linkedom"]);
  const document = new DOMParser().parseFromString("<html></html>", "text/html");
  return { plot, dagre, document };
}

async function load<Module>(specifier: string): Promise<Module> {
  try {
    return await import(specifier);
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw pipelineError({
      code: "report",
      path: "",
      message: `Cannot load "${specifier}", which reports are drawn with: ${reason}`,
    }, { cause });
  }
}
