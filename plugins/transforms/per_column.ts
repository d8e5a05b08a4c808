/**
 * Columns of a table, each through transforms of its own, as one tensor of features.
 *
 * @module
 */
import { z } from "zod";
import {
  type AnyHandle,
  type AnyLabels,
  type AnyTensor,
  defineStage,
  formatSpec,
  type InputPort,
  lazySchema,
  nameChildren,
  ops,
  type Schema,
  type Stage,
  stageOf,
  type Tensor,
  type Traced,
  type TracedDefinition,
  type Value,
} from "../../core/mod.ts";

/** A transform, or a layer, as its options made it. */
export type ColumnTransform = (x: never) => AnyTensor;

/** What is done with each column: one transform, several one after the other, or nothing. */
export type PerColumnOptions = Readonly<
  Record<string, ColumnTransform | readonly ColumnTransform[] | "pass">
>;

/** What flows into the first of a column's transforms. */
export type ColumnInput<T> = T extends "pass" ? Tensor<readonly ["batch", number]> | AnyTensor
  : T extends readonly [infer First, ...unknown[]] ? ColumnInput<First>
  : T extends (labels: AnyLabels) => AnyTensor ? AnyLabels
  : AnyTensor;

/** Signature of {@linkcode perColumn}: it takes the handles of a table, of which it reads those named. */
export type PerColumn<O extends PerColumnOptions> = (
  table: { readonly [name in keyof O]: ColumnInput<O[name]> },
) => Tensor<readonly ["batch", number]>;

interface PerColumnConfig {
  readonly columns: PerColumnOptions;
}

const transform = z.custom<ColumnTransform>(
  (made) => {
    const definition = stageOf(made)?.definition;
    return definition?.kind === "traced" && definition.output === "tensor";
  },
  {
    error:
      'expected transforms, as standardize() makes one, or "pass"; what runs on the host, as ' +
      "labelEncode(), is called before",
  },
);

const config: Schema<PerColumnConfig, PerColumnConfig> = lazySchema(() =>
  z.strictObject({
    columns: z.record(
      z.string().min(1),
      z.union([z.literal("pass"), transform, z.array(transform).min(1).readonly()], {
        error: 'expected a transform, a list of them, or "pass"; what runs on the host, as ' +
          "labelEncode(), is called before",
      }),
    ).refine((columns) => Object.keys(columns).length > 0, {
      error: "expected at least one column",
    })
      .describe("What is done with each column, in the order of the result"),
  })
);

/** A column, and the stages that it goes through, by their names as children. */
interface ColumnPath {
  readonly name: string;
  readonly steps: Readonly<Record<string, Stage>>;
}

/** `age` is the child of a column with one transform, `age_impute` and `age_clip` of one with more. */
function pathsOf(columns: PerColumnOptions): ColumnPath[] {
  const all = Object.entries(columns).flatMap(([name, given]) => {
    const stages = stagesOf(given);
    const kinds = nameChildren(stages.map(({ definition }) => definition.name));
    return stages.map((stage, i) => ({
      name,
      stage,
      child: (stages.length === 1 ? name : `${name}_${kinds[i]}`).replaceAll(
        /[^\p{L}\p{N}_]/gu,
        "_",
      ),
    }));
  });
  const children = nameChildren(all.map(({ child }) => child));
  return Object.keys(columns).map((name) => ({
    name,
    steps: Object.fromEntries(
      all.flatMap((step, i) => step.name === name ? [[children[i]!, step.stage]] : []),
    ),
  }));
}

function stagesOf(given: PerColumnOptions[string]): Stage[] {
  if (given === "pass") return [];
  const made = (Array.isArray(given) ? given : [given]) as readonly unknown[];
  // what is no stage is told by the check
  return made.flatMap((one) => stageOf(one) ?? []);
}

/** What a column's port takes: as the first of its transforms, or numbers. */
function portOf(given: PerColumnOptions[string]): InputPort {
  const definition = stagesOf(given)[0]?.definition;
  const [port] = definition?.kind === "traced" ? Object.values(definition.inputs) : [];
  return port ?? { kind: "tensor", dtypes: ["f32"] };
}

/**
 * Columns of a table, each through transforms of its own, side by side as one tensor of features:
 * numbers standardized, classes one-hot, gaps filled in. Of the handles that it is called with it reads
 * those that are named, in the order of the names. What transforms are fitted to is saved with the model.
 *
 * The columns of the result have names: those of the table, with what a transform adds, as `sex_female`.
 * `summary`, `explain`, predictions and errors show them.
 *
 * Shapes: `[batch, …]` each, transformed `[batch, columns_i] -> [batch, Σ columns_i]`
 *
 * Gradient: that of each transform
 *
 * Differs: as scikit-learn's `ColumnTransformer` with `remainder="drop"` and
 * `verbose_feature_names_out=False`.
 *
 * Counterparts: Keras `utils.FeatureSpace`; PyTorch none; TensorFlow.js none
 *
 * @param columns By the name of a handle: a transform, several in their order, or `"pass"`.
 * @returns A transform that takes a table's handles.
 *
 * @example
 * ```ts
 * import { csv, impute, labelEncode, oneHot, perColumn, standardize } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const passengers = csv({
 *   path: "data/passengers.csv",
 *   missing: "nan",
 *   columns: { age: "number", fare: "number", sex: { classes: ["female", "male"] }, port: { text: 20 } },
 *   label: { column: "survived", classes: ["no", "yes"] },
 * });
 * const features = perColumn({
 *   age: [impute({ strategy: "median" }), standardize()],
 *   fare: "pass",
 *   sex: oneHot(),
 *   port: oneHot(),
 * })({
 *   age: passengers.age,
 *   fare: passengers.fare,
 *   sex: passengers.sex,
 *   port: labelEncode(3)(passengers.port).label,
 * }); // f32[batch, 7]; of a table alone, "(passengers)" is enough
 * assertEquals(features.stage.definition.name, "perColumn");
 * ```
 */
export function perColumn<const O extends PerColumnOptions>(columns: O): PerColumn<O> {
  const inputs: Inputs = Object.fromEntries(
    Object.entries(columns).map(([name, given]) => [name, portOf(given)]),
  );
  const stage = defineStage<(table: Readonly<Record<string, AnyHandle>>) => AnyTensor>()(
    {
      name: "perColumn",
      family: "transform",
      kind: "traced",
      config,
      formula: "y = (transform₁(x₁), …, transformₙ(xₙ))",
      inputs,
      output: "tensor",
      children: ({ columns }) => Object.assign({}, ...pathsOf(columns).map(({ steps }) => steps)),
      build: buildColumns,
    } satisfies TracedDefinition<PerColumnConfig, PerColumnConfig, typeof inputs, "tensor">,
  );
  const wire = stage({ columns });
  return (table) =>
    wire(
      Object.fromEntries(
        Object.keys(columns).map((name) => [name, table[name as keyof O] as AnyHandle]),
      ),
    ) as Tensor<readonly ["batch", number]>;
}

type Inputs = Readonly<Record<string, InputPort>>;

const buildColumns: TracedDefinition<PerColumnConfig, PerColumnConfig, Inputs, "tensor">["build"] =
  (
    inputs,
    { config: { columns }, child, columnsOf, nameColumns },
  ) => {
    const parts = pathsOf(columns).map(({ name, steps }) => {
      const value = Object.keys(steps).reduce<Traced["tensor"] | Traced["labels"]>(
        (value, step) => child(step, value),
        inputs[name] as Traced["tensor"] | Traced["labels"],
      ) as Value;
      const { spec } = value;
      if (spec.shape.length !== 2 || spec.dtype !== "f32") {
        throw new TypeError(
          `Cannot join the column "${name}": received ${formatSpec(spec)}, ` +
            "expected f32 of 2 axes, as flatten() and rescale() make",
        );
      }
      const width = spec.shape[1]!;
      const names = columnsOf(value) ??
        Array.from({ length: width }, (_, i) => width === 1 ? name : `${name}_${i}`);
      return { value, names };
    });
    nameColumns(parts.flatMap(({ names }) => names));
    return parts.length === 1
      ? parts[0]!.value
      : ops.concatenate(parts.map(({ value }) => value), { axis: 1 });
  };
