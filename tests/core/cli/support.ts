/**
 * An `Io` that keeps what is written, for tests of the command line.
 *
 * @module
 */
import type { Io, TextStream } from "../../../core/cli/terminal.ts";

/** A stream that keeps its text. */
export interface KeptStream extends TextStream {
  readonly text: string;
}

/** Makes a stream that keeps its text. */
export function keptStream({ isTerminal = false, width = 80 } = {}): KeptStream {
  const parts: string[] = [];
  return {
    isTerminal,
    color: false,
    columns: () => width,
    write: (text) => void parts.push(text),
    get text() {
      return parts.join("");
    },
  };
}

/** An `Io` that keeps what is written. */
export interface KeptIo extends Io {
  readonly stdout: KeptStream;
  readonly stderr: KeptStream;
  /** Sends an interrupt. */
  interrupt(status?: number): void;
  /** Statuses with which the process was told to end at once. */
  readonly exits: number[];
}

/** Makes an `Io` that keeps what is written. */
export function keptIo({ runs = "runs" } = {}): KeptIo {
  const handlers = new Set<(status: number) => void>();
  const exits: number[] = [];
  return {
    stdout: keptStream(),
    stderr: keptStream(),
    runs,
    exits,
    now: () => performance.now(),
    onInterrupt(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    exit: (status) => void exits.push(status),
    interrupt: (status = 130) => handlers.forEach((handler) => handler(status)),
  };
}
