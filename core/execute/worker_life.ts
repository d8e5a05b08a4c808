/**
 * How a thread hears that a Worker has ended, even without a word: it holds a lock while it lives.
 *
 * @module
 */

/** Web Locks, which Deno has, and its types do not. Asking for them starts them, in milliseconds. */
function webLocks(): LockManager | undefined {
  return (navigator as unknown as { readonly locks?: LockManager }).locks;
}

interface LockManager {
  request(name: string, held: () => void | Promise<void>): Promise<void>;
}

/** Holds a lock as long as this thread lives; resolves when it does. */
export function holdForLife(name: string): Promise<void> {
  return new Promise((resolve) => {
    const held = () => {
      resolve();
      return new Promise<void>(() => {});
    };
    const locks = webLocks();
    if (locks === undefined) resolve();
    else locks.request(name, held);
  });
}

/** Calls back when whoever holds a lock for life has ended. */
export function whenEnded(name: string, ended: () => void): void {
  webLocks()?.request(name, ended);
}
