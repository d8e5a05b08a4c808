/**
 * Graph -> Graph: every op that the device has no kernel for is decomposed by its own rule, or the
 * plan stops and names op, device and the file to add.
 *
 * @module
 */
import { type Issue, PipelineError } from "../errors.ts";
import { formatSpec } from "../tensor/mod.ts";
import { type Graph, type Node, rewrite } from "../graph/mod.ts";
import type { Target } from "./target.ts";

/**
 * Makes a graph run on a target.
 *
 * @throws {PipelineError} When an op has neither kernel nor decomposition.
 */
export function place(graph: Graph, target: Target): Graph {
  let placed = graph;
  for (;;) {
    const homeless = placed.nodes.filter((node) => !runsOn(node, target));
    if (homeless.length === 0) return placed;
    const issues = homeless.filter((node) => !decomposes(node)).map((node) =>
      issueOf(node, target)
    );
    if (issues.length > 0) throw new PipelineError(issues);
    placed = rewrite(
      placed,
      (node, inputs) =>
        !runsOn(node, target) && node.op.kind === "opaque"
          ? node.op.decompose?.(inputs, node.params)
          : undefined,
    );
  }
}

function runsOn(node: Node, target: Target): boolean {
  const { op, inputs, params } = node;
  switch (op.kind) {
    case "elementwise":
    case "reduction":
    case "movement":
      return true;
    case "contraction":
    case "opaque":
      return target.hasKernel(op, inputs.map((input) => input.spec), params);
    case "symbolic":
      return false;
  }
}

function decomposes(node: Node): boolean {
  return node.op.kind === "opaque" && node.op.decompose !== undefined;
}

function issueOf({ op, inputs, path }: Node, target: Target): Issue {
  const specs = inputs.map((input) => formatSpec(input.spec)).join(", ");
  const file = op.name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return {
    code: "kernel",
    path,
    message: `Cannot run op "${op.name}" of ${specs} on device "${target.device}"`,
    hint: op.kind === "symbolic"
      ? "differentiate the graph before planning it"
      : `add core/devices/${target.device}/kernels/${file}.ts, or a decompose to the op`,
  };
}
