/**
 * How a thread hears that a Worker has ended, even without a word: it holds a lock while it lives.
 *
 * @module
 */

/** Web Locks, which Deno has, and its types do not. */
const { locks } = navigator as unknown as {
  readonly locks?: {
    request(name: string, held: () => void | Promise<void>): Promise<void>;
  };
};

/** Holds a lock as long as this thread lives; resolves when it does. */
export function holdForLife(name: string): Promise<void> {
  return new Promise((resolve) => {
    const held = () => {
      resolve();
      return new Promise<void>(() => {});
    };
    if (locks === undefined) resolve();
    else locks.request(name, held);
  });
}

/** Calls back when whoever holds a lock for life has ended. */
export function whenEnded(name: string, ended: () => void): void {
  locks?.request(name, ended);
}
