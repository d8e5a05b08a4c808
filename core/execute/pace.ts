/**
 * The pace of a training loop: seconds spent in steps, samples per second since the last report, and
 * when other work of the process is due its turn.
 *
 * @module
 */
import { setImmediate } from "node:timers"; // setTimeout(0) costs 2 ms a turn, this 0.05

/** Milliseconds of steps after which other work of the process gets its turn. */
const turnMs = 50;

/** Milliseconds after which a step is reported however few there were. */
const reportMs = 200;

/** Measures and interrupts a loop of steps. */
export class Pace {
  /** Seconds spent in steps. */
  seconds = 0;
  /** Rows trained on. */
  samples = 0;
  #resumed = performance.now();
  #turned = performance.now();
  #reported = { time: performance.now(), samples: 0 };

  /** Steps begin again. */
  resume(): void {
    this.#resumed = performance.now();
  }

  /** Steps end for a while; what follows is not counted. */
  pause(): void {
    this.seconds += (performance.now() - this.#resumed) / 1000;
  }

  /** Whether the last report is so long ago that another is due. */
  get reportIsDue(): boolean {
    return performance.now() - this.#reported.time > reportMs;
  }

  /** Samples per second since the last report. */
  report(): number {
    const { time, samples } = this.#reported;
    this.#reported = { time: performance.now(), samples: this.samples };
    return (this.samples - samples) / ((this.#reported.time - time) / 1000);
  }

  /** Lets signals, timers and streams have their turn when it is due; `null` when it is not. */
  turn(): Promise<void> | null {
    if (performance.now() - this.#turned < turnMs) return null;
    this.pause();
    return new Promise((resolve) =>
      setImmediate(() => {
        this.#turned = performance.now();
        this.resume();
        resolve();
      })
    );
  }
}
