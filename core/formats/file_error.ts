/**
 * Failures of the file system, told so that a user can act on them.
 *
 * @module
 */
import { DataError, nearestName } from "../errors.ts";

interface Reason {
  readonly text: string;
  readonly hint?: string;
}

const reasons: Readonly<Record<string, Reason>> = {
  ENOENT: { text: "there is no such file or folder" },
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

/** What is done to something else than a file, and what helps whatever the reason is. */
const otherActions: Readonly<Record<string, string>> = {
  "write the output": "send the output elsewhere",
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
  const { text, hint = placeHint(action, file, cause) } = reasonOf(cause);
  const remedy = otherActions[action];
  const hints = [hint, remedy].filter((part) => part !== undefined);
  return new DataError(`Cannot ${action}${remedy === undefined ? " the file" : ""}: ${text}`, {
    file,
    cause,
    ...(hints.length === 0 ? {} : { hint: hints.join(", or ") }),
  });
}

/** Where a file that is not there was looked for. */
function placeHint(action: string, file: string, cause: unknown): string | undefined {
  if (!(cause instanceof Deno.errors.NotFound) || action in otherActions) return undefined;
  const near = nearestPath(file);
  if (near !== undefined) return `did you mean "${near}"?`;
  const isRelative = !/^(?:[/\\]|[a-z][a-z\d+.-]*:)/i.test(file);
  return isRelative
    ? `check the path, which is relative to the working folder${workingFolder()}`
    : "check the path";
}

/** The path with its first part that is not there replaced by the nearest name that is. */
function nearestPath(file: string): string | undefined {
  const parts = file.split("/");
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === "") continue;
    const before = parts.slice(0, i).map((part) => `${part}/`).join("");
    const names = namesIn(before === "" ? "." : before);
    if (names === undefined) return undefined;
    if (names.includes(parts[i]!) || /^\.\.?$/.test(parts[i]!)) continue;
    const near = nearestName(parts[i]!, names);
    return near === undefined ? undefined : before + near;
  }
}

/** Names in a folder; `undefined` where it cannot be looked into. */
function namesIn(folder: string): string[] | undefined {
  const names: string[] = [];
  try {
    for (const { name } of Deno.readDirSync(folder)) {
      names.push(name);
      if (names.length === mostNames) break;
    }
  } catch {
    return undefined;
  }
  return names;
}

/** A folder of a million images is not gone through for a hint. */
const mostNames = 10_000;

function workingFolder(): string {
  try {
    return ` "${Deno.cwd()}"`;
  } catch {
    // it is not known without the permission to read it
    return "";
  }
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
