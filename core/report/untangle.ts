/**
 * Fewer crossings in a layered drawing: dagre orders each layer by the means of neighbours, which
 * leaves crossings that exchanging two neighbours of a layer takes away.
 *
 * Source: Gansner, Koutsofios, North, Vo, "A technique for drawing directed graphs", IEEE
 * Transactions on Software Engineering 19, 1993, section 3 ("transpose")
 *
 * @module
 */
import type { LayoutOptions } from "@dagrejs/dagre";

/** dagre's graph of layers. */
type Layered = Parameters<NonNullable<LayoutOptions["customOrder"]>>[0];

/** Exchanges neighbours within layers for as long as that takes crossings away. */
export function untangle(graph: Layered): void {
  const layers = layersOf(graph);
  for (let swapped = true; swapped;) {
    swapped = false;
    for (const layer of layers) {
      for (let i = 0; i + 1 < layer.length; i++) {
        const [left, right] = [layer[i]!, layer[i + 1]!];
        if (crossings(graph, right, left) >= crossings(graph, left, right)) continue;
        [layer[i], layer[i + 1]] = [right, left];
        graph.node(right).order = i;
        graph.node(left).order = i + 1;
        swapped = true;
      }
    }
  }
}

function layersOf(graph: Layered): string[][] {
  const layers = new Map<number, string[]>();
  for (const name of graph.nodes()) {
    const { rank = 0 } = graph.node(name);
    const layer = layers.get(rank) ?? [];
    layers.set(rank, layer);
    layer.push(name);
  }
  return [...layers.values()].map((layer) =>
    layer.sort((a, b) => placeOf(graph, a) - placeOf(graph, b))
  );
}

/** Crossings between the edges of two nodes of a layer, were the first left of the second. */
function crossings(graph: Layered, left: string, right: string): number {
  const pairs = (near: (name: string) => string[]) => {
    const places = near(right).map((name) => placeOf(graph, name));
    return near(left).reduce((sum, name) => {
      const place = placeOf(graph, name);
      return sum + places.filter((other) => other < place).length;
    }, 0);
  };
  return pairs((name) => graph.predecessors(name) ?? []) +
    pairs((name) => graph.successors(name) ?? []);
}

function placeOf(graph: Layered, name: string): number {
  return graph.node(name).order ?? 0;
}
