/**
 * Program: imports all of Millrace, as every program that uses it does, and does nothing.
 *
 * @module
 */
import "@millrace/millrace";
