/**
 * The check of a number of threads, alike for every device.
 *
 * @module
 */
import { pipelineError } from "../errors.ts";
import { formatAmount } from "../format.ts";
import type { Device } from "./device.ts";

/**
 * Refuses a number of threads that a device cannot run on.
 *
 * @throws {PipelineError} When it is no whole number from 1 to the device's `maximumThreads`.
 */
export function requireThreads(
  { name, maximumThreads }: Pick<Device, "name" | "maximumThreads">,
  threads: number,
): void {
  if (Number.isInteger(threads) && threads >= 1 && threads <= maximumThreads) return;
  throw pipelineError({
    code: "threads",
    path: "",
    message: `Cannot run device "${name}" on ${formatAmount(threads, "thread")}`,
    expected: maximumThreads === 1 ? "1" : `1 to ${maximumThreads}`,
    ...(maximumThreads === 1
      ? { hint: `leave out --threads: of the processor's, device "${name}" uses one` }
      : {}),
  });
}
