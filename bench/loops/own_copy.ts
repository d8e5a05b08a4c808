/**
 * Loops that call a function for each number.
 *
 * @module
 */

let copies = 0;

/**
 * Makes a loop of the functions that it calls, as code of its own: V8 keeps what it knows of calls with
 * the code, and calls what it has seen only one function at as if it were written there. A loop that all
 * cases shared would be some ten times slower than one that is written out.
 *
 * @param make May use nothing but what it is given.
 */
export function ownCopy<Given extends readonly unknown[], Loop>(
  make: (...given: Given) => Loop,
): (...given: Given) => Loop {
  // the same text again would be the same code
  return (...given) => new Function(`return ${make} // ${copies++}`)()(...given) as Loop;
}
