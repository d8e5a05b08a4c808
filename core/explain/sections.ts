/**
 * The parts of an explanation, in the order in which a learner reads: data, forward, loss, backward,
 * update, and what is computed beside training.
 *
 * @module
 */
import { listShort } from "../format.ts";
import { type Node, sourceNode, type Value } from "../graph/mod.ts";
import type { Family, ScoreTable } from "../declare/mod.ts";
import { batchSpec, type ResolvedStage } from "../check/mod.ts";
import { render } from "./expression.ts";
import { gradientName } from "./names.ts";
import { isOptimizer, type Reading } from "./reading.ts";
import { Rules } from "./rules.ts";
import type { Equation, ExplanationBlock, SampledNumbers, UpdateTable } from "./types.ts";
import { updateRules } from "./updates.ts";
import { whereTexts } from "./where.ts";

/** The most elements of a tensor that are shown, and how many are shown of a larger one. */
const mostElements = 64;
const fewElements = 4;

/** What flows in, by loader. */
export function dataBlocks(reading: Reading): ExplanationBlock[] {
  const { checked, traced, graph } = reading;
  return checked.resolved.stages.flatMap((stage) => {
    const ports = checked.ports.get(stage.path);
    if (ports === undefined) return [];
    const equations = Object.entries(ports).map(([port, data]) => {
      const input = graph.inputs.find(({ name }) => name === `${stage.path}.${port}`);
      const names = data.kind === "labels" ? data.names : data.columns;
      const kind = data.kind === "labels" ? [`${data.classes} classes`] : [];
      return {
        left: (input && reading.notation.names.get(input.value)) ?? `${stage.path}.${port}`,
        right: null,
        spec: batchSpec(data, traced.batchSize),
        words: [
          ...kind,
          ...(names === undefined ? [] : [listShort(names)]),
          ...(input === undefined ? ["not read in training"] : []),
        ],
        numbers: input === undefined ? null : numbersOf(reading, input.value),
      };
    });
    return [blockOf(reading, { stage, equations })];
  });
}

/** The variables that the step begins with. */
export function parameterBlocks(reading: Reading): ExplanationBlock[] {
  const titles = {
    parameter: "parameters",
    fitted: "found in the training split",
    constant: "constants",
    state: "state",
  };
  return (["parameter", "fitted", "constant", "state"] as const).flatMap((role) => {
    const equations = reading.graph.variables
      .filter((variable) => variable.role === role && variable.of === undefined)
      .map(({ path, spec, value }) => {
        const name = reading.notation.names.get(value) ?? path;
        return {
          left: name,
          right: null,
          spec,
          words: name === path ? [] : [path],
          numbers: numbersOf(reading, value),
        };
      });
    return equations.length === 0
      ? []
      : [{ stage: "", kind: titles[role], formula: null, where: [], equations, tables: [] }];
  });
}

/** The formulas of the stages of some families, with the equations that they became. */
export function forwardBlocks(reading: Reading, families: readonly Family[]): ExplanationBlock[] {
  const definitions = new Set<string>();
  return reading.checked.resolved.stages
    .filter(({ definition }) => families.includes(definition.family))
    .flatMap((stage) =>
      stageBlocks(reading, { stage, inputs: wiredInputs(reading, stage), definitions })
    );
}

function stageBlocks(
  reading: Reading,
  { stage, inputs, definitions }: {
    readonly stage: ResolvedStage;
    readonly inputs: Readonly<Record<string, Value>>;
    readonly definitions: Set<string>;
  },
): ExplanationBlock[] {
  const { graph, flows } = reading;
  const isBuilt = flows.some(({ path }) => path === stage.path) ||
    graph.nodes.some(({ path }) => path === stage.path);
  if (stage.definition.kind !== "traced" || !isBuilt) return [];
  const blocks = [
    blockOf(reading, { stage, inputs, equations: equationsAt(reading, stage.path, definitions) }),
  ];
  for (const child of Object.values(stage.children)) {
    const { inputs = {} } = flows.find(({ path }) => path === child.path) ?? {};
    blocks.push(...stageBlocks(reading, { stage: child, inputs, definitions }));
  }
  return blocks;
}

/** What flows into the ports of a stage. */
function wiredInputs(
  { graph, flows }: Reading,
  stage: ResolvedStage,
): Readonly<Record<string, Value>> {
  const inputs: Record<string, Value> = {};
  for (const [port, wire] of Object.entries(stage.inputs)) {
    const flow = flows.find(({ path, port, parameter }) =>
      path === wire.stage && port === wire.port && parameter === undefined
    );
    const input = graph.inputs.find(({ name }) => name === `${wire.stage}.${wire.port}`);
    const value = flow?.value ?? input?.value;
    if (value !== undefined) inputs[port] = value;
  }
  return inputs;
}

/** The values with a name that were made in a stage, and the state that it changes. */
function equationsAt(reading: Reading, path: string, definitions: Set<string>): Equation[] {
  const { graph, notation } = reading;
  const named = graph.nodes.filter((node) =>
    !node.backward && node.path === path && notation.names.has(node.output)
  ).map(({ output }) => equationOf(reading, output, { definitions }));
  const sums = graph.outputs.filter(({ name, value }) =>
    name.startsWith(`${path}.`) && !notation.names.has(value)
  ).map(({ name, value }) =>
    equationOf(reading, value, { definitions, left: name.slice(path.length + 1) })
  );
  const states = graph.updates.filter(({ variable }) =>
    variable.of === undefined && variable.role !== "parameter" && isOwn(variable.path, path)
  ).map(({ variable, value }) =>
    equationOf(reading, value, {
      definitions,
      left: `${notation.names.get(variable.value) ?? variable.path}′`,
    })
  );
  return [...named, ...sums, ...metricEquations(reading, path), ...states];
}

/** What a metric's sums and columns come to, where there are numbers. */
function metricEquations({ traced, graph, elements }: Reading, path: string): Equation[] {
  return traced.metrics.filter(({ name }) => name === path).flatMap((metric) => {
    const { name, sums, columns } = metric;
    const outputs = Object.entries(sums).concat(
      Object.entries(columns).map(([column, { output }]) => [column, output]),
    );
    const found = outputs.flatMap(([part, output]) => {
      const value = graph.outputs.find((known) => known.name === output)?.value;
      const numbers = value === undefined ? undefined : elements.get(value);
      return numbers === undefined ? [] : [[part, numbers] as const];
    });
    if (found.length < outputs.length) return [];
    const score = metric.result(Object.fromEntries(found));
    const table = typeof score === "number" ? null : score;
    return [{
      left: name,
      right: null,
      spec: table && { dtype: "f32", shape: [table.rows.length, table.columns.length] },
      words: [table === null ? "from these sums" : `from these sums: ${tableWords(table)}`],
      numbers: sampled(table?.values.flat() ?? [score as number]),
    }];
  });
}

function isOwn(path: string, stage: string): boolean {
  return path.startsWith(`${stage}.`) && !path.slice(stage.length + 1).includes(".");
}

function equationOf(
  reading: Reading,
  value: Value,
  { definitions, left, words = [] }: {
    /** Functions that are explained already. */
    readonly definitions: Set<string>;
    readonly left?: string;
    readonly words?: readonly string[];
  },
): Equation {
  const { notation } = reading;
  const found = definitionsIn(reading, value).filter((text) => !definitions.has(text));
  found.forEach((text) => definitions.add(text));
  const made = reading.flows.find((flow) => flow.value === value && flow.namesColumns === true);
  const columns = made === undefined ? [] : [`columns ${listShort(made.columns!)}`];
  return {
    left: left ?? notation.names.get(value) ?? "",
    right: notation.text(value),
    spec: value.spec,
    words: [...columns, ...words, ...found],
    numbers: numbersOf(reading, value),
  };
}

/** What the ops of an equation stand for, where they say so. */
function definitionsIn({ notation }: Reading, value: Value): string[] {
  const found = new Set<string>();
  const seen = new Set<Node>();
  const visit = (node: Node | undefined) => {
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    if (node.op.definition !== undefined) found.add(node.op.definition);
    for (const input of node.inputs) {
      if (!notation.names.has(input)) visit(sourceNode(input));
    }
  };
  visit(sourceNode(value));
  return [...found];
}

/** Each gradient by the chain rule, in the order of the reverse walk, by the stage walked through. */
export function backwardBlocks(reading: Reading): ExplanationBlock[] {
  const { graph, cotangents, notation, checked } = reading;
  const rules = new Rules(graph, { notation, cotangents });
  const blocks: { path: string; equations: Equation[] }[] = [];
  for (const cotangent of cotangents) {
    const { loss, of, value } = cotangent;
    const [above, below] = [notation.names.get(loss), notation.names.get(of)];
    if (above === undefined || below === undefined) continue;
    const left = gradientName(above, below);
    const own = notation.names.get(value);
    const path = sourceNode(of === loss ? loss : value)?.path ?? "";
    if (blocks.at(-1)?.path !== path) blocks.push({ path, equations: [] });
    blocks.at(-1)!.equations.push({
      left,
      right: own === undefined || own === left ? notation.text(value) : own,
      spec: of.spec,
      words: [rules.words(cotangent)].filter((text) => text !== ""),
      numbers: numbersOf(reading, value),
    });
  }
  const stages = allStages(checked.resolved.stages);
  return blocks.map(({ path, equations }) => ({
    stage: path,
    kind: stages.find((stage) => stage.path === path)?.definition.name ?? "",
    formula: null,
    where: [],
    equations,
    tables: [],
  }));
}

/** Stages between the reverse walk and the optimizers: what changes the gradients. */
export function gradientBlocks(reading: Reading): ExplanationBlock[] {
  return reading.checked.resolved.stages.filter(({ definition }) =>
    definition.kind === "traced" && definition.output === "gradients" &&
    Object.values(definition.inputs).some(({ kind }) => kind === "gradients")
  ).map((stage) =>
    blockOf(reading, { stage, equations: equationsAt(reading, stage.path, new Set()) })
  );
}

/** The rule of each optimizer, and what it does to each of its parameters. */
export function updateBlocks(reading: Reading): ExplanationBlock[] {
  const { checked, graph, flows, notation } = reading;
  return checked.resolved.stages.filter(isOptimizer)
    .map((stage) => {
      const wires = Object.values(stage.inputs).map((wire) => wire.stage);
      const gradients = flows.filter(({ path, parameter }) =>
        wires.includes(path) && parameter !== undefined
      );
      const rules = updateRules(graph, { gradients, optimizer: stage.path, notation });
      const nameOf = (value: Value) => render(notation.use(value));
      const equations = rules.flatMap(({ lines, applies }) => {
        const names = applies.map(({ parameter }) => nameOf(parameter.value));
        const sources = applies.map(({ gradient }, i) => {
          const name = nameOf(gradient);
          return name.endsWith(names[i]!) || name.endsWith(`${names[i]!})`)
            ? name.replace(names[i]!, "p")
            : name;
        });
        const kept = lines.slice(0, -1).map(({ left }) => left.slice(0, -1));
        const words = [
          `for p = ${names.join(", ")}, with g = ${[...new Set(sources)].join(", ")}`,
          ...(kept.length === 0
            ? []
            : [`${kept.join(" and ")}: kept with each p from step to step`]),
        ];
        return lines.map(({ left, right }, i): Equation => ({
          left,
          right,
          spec: null,
          words: i < lines.length - 1 ? [] : words,
          numbers: null,
        }));
      });
      const tables = rules.flatMap(({ applies }) =>
        applies.flatMap(({ parameter, values }): UpdateTable[] => {
          const columns = values.flatMap(({ name, value }) => {
            const numbers = numbersOf(reading, value);
            return numbers === null ? [] : [{ name, numbers }];
          });
          const { shape } = parameter.spec;
          return columns.length === 0 ? [] : [{ name: nameOf(parameter.value), shape, columns }];
        })
      );
      return { ...blockOf(reading, { stage, equations }), tables };
    });
}

function blockOf(
  reading: Reading,
  { stage, equations, inputs = {} }: {
    readonly stage: ResolvedStage;
    readonly equations: readonly Equation[];
    readonly inputs?: Readonly<Record<string, Value>>;
  },
): ExplanationBlock {
  return {
    stage: stage.path,
    kind: stage.definition.name,
    formula: stage.definition.formula ?? null,
    where: whereTexts(reading, { stage, inputs }),
    equations,
    tables: [],
  };
}

/** Stages and those inside them. */
export function allStages(stages: readonly ResolvedStage[]): readonly ResolvedStage[] {
  return stages.flatMap((stage) => [stage, ...allStages(Object.values(stage.children))]);
}

function numbersOf({ elements }: Reading, value: Value): SampledNumbers | null {
  const found = elements.get(value);
  return found === undefined ? null : sampled(Array.from(found));
}

function sampled(numbers: readonly number[]): SampledNumbers {
  return {
    count: numbers.length,
    elements: numbers.length > mostElements ? numbers.slice(0, fewElements) : numbers,
    least: numbers.reduce((least, number) => Math.min(least, number), Infinity),
    greatest: numbers.reduce((greatest, number) => Math.max(greatest, number), -Infinity),
  };
}

/** What the rows and columns of a score are. */
function tableWords({ rowTitle, rows, columnTitle, columns }: ScoreTable): string {
  const across = columnTitle === undefined
    ? listShort(columns)
    : `a column for each ${columnTitle}`;
  return `a row for each ${rowTitle} (${listShort(rows)}), ${across}`;
}
