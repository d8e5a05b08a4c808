/**
 * What goes wrong on the GPU. It does not throw: it tells errors to scopes, some time after the call
 * that caused them, and goes on with what it has. So all that a session asks for is watched, and what
 * is read counts only when everything before it went well.
 *
 * @module
 */
import { PipelineError } from "../../errors.ts";
import { deviceError, type OpenedGpu, reportedError } from "./adapter.ts";

/** What scopes are opened for. */
const filters = ["internal", "out-of-memory", "validation"] as const;

/** Makes of what the GPU tells an error that says what it was about. */
export type Explain = (error: GPUError) => PipelineError | Promise<PipelineError>;

/** Gathers what goes wrong in one session. */
export class Faults {
  readonly #gpu: OpenedGpu;
  #found: PipelineError | undefined;
  #known: Promise<void> = Promise.resolve();
  /** What was submitted last, as `"mnist train"`. */
  doing: string | undefined;

  constructor(gpu: OpenedGpu) {
    this.#gpu = gpu;
  }

  /** Does what the GPU may refuse; that it did is thrown by `require` or `settle` later on. */
  watch<T>(work: () => T, explain: Explain = (error) => reportedError(error)): T {
    const { told, result } = scoped(this.#gpu.device, work);
    this.#known = Promise.all([told, this.#known]).then(async ([error]) => {
      if (error !== undefined) this.#found ??= await explain(error);
    });
    return result;
  }

  /**
   * Refuses to go on when something is known to have gone wrong.
   *
   * @throws {PipelineError} Then, with stages and kernel where they can be known.
   */
  require(): void {
    const failure = this.#found ?? this.#failure();
    if (failure !== undefined) throw failure;
  }

  /**
   * Waits until it is known whether all that was asked for went well.
   *
   * @throws {PipelineError} When it did not.
   */
  async settle(): Promise<void> {
    await this.#known;
    this.require();
  }

  /** The error to throw when memory could not be read. */
  async unreadable(cause: DOMException): Promise<PipelineError> {
    // that the GPU was lost is told in a turn of the event loop
    await new Promise((resolve) => setTimeout(resolve, 0));
    try {
      await this.settle();
    } catch (error) {
      if (error instanceof PipelineError) {
        return error.cause === undefined ? new PipelineError(error.issues, { cause }) : error;
      }
    }
    return deviceError("its memory cannot be read", { cause });
  }

  /** Why the GPU cannot be used any more, and what it was doing. */
  #failure(): PipelineError | undefined {
    const failure = this.#gpu.failure();
    if (failure === undefined || this.doing === undefined) return failure;
    const [issue] = failure.issues;
    const message = `${issue!.message}, while it ran "${this.doing}"`;
    return new PipelineError([{ ...issue!, message }], { cause: failure.cause });
  }
}

/** Does something in error scopes: its result, and the error that the GPU tells of it, if any. */
export function scoped<T>(
  device: GPUDevice,
  work: () => T,
): { readonly result: T; readonly told: Promise<GPUError | undefined> } {
  for (const filter of filters) device.pushErrorScope(filter);
  const pop = () => Promise.all(filters.map(() => device.popErrorScope()));
  let result: T;
  try {
    result = work();
  } catch (error) {
    pop();
    throw error;
  }
  return { result, told: pop().then((errors) => errors.find((error) => error !== null)) };
}
