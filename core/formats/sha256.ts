/**
 * SHA-256, by which files, data and pipelines are told apart.
 *
 * @module
 */

/** The part of `node:crypto` that is used. */
interface Crypto {
  createHash(algorithm: "sha256"): Hash;
}

interface Hash {
  update(data: string | ArrayBufferView): Hash;
  digest(encoding: "hex"): string;
}

/** How Deno and Node give a module of their own without an import. */
interface Process {
  getBuiltinModule(name: "node:crypto"): Crypto;
}

/**
 * The SHA-256 of bytes and texts (as UTF-8), one after the other, in hexadecimal digits.
 *
 * @example
 * ```ts
 * import { sha256 } from "@millrace/millrace";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sha256(["a", Uint8Array.of(98), "c"]), sha256(["abc"]));
 * assertEquals(sha256(["abc"]).slice(0, 8), "ba7816bf");
 * ```
 */
export function sha256(parts: readonly (string | ArrayBufferView)[]): string {
  const hash = hashOf();
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

function hashOf(): Hash {
  // imported, the module would take 30 ms of every start
  const { process } = globalThis as unknown as { readonly process: Process };
  return process.getBuiltinModule("node:crypto").createHash("sha256");
}

/** The SHA-256 of what comes piece by piece. */
export class Sha256 {
  readonly #hash: Hash = hashOf();

  /** Takes the next piece. */
  update(part: string | ArrayBufferView): void {
    this.#hash.update(part);
  }

  /** The hash of all pieces, in hexadecimal digits; none can follow. */
  hex(): string {
    return this.#hash.digest("hex");
  }
}
