/**
 * Initializers by name, for configurations.
 *
 * @module
 */
import type { Initializer } from "../../core/mod.ts";
import { glorotNormal } from "./glorot_normal.ts";
import { glorotUniform } from "./glorot_uniform.ts";
import { heNormal } from "./he_normal.ts";
import { heUniform } from "./he_uniform.ts";
import { identity } from "./identity.ts";
import { leCunNormal } from "./lecun_normal.ts";
import { leCunUniform } from "./lecun_uniform.ts";
import { ones } from "./ones.ts";
import { orthogonal } from "./orthogonal.ts";
import { randomNormal } from "./random_normal.ts";
import { randomUniform } from "./random_uniform.ts";
import { truncatedNormal } from "./truncated_normal.ts";
import { zeros } from "./zeros.ts";

/** Name of an initializer; its options are the usual ones. */
export type InitializerName =
  | "glorotNormal"
  | "glorotUniform"
  | "heNormal"
  | "heUniform"
  | "identity"
  | "leCunNormal"
  | "leCunUniform"
  | "ones"
  | "orthogonal"
  | "randomNormal"
  | "randomUniform"
  | "truncatedNormal"
  | "zeros";

/** An initializer, or the name of one. */
export type InitializerLike = InitializerName | Initializer;

/** The initializers that have a name of their own. */
export const namedInitializers: Readonly<Record<InitializerName, () => Initializer>> = {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  identity,
  leCunNormal,
  leCunUniform,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
  zeros,
};

/** The initializer itself. */
export function resolveInitializer(initializer: InitializerLike): Initializer {
  return typeof initializer === "string" ? namedInitializers[initializer]() : initializer;
}
