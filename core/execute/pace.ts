/**
 * The pace of a loop of steps: seconds spent in it, samples per second since the last report, and
 * when other work of the process is due its turn.
 *
 * @module
 */

/** Milliseconds of steps after which other work of the process gets its turn. */
const turnMs = 50;

/** Milliseconds after which signals and files are looked at. */
const hearMs = 200;

/** Milliseconds after which a step is reported however few there were. */
const reportMs = 200;

/** Measures and interrupts a loop of steps. */
export class Pace {
  /** Seconds spent in steps. */
  seconds = 0;
  /** Rows that steps were taken over. */
  samples = 0;
  /** The clock as it stood after the last step: it is read once a step. */
  #now = performance.now();
  #resumed = this.#now;
  #turned = this.#now;
  #heard = this.#now;
  #reported = { time: this.#now, samples: 0 };
  /** As they were when the last lap ended. */
  #lap = { seconds: 0, samples: 0 };

  /** Steps begin again. */
  resume(): void {
    this.#resumed = performance.now();
  }

  /** Steps end for a while; what follows is not counted. */
  pause(): void {
    this.seconds += (performance.now() - this.#resumed) / 1000;
  }

  /** Counts a step over so many rows. */
  count(rows: number): void {
    this.samples += rows;
    this.#now = performance.now();
  }

  /** Whether the last report is so long ago that another is due. */
  get reportIsDue(): boolean {
    return this.#now - this.#reported.time > reportMs;
  }

  /** Whether a step that is counted now would be due to be reported. */
  get reportWouldBeDue(): boolean {
    return performance.now() - this.#reported.time > reportMs;
  }

  /** Samples per second since the last report. */
  report(): number {
    const { time, samples } = this.#reported;
    this.#reported = { time: this.#now, samples: this.samples };
    return (this.samples - samples) / ((this.#now - time) / 1000);
  }

  /** Ends a lap, as an epoch: seconds spent in its steps, and samples per second. */
  lap(): { readonly seconds: number; readonly samplesPerSecond: number } {
    const seconds = this.seconds - this.#lap.seconds;
    const samplesPerSecond = (this.samples - this.#lap.samples) / seconds;
    this.#lap = { seconds: this.seconds, samples: this.samples };
    return { seconds, samplesPerSecond };
  }

  /** Lets signals, timers and streams have their turn when it is due; `null` when it is not. */
  turn(): Promise<void> | null {
    if (this.#now - this.#turned < turnMs) return null;
    this.pause();
    const hears = this.#now - this.#heard >= hearMs;
    return (hears ? signalsAndFiles() : turnOfOthers()).then(() => {
      this.#turned = this.#now = performance.now();
      if (hears) this.#heard = this.#now;
      this.resume();
    });
  }
}

/**
 * Resolves when signals and files were looked at too: a loop that never sleeps looks at them only every
 * so many turns. Takes 2 ms.
 */
function signalsAndFiles(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/**
 * Resolves when the event loop has turned. A message takes 0.03 ms, where `setTimeout` takes 2; each
 * has a channel of its own, since the messages of one come before timers and files.
 */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
