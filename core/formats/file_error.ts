/**
 * Failures of the file system, told so that a user can act on them.
 *
 * @module
 */
import { DataError } from "../errors.ts";

interface Reason {
  readonly text: string;
  readonly hint?: string;
}

const reasons: Readonly<Record<string, Reason>> = {
  ENOENT: { text: "there is no such file or folder", hint: "check the path" },
  EACCES: { text: "permission denied", hint: "check who owns the file and its folder" },
  EPERM: { text: "permission denied", hint: "check who owns the file and its folder" },
  EROFS: { text: "the file system is read-only" },
  EISDIR: { text: "it is a folder", hint: "name a file" },
  EEXIST: { text: "a file of that name is there", hint: "check the path" },
  ENOTDIR: { text: "a part of the path is a file, not a folder", hint: "check the path" },
  ENOSPC: { text: "no space is left on the disk", hint: "free some, or choose another disk" },
  EDQUOT: { text: "the disk quota is used up", hint: "free some, or choose another disk" },
  EFBIG: { text: "the file is larger than the file system allows" },
  ENAMETOOLONG: { text: "the name is too long" },
};

/** What is done to a directory instead of a file, and what helps whatever the reason is. */
const directoryActions: Readonly<Record<string, string>> = {
  "write the run directory": "choose another with --run",
  "read the run directory": "choose another with --run",
};

/**
 * Makes the error for a file that cannot be read or written.
 *
 * @param action What was tried, as `"read"` or `"write"`; or `"write the run directory"`, when it is no file.
 * @param file The path or URL, as the user gave it.
 * @param cause The error of the file system.
 */
export function fileError(action: string, file: string, cause: unknown): DataError {
  const { text, hint } = reasonOf(cause);
  const remedy = directoryActions[action];
  const hints = [hint, remedy].filter((part) => part !== undefined);
  return new DataError(`Cannot ${action}${remedy === undefined ? " the file" : ""}: ${text}`, {
    file,
    cause,
    ...(hints.length === 0 ? {} : { hint: hints.join(", or ") }),
  });
}

function reasonOf(error: unknown): Reason {
  if (error instanceof Deno.errors.NotCapable) {
    // /proc, /sys, /dev: Deno asks for --allow-all there, whatever paths are allowed
    if (error.message.startsWith("Requires all access")) {
      return { text: "Deno keeps this place from programs" };
    }
    return {
      text: "Deno was started without the permission",
      hint: "run the task, or start Deno with --allow-read and --allow-write",
    };
  }
  if (!(error instanceof Error)) return { text: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return reasons[code] ?? { text: error.message.replace(/ \(os error.*$/s, "") };
}
