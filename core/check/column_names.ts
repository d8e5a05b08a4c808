/**
 * Names of the columns of tensors, from the tables that they are read from through the transforms.
 *
 * @module
 */
import { sameShape } from "../tensor/mod.ts";
import type { Value } from "../graph/mod.ts";
import type { DataPort, PortKind, Traced } from "../declare/mod.ts";
import { isValue, type StageFlow } from "./flows.ts";
import type { ResolvedStage } from "./resolve.ts";

/** Gathers the names while stages are traced. */
export class ColumnNames {
  readonly #names = new Map<Value, readonly string[]>();
  /** What stages that are being built name their results, by path. */
  readonly #next = new Map<string, readonly string[]>();

  /** The names of a tensor's last axis, where they are known. */
  of(value: Value): readonly string[] | undefined {
    return this.#names.get(value);
  }

  /** Names what a loader or host stage gives; bytes of text are no columns. */
  nameData(value: Value, data: DataPort): void {
    if (data.kind !== "tensor" || data.columns === undefined || data.encoding !== undefined) return;
    this.#name(value, data.columns);
  }

  /** Keeps the names that a stage gives its result while it is built. */
  nameNext(path: string, names: readonly string[] | undefined): void {
    if (names === undefined) this.#next.delete(path);
    else this.#next.set(path, names);
  }

  /** Names what a stage has built. */
  nameResult(
    { path, definition }: ResolvedStage,
    { value, inputs }: {
      readonly value: Value;
      readonly inputs: Readonly<Record<string, Traced[PortKind]>>;
    },
  ): Pick<StageFlow, "columns" | "namesColumns"> | undefined {
    const given = this.#next.get(path);
    if (given !== undefined) {
      const columns = this.#name(value, given);
      return columns && { columns, namesColumns: true };
    }
    const first = Object.values(inputs).find(isValue);
    const isSame = first !== undefined && sameShape(first.spec.shape, value.spec.shape);
    const kept = isSame && definition.family === "transform" ? this.#names.get(first) : undefined;
    const columns = kept && this.#name(value, kept);
    return columns && { columns };
  }

  #name(value: Value, names: readonly string[]): readonly string[] | undefined {
    if (value.spec.shape.length < 2 || value.spec.shape.at(-1) !== names.length) return undefined;
    this.#names.set(value, names);
    return names;
  }
}
