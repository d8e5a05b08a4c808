/**
 * Program: nothing. What is left is the start and end of Deno.
 *
 * @module
 */
