/**
 * Plans as text: what a person reads to know what will run, and what tests keep as a snapshot.
 *
 * @module
 */
import { formatAmount, formatBytes, formatQuantity } from "../format.ts";
import { formatShape, sizeOf } from "../tensor/mod.ts";
import { readsOf } from "./reads.ts";
import type { Access, Command, Plan, Region } from "./types.ts";

/** What is printed of a plan besides the plan. */
export interface PlanNotes {
  /** Lines after the totals. */
  readonly heading?: readonly string[];
  /** What stands behind the operations and bytes of a command. */
  readonly beside?: (number: number) => string;
}

/** Prints a plan: totals, ports, and one line per command with its kernel, shapes and buffers. */
export function printPlan(plan: Plan, { heading = [], beside = () => "" }: PlanNotes = {}): string {
  const flops = plan.commands.reduce((sum, command) => sum + command.flops, 0);
  const parameters = plan.variables.slots
    .filter((slot) => slot.role === "parameter")
    .reduce((sum, slot) => sum + sizeOf(slot.spec.shape), 0);
  const halves = plan.buffers.filter(({ storage }) => storage === "f16").length;
  const lines = [
    `plan "${plan.name}": ${plan.commands.length} commands, ${formatQuantity(flops)} FLOP, ` +
    `${formatBytes(plan.bytes)}` +
    `${Number.isFinite(plan.limitBytes) ? ` of ${formatBytes(plan.limitBytes)} at most` : ""}`,
    `  parameters: ${parameters}`,
    `  memory: ${
      (Object.entries(plan.regionBytes) as [Region, number][])
        .filter(([, bytes]) => bytes > 0)
        .map(([region, bytes]) => `${region} ${formatBytes(bytes)}`).join(", ")
    }`,
    ...(halves === 0 ? [] : [
      `  stored in 16 bits (f16): ${formatAmount(halves, "buffer")} of the workspace, ` +
      `which saves ${formatBytes(plan.savedBytes)}`,
    ]),
    ...heading.map((line) => `  ${line}`),
    ...plan.inputs.map((port) =>
      `  input ${port.name}: ${port.spec.dtype}${formatShape(port.spec.shape)}`
    ),
    ...plan.outputs.map((port) =>
      `  output ${port.name}: ${port.spec.dtype}${formatShape(port.spec.shape)}`
    ),
    ...plan.commands.map((command, i) =>
      printCommand(command, { number: i, plan, note: beside(i) })
    ),
  ];
  return lines.join("\n");
}

function printCommand(
  command: Command,
  { number, plan, note }: { readonly number: number; readonly plan: Plan; readonly note: string },
): string {
  const { kernel, kernel: { anchor, shape, results } } = command;
  const name = (access: Access) => {
    const { name, storage } = plan.buffers[access.buffer]!;
    return storage === undefined ? name : `${name} ${storage}`;
  };
  const over = anchor?.kind === "reduce" ? ` over ${formatShape(anchor.shape)}` : "";
  const reads = [...new Set(readsOf(kernel).map(({ access }) => name(access)))].join(", ");
  const writes = results.map((result) => name(result.store)).join(", ");
  return [
    `  ${String(number).padStart(3)}  ${command.name}  ${formatShape(shape)}${over}` +
    `  ${formatQuantity(command.flops)} FLOP, ${formatBytes(command.bytes)}` +
    `${note === "" ? "" : `, ${note}`}${command.shared ? "  shared" : ""}${
      command.barrier ? "  after a barrier" : ""
    }` +
    `${command.backward ? "  (backward)" : ""}`,
    `         ${reads === "" ? "nothing" : reads} -> ${writes}`,
    `         of ${command.paths.join(", ")}`,
  ].join("\n");
}
