/**
 * HTML as values: what is put into a template is escaped, unless it is markup already.
 *
 * @module
 */

/** Text that is HTML. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What can be put into a template. */
export type Part = Markup | string | number | null | undefined | readonly Part[];

/** Makes markup of a template; strings in it are escaped, `null` and `undefined` leave nothing. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0]!;
  for (const [i, part] of parts.entries()) text += render(part) + strings[i + 1]!;
  return new Markup(text);
}

function render(part: Part): string {
  if (part === null || part === undefined) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(render).join("");
  return escape(String(part));
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

/** A table to be. */
export interface TableOptions {
  /** Class of the table: `"numbers"` for one whose cells are at the right edge. */
  readonly look: string;
  readonly caption?: string;
  readonly head: readonly Part[];
  readonly rows: readonly (readonly Part[])[];
  /** Cells from the left that name their row; 1 when absent. */
  readonly named?: number;
}

/** A table that scrolls sideways where it is too wide. */
export function table({ look, caption, head, rows, named = 1 }: TableOptions): Markup {
  const cells = (row: readonly Part[]) =>
    row.map((part, i) => i < named ? markup`<th>${part}</th>` : markup`<td>${part}</td>`);
  const titles = head.map((part, i) =>
    i < named ? markup`<th class="named">${part}</th>` : markup`<th>${part}</th>`
  );
  return markup`<div class="scroll"><table class="${look}">
${caption === undefined ? null : markup`<caption>${caption}</caption>`}
<thead><tr>${titles}</tr></thead>
<tbody>
${rows.map((row) => markup`<tr>${cells(row)}</tr>\n`)}</tbody>
</table></div>`;
}

/** What colors mean. */
export function legend(entries: readonly (readonly [color: string, text: string])[]): Markup {
  return markup`<p class="legend">${
    entries.map(([color, text]) => markup`<span><i class="${color}"></i>${text}</span>`)
  }</p>`;
}
