/**
 * Running the code of loaders and host stages, which may be anybody's.
 *
 * @module
 */
import { isUserError, pipelineError } from "../errors.ts";

/**
 * Runs a stage's own code. What it throws, or rejects with, is told with the stage's path, and is no
 * fault of Millrace; errors written for the user pass as they are.
 *
 * @param code.doing What it is to do, as `"read rows"`.
 * @returns What it gives; a promise that rejects where it threw.
 */
export function runStageCode<T>(
  code: { readonly path: string; readonly doing: string },
  run: () => T | Promise<T>,
): T | Promise<T> {
  const told = ({ path, doing }: typeof code, cause: unknown): Error =>
    isUserError(cause) ? cause : pipelineError({
      code: "stage",
      path,
      message: `Cannot ${doing}: the stage's own code threw "${
        cause instanceof Error ? cause.message : String(cause)
      }"`,
    }, { cause });
  try {
    const result = run();
    if (!(result instanceof Promise)) return result;
    return result.catch((cause) => {
      throw told(code, cause);
    });
  } catch (cause) {
    return Promise.reject(told(code, cause));
  }
}
