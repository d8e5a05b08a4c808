/**
 * Program: imports zod, the one package that the library cannot do without.
 *
 * @module
 */
import "zod";
