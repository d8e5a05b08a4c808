/**
 * A pipeline drawn as a graph: a box for each stage in the color of its family, an arrow for each
 * wire with what flows there. Places are found by dagre.
 *
 * @module
 */
import type { PortTexts } from "../declare/mod.ts";
import type { PipelineDescription, StageDescription } from "../check/mod.ts";
import { type Markup, markup } from "./markup.ts";
import type { Libraries } from "./libraries.ts";
import { untangle } from "./untangle.ts";

/** Widths of letters, a little wider than in the fonts of common systems. */
const nameLetter = 8;
const smallLetter = 6.6;
const nameHeight = 18;
const lineHeight = 15;
const labelHeight = 18;
const padding = { x: 14, y: 8 };
/** Letters of a line in a box. */
const longestLine = 38;

/** A stage as it is drawn. */
interface Box {
  readonly stage: StageDescription;
  /** Lines below the name. */
  readonly lines: readonly string[];
  readonly width: number;
  readonly height: number;
}

/** Draws the stages and wires of a pipeline. */
export function flowFigure(
  { stages }: PipelineDescription,
  { ports, libraries: { dagre } }: { readonly ports: PortTexts; readonly libraries: Libraries },
): Markup {
  const boxes = stages.map(boxOf);
  const graph = new dagre.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 26, edgesep: 18, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { stage, width, height } of boxes) graph.setNode(stage.name, { width, height });
  const texts = new Map<string, string>();
  for (const stage of stages) {
    for (const [port, wire] of Object.entries(stage.inputs)) {
      const dot = wire.lastIndexOf(".");
      const text = edgeText(wire.slice(dot + 1), ports[wire]);
      const size = text === ""
        ? { width: 0, height: 0 }
        : { width: textWidth(text), height: labelHeight };
      graph.setEdge(wire.slice(0, dot), stage.name, { ...size, labelpos: "c" }, port);
      texts.set(`${stage.name}.${port}`, text);
    }
  }
  dagre.layout(graph, {
    customOrder(layered, order) {
      order(layered);
      untangle(layered);
    },
  });
  const labels = graph.edges().map((edge) => {
    const { x = 0, y = 0 } = graph.edge(edge);
    return labelAt(texts.get(`${edge.w}.${edge.name}`) ?? "", x, y);
  });
  const wires = graph.edges().map((edge) => {
    const path = pathOf(graph.edge(edge).points ?? []);
    return markup`<path class="wire" d="${path}" marker-end="url(#arrow)"/>\n`;
  });
  const drawn = boxes.map((box) => {
    const { x = 0, y = 0 } = graph.node(box.stage.name);
    return drawBox(box, x, y);
  });
  const { width = 0, height = 0 } = graph.graph();
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  return markup`<svg class="flow" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}"
role="img" aria-label="The stages of the pipeline and what flows between them">
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
orient="auto"><path d="M0 0.5 8 4 0 7.5z"/></marker></defs>
${wires}${labels}${drawn}</svg>`;
}

function boxOf(stage: StageDescription): Box {
  const { name, kind, children = [] } = stage;
  const lines = [
    ...(kind === name ? [] : [shortened(kind)]),
    ...wrapped(children.map((child) => child.name)),
  ];
  const letters = Math.max(
    shortened(name).length * nameLetter,
    ...lines.map((line) => line.length * smallLetter),
  );
  return {
    stage,
    lines,
    width: letters + 2 * padding.x,
    height: nameHeight + lines.length * lineHeight + 2 * padding.y,
  };
}

/** Names with arrows between them, in lines that are not too long. */
function wrapped(names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const [i, name] of names.entries()) {
    const text = shortened(name) + (i < names.length - 1 ? " →" : "");
    const last = lines.at(-1);
    if (last === undefined || last.length + text.length >= longestLine) lines.push(text);
    else lines[lines.length - 1] = `${last} ${text}`;
  }
  return lines;
}

function shortened(text: string): string {
  return text.length <= longestLine ? text : `${text.slice(0, longestLine - 1)}…`;
}

function textWidth(text: string): number {
  return text.length * smallLetter + 10;
}

/** `image: u8[batch, 28, 28]`; of the one output of a stage, what flows there is enough. */
function edgeText(port: string, flow: string | undefined): string {
  return [...(port === "output" ? [] : [port]), ...(flow === undefined ? [] : [flow])].join(": ");
}

function drawBox({ stage, lines, width, height }: Box, x: number, y: number): Markup {
  const top = y - height / 2 + padding.y;
  const { name, kind, family } = stage;
  const below = lines.map((line, i) => {
    const middle = top + nameHeight + (i + 0.5) * lineHeight;
    return markup`<text x="${rounded(x)}" y="${rounded(middle)}">${line}</text>`;
  });
  return markup`<g class="box ${family}"><title>${name}: ${kind} (${family})</title>
${rectAround(x, y, { width, height, radius: 6 })}
<text class="name" x="${rounded(x)}" y="${rounded(top + nameHeight / 2)}">${
    shortened(name)
  }</text>${below}</g>\n`;
}

function labelAt(text: string, x: number, y: number): Markup | undefined {
  if (text === "") return undefined;
  const rect = rectAround(x, y, { width: textWidth(text), height: labelHeight, radius: 9 });
  return markup`<g class="flow-label">${rect}<text x="${rounded(x)}" y="${
    rounded(y)
  }">${text}</text></g>\n`;
}

function rectAround(
  x: number,
  y: number,
  { width, height, radius }: {
    readonly width: number;
    readonly height: number;
    readonly radius: number;
  },
): Markup {
  return markup`<rect x="${rounded(x - width / 2)}" y="${rounded(y - height / 2)}" width="${
    rounded(width)
  }" height="${rounded(height)}" rx="${radius}"/>`;
}

/** A smooth line: straight at its ends, bent at the points between. */
function pathOf(points: readonly { readonly x: number; readonly y: number }[]): string {
  const at = ({ x, y }: { readonly x: number; readonly y: number }) =>
    `${rounded(x)} ${rounded(y)}`;
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const bends = rest.slice(0, -1).map((point, i) => {
    const next = rest[i + 1]!;
    const middle = i === rest.length - 2
      ? next
      : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${at(point)} ${at(middle)}`;
  });
  return `M${at(first)}${
    bends.length === 0 && rest.length > 0 ? `L${at(rest[0]!)}` : bends.join("")
  }`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
