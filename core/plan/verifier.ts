/**
 * Checks a plan on its own: every access stays inside its buffer, every buffer inside the memory,
 * and nothing is overwritten while it is still read. A violation is a fault of the planner.
 *
 * @module
 */
import { sizeOf } from "../tensor/mod.ts";
import { storedBytes } from "./layout.ts";
import { readsOf } from "./reads.ts";
import type { Target } from "./target.ts";
import type { Access, Command, Plan } from "./types.ts";

/**
 * Verifies a plan.
 *
 * @throws {RangeError} With every violation found.
 */
export function verifyPlan(plan: Plan, target: Target): void {
  const inaccessible = plan.commands.flatMap((command, i) => accessViolations(command, i, plan));
  const found = [
    ...bufferViolations(plan, target),
    ...inaccessible,
    // what lies over what can be told of buffers that are there
    ...(inaccessible.length > 0 ? [] : [
      ...overwriteViolations(plan, target),
      ...plan.commands.flatMap((command, i) => aliasViolations(command, i, { plan, target })),
    ]),
  ];
  if (found.length > 0) {
    throw new RangeError(`Cannot run plan "${plan.name}":\n${found.join("\n")}`);
  }
}

function bufferViolations(plan: Plan, target: Target): string[] {
  return plan.buffers.flatMap((buffer, i) => {
    const end = buffer.byteOffset + buffer.length * storedBytes(buffer, target);
    return [
      ...(buffer.id === i ? [] : [`buffer ${i} has number ${buffer.id}`]),
      ...(end <= plan.bytes && buffer.byteOffset >= target.reservedBytes
        ? []
        : [`buffer "${buffer.name}" lies outside the memory`]),
      ...(buffer.byteOffset % target.alignment === 0
        ? []
        : [`buffer "${buffer.name}" is not aligned`]),
    ];
  });
}

function accessesOf(
  { kernel }: Command,
): { reads: [Access, readonly number[]][]; writes: Access[] } {
  return {
    reads: readsOf(kernel).map(({ access, shape }) => [access, shape]),
    writes: kernel.results.map((result) => result.store),
  };
}

function accessViolations(command: Command, number: number, plan: Plan): string[] {
  const { reads, writes } = accessesOf(command);
  const { shape } = command.kernel;
  const all = [...reads, ...writes.map((store): [Access, readonly number[]] => [store, shape])];
  return all.flatMap(([access, shape]) => {
    const buffer = plan.buffers[access.buffer];
    if (buffer === undefined) return [`command ${number} uses no buffer ${access.buffer}`];
    if (sizeOf(shape) === 0) return [];
    const spans = shape.map((size, axis) => (size - 1) * access.strides[axis]!);
    const first = spans.reduce((at, span) => at + Math.min(span, 0), access.offset);
    const last = spans.reduce((at, span) => at + Math.max(span, 0), access.offset);
    return first >= 0 && last < buffer.length
      ? []
      : [`command ${number} (${command.name}) leaves buffer "${buffer.name}"`];
  });
}

/** What a command writes, it reads only at the same place, and not at all through an anchor. */
function aliasViolations(
  command: Command,
  number: number,
  { plan, target }: { readonly plan: Plan; readonly target: Target },
): string[] {
  const { anchor, loads } = command.kernel;
  const { reads, writes } = accessesOf(command);
  const range = ({ buffer: id }: Access) => {
    const buffer = plan.buffers[id]!;
    const { byteOffset, length } = buffer;
    return [byteOffset, byteOffset + length * storedBytes(buffer, target)] as const;
  };
  return writes.flatMap((store) =>
    reads.flatMap(([load]) => {
      const [[from, to], [storeFrom, storeTo]] = [range(load), range(store)];
      if (from >= storeTo || storeFrom >= to) return [];
      const isSamePlace = anchor === null && loads.includes(load) && from === storeFrom &&
        plan.buffers[load.buffer]!.storage === plan.buffers[store.buffer]!.storage &&
        load.offset === store.offset && isSameWalk(load, store, command.kernel.shape);
      return isSamePlace
        ? []
        : [`command ${number} (${command.name}) writes over what it reads elsewhere`];
    })
  );
}

function isSameWalk(a: Access, b: Access, shape: readonly number[]): boolean {
  return shape.every((size, axis) => size === 1 || a.strides[axis] === b.strides[axis]);
}

/** Between the writing of a buffer and the last reading of it, no other buffer writes there. */
function overwriteViolations(plan: Plan, target: Target): string[] {
  const found: string[] = [];
  const writer = new Map<number, number>();
  const range = (number: number) => {
    const buffer = plan.buffers[number]!;
    const bytes = buffer.length * storedBytes(buffer, target);
    return [buffer.byteOffset, buffer.byteOffset + bytes] as const;
  };
  const kept = plan.outputs.map((port) => port.buffer);
  // variables, whose buffers come first, and inputs are there before the first command
  const inputs = new Set(plan.inputs.map((port) => port.buffer));
  const isPresent = (number: number) => number < plan.variables.slots.length || inputs.has(number);
  // found once: of a recurrence, many commands lie between a value and what reads it
  const accesses = plan.commands.map(accessesOf);
  const stores = accesses.map(({ writes }) =>
    writes.map(({ buffer }) => ({ buffer, range: range(buffer) }))
  );
  for (let i = 0; i <= plan.commands.length; i++) {
    const reads = accesses[i]?.reads.map(([access]) => access.buffer) ?? kept;
    for (const number of new Set(reads)) {
      const [from, to] = range(number);
      const written = writer.get(number) ?? (isPresent(number) ? -1 : undefined);
      if (written === undefined) continue;
      for (let between = written + 1; between < i; between++) {
        for (const { buffer, range: [storeFrom, storeTo] } of stores[between]!) {
          if (buffer === number || storeFrom >= to || from >= storeTo) continue;
          // an update of several variables at once writes them through a buffer of its own
          const isUpdate = isPresent(number) &&
            plan.buffers[buffer]!.region === plan.buffers[number]!.region;
          if (isUpdate) continue;
          found.push(
            `command ${between} overwrites "${plan.buffers[number]!.name}" before it is read`,
          );
        }
      }
    }
    for (const { buffer } of stores[i] ?? []) writer.set(buffer, i);
  }
  return found;
}
