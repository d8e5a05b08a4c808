/**
 * The command line's way out: two streams of text, color where a person looks at them, and the
 * interrupts that a person sends. Everything that a verb prints goes through an `Io`, so that tests
 * can read it.
 *
 * @module
 */

import { fileError } from "../formats/mod.ts";

/** A stream of text. */
export interface TextStream {
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
  /** Whether escape sequences for color may be written. */
  readonly color: boolean;
  /** Width in characters. */
  columns(): number;
  /** Writes text as it is; nothing happens once the reader is gone. */
  write(text: string): void;
}

/** What a verb needs of the outside. */
export interface Io {
  /** Results. */
  readonly stdout: TextStream;
  /** Everything else. */
  readonly stderr: TextStream;
  /** Directory in which runs are made and looked for. */
  readonly runs: string;
  /** Milliseconds since some fixed moment. */
  now(): number;
  /**
   * Calls the handler at every SIGINT and SIGTERM, with the exit status that belongs to it.
   *
   * @returns A function that stops listening.
   */
  onInterrupt(handler: (status: number) => void): () => void;
  /** Ends the process at once. */
  exit(status: number): void;
}

/** Exit status when SIGINT ended a run. */
export const interruptedStatus = 130;
const terminatedStatus = 143;

/** The `Io` of the process. */
export function systemIo(): Io {
  // Deno reads the environment variable NO_COLOR by itself, without a permission.
  const color = !Deno.noColor;
  return {
    stdout: systemStream(Deno.stdout, {
      color,
      onFailure(error) {
        throw fileError("write the output", "standard output", error);
      },
    }),
    // where messages cannot be written, nobody can be told
    stderr: systemStream(Deno.stderr, { color, onFailure() {} }),
    runs: "runs",
    now: () => performance.now(),
    onInterrupt(handler) {
      const interrupt = () => handler(interruptedStatus);
      const terminate = () => handler(terminatedStatus);
      Deno.addSignalListener("SIGINT", interrupt);
      // Windows has no SIGTERM.
      if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", terminate);
      return () => {
        Deno.removeSignalListener("SIGINT", interrupt);
        if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", terminate);
      };
    },
    exit: (status) => Deno.exit(status),
  };
}

/** Bold text, where color may be written. */
export function bold(stream: TextStream, text: string): string {
  return paint(stream, { text, on: 1, off: 22 });
}

/** Faint text, where color may be written. */
export function dim(stream: TextStream, text: string): string {
  return paint(stream, { text, on: 2, off: 22 });
}

/** Red text, where color may be written. */
export function red(stream: TextStream, text: string): string {
  return paint(stream, { text, on: 31, off: 39 });
}

function paint(
  stream: TextStream,
  { text, on, off }: { readonly text: string; readonly on: number; readonly off: number },
): string {
  return stream.color ? `\x1b[${on}m${text}\x1b[${off}m` : text;
}

type SystemStream = Pick<typeof Deno.stderr, "writeSync" | "isTerminal">;

function systemStream(
  target: SystemStream,
  { color, onFailure }: {
    readonly color: boolean;
    readonly onFailure: (error: unknown) => void;
  },
): TextStream {
  const isTerminal = target.isTerminal();
  const encoder = new TextEncoder();
  let closed = false;
  return {
    isTerminal,
    color: color && isTerminal,
    columns: () => isTerminal ? consoleColumns() : 80,
    write(text) {
      if (closed) return;
      try {
        writeAll(target, encoder.encode(text));
      } catch (error) {
        closed = true;
        // a reader that is gone wanted no more
        if (!(error instanceof Deno.errors.BrokenPipe)) onFailure(error);
      }
    },
  };
}

function consoleColumns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return 80;
  }
}

function writeAll(target: SystemStream, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += target.writeSync(bytes.subarray(written));
    } catch (error) {
      // A pipe that another process made non-blocking, and that is full.
      if (error instanceof Deno.errors.WouldBlock) sleep(2);
      else throw error;
    }
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
