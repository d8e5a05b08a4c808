/**
 * Commands -> commands: which kernels threads share, and where they wait for each other. A kernel is
 * shared when the work it saves is worth the waiting; results do not depend on it, since threads share
 * places and never a sum.
 *
 * @module
 */
import { paddedBytes } from "./layout.ts";
import { readsOf } from "./reads.ts";
import type { Target } from "./target.ts";
import type { Access, Buffer, Command } from "./types.ts";

/** What a command does with a range of memory. */
interface Use {
  readonly from: number;
  readonly to: number;
  readonly writes: boolean;
  /** Whether all threads do it. */
  readonly shared: boolean;
}

/**
 * Marks commands that threads share, and those before which all threads wait: because they use what
 * another thread may still be writing, or write what another may still be using.
 */
export function share(
  commands: readonly Omit<Command, "shared" | "barrier">[],
  { buffers, target }: { readonly buffers: readonly Buffer[]; readonly target: Target },
): Command[] {
  let sinceBarrier: Use[] = [];
  return commands.map((command) => {
    const shared = target.estimateNs(command) >= target.sharedFromNs;
    const uses = usesOf(command, { shared, buffers, target });
    const barrier = uses.some((use) => sinceBarrier.some((before) => conflicts(before, use)));
    sinceBarrier = barrier ? uses : [...sinceBarrier, ...uses];
    return { ...command, shared, barrier };
  });
}

/** Whether two uses must not overlap in time: one writes what the other uses, on different threads. */
function conflicts(a: Use, b: Use): boolean {
  return (a.shared || b.shared) && (a.writes || b.writes) && a.from < b.to && b.from < a.to;
}

function usesOf(
  { kernel }: Pick<Command, "kernel">,
  { shared, buffers, target }: {
    readonly shared: boolean;
    readonly buffers: readonly Buffer[];
    readonly target: Target;
  },
): Use[] {
  const use = (access: Access, writes: boolean): Use => {
    const buffer = buffers[access.buffer]!;
    const { byteOffset, length } = buffer;
    const bytes = paddedBytes({ ...buffer, shape: [length] }, target);
    return { from: byteOffset, to: byteOffset + bytes, writes, shared };
  };
  return [
    ...readsOf(kernel).map(({ access }) => use(access, false)),
    ...kernel.results.map((result) => use(result.store, true)),
  ];
}
