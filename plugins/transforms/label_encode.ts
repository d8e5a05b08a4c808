/**
 * Texts as classes.
 *
 * @module
 */
import { z } from "zod";
import {
  allocateElements,
  type AnyText,
  type ClassLabels,
  defineHostStage,
  lazySchema,
  nearestName,
  type Schema,
} from "../../core/mod.ts";
import { labelDType } from "../loaders/memory_rows.ts";
import { TermCounts } from "./terms.ts";
import { readTextList, textList, textsOf } from "./texts.ts";

/** Options of {@linkcode labelEncode}. */
export interface LabelEncodeOptions {
  /** What is done with a text that is no class: an error, or one more class, the last. Default `"fail"`. */
  readonly others?: "fail" | "class" | undefined;
}

/** What {@linkcode labelEncode} gives. */
export type LabelEncode<C extends number> = {
  /** The class of each text. */
  readonly label: ClassLabels<"batch", C>;
};

interface LabelEncodeConfig {
  readonly classes: number | readonly string[];
  readonly others: "fail" | "class";
}

const config: Schema<
  LabelEncodeOptions & { readonly classes: number | readonly string[] },
  LabelEncodeConfig
> = lazySchema(() =>
  z.strictObject({
    classes: z.union([z.int().min(1), z.array(z.string()).min(1).readonly()], {
      error: "expected the classes, or how many there are",
    }).describe(
      "The classes in the order of their numbers, or how many there are",
    ),
    others: z.enum(["fail", "class"]).default("fail").describe(
      "What is done with a text that is no class",
    ),
  })
);

const stage = defineHostStage<(text: AnyText) => LabelEncode<number>>()({
  name: "labelEncode",
  family: "transform",
  kind: "host",
  config,
  inputs: { text: { kind: "tensor", encoding: "utf-8", rank: 2 } },
  ports({ text }, { classes, others }) {
    const named = typeof classes === "number" ? undefined : classes;
    const count = (named?.length ?? classes as number) + (others === "class" ? 1 : 0);
    const column = text.columns?.length === 1 ? { column: text.columns[0]! } : {};
    const names = named && (others === "class" ? [...named, "other"] : named);
    return {
      label: {
        kind: "labels",
        dtype: labelDType(count),
        classes: count,
        ...(names === undefined ? {} : { names }),
        ...column,
      },
    };
  },
  async fit({ batches, config: { classes, others } }) {
    if (typeof classes !== "number") return { classes: textList(classes) };
    const counts = new TermCounts();
    for await (const { text } of batches) for (const one of textsOf(text)) counts.add([one]);
    const { terms } = counts.most(Infinity, 1);
    if (terms.length > classes && others === "fail" || terms.length < classes) {
      throw new RangeError(
        `Cannot make ${classes} classes: the training split has ${terms.length} different texts`,
      );
    }
    return { classes: textList(terms.slice(0, classes).sort()) };
  },
  prepare: ({ fitted }) =>
    new Map(readTextList(fitted.classes).map((name, number) => [name, number])),
  map({ text }, { config: { others }, prepared: numbers }) {
    const texts = textsOf(text);
    const dtype = labelDType(numbers.size + (others === "class" ? 1 : 0));
    const data = allocateElements(dtype, texts.length);
    texts.forEach((one, row) => {
      const number = numbers.get(one);
      if (number === undefined && others === "fail") throw unknownClass(one, numbers);
      data[row] = number ?? numbers.size;
    });
    return { label: { dtype, shape: [texts.length], data } };
  },
});

function unknownClass(text: string, numbers: ReadonlyMap<string, number>): RangeError {
  const nearest = nearestName(text, numbers.keys());
  return new RangeError(
    `Cannot find the class ${JSON.stringify(text.slice(0, 60))}: ` +
      (nearest === undefined
        ? `the classes are ${[...numbers.keys()].slice(0, 10).join(", ")}`
        : `did you mean "${nearest}"?`),
  );
}

/**
 * Texts as class numbers: of classes that are listed, in that order, or of so many classes as the
 * training split has different texts, in the order of their characters; with `others: "class"` the
 * most frequent ones. What was found is saved with
 * the model. For features, `oneHot()`, `ordinal()` or an embedding follow.
 *
 * Shapes: `text u8[batch, bytes] -> label [batch]` of `classes`, one more with `others: "class"`
 *
 * Differs: as scikit-learn's `LabelEncoder` and `OrdinalEncoder`.
 *
 * Counterparts: Keras `StringLookup`; PyTorch none; TensorFlow.js none
 *
 * @param classes The classes, whose names then stand in predictions and reports, or their number.
 * @returns A transform that is fitted.
 *
 * @example
 * ```ts
 * import { labelledTexts, labelEncode, oneHot } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * const answers = labelledTexts({ path: "answers.csv", classes: ["wrong", "right"] });
 * const yesOrNo = labelEncode(["no", "yes"], { others: "class" })(answers.text);
 * const columns = oneHot()(yesOrNo.label); // f32[batch, 3]
 * assertEquals(columns.stage.definition.name, "oneHot");
 * ```
 */
export function labelEncode<const C extends number | readonly string[]>(
  classes: C,
  options?: { readonly others?: "fail" | undefined },
): (text: AnyText) => LabelEncode<C extends readonly string[] ? C["length"] : C & number>;
/** The same with a class for every other text. */
export function labelEncode(
  classes: number | readonly string[],
  options: LabelEncodeOptions,
): (text: AnyText) => LabelEncode<number>;
export function labelEncode(
  classes: number | readonly string[],
  options: LabelEncodeOptions = {},
): (text: AnyText) => LabelEncode<number> {
  return stage({ ...options, classes });
}
