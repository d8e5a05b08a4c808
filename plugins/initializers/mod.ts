/**
 * First values of parameters.
 *
 * @module
 */
export { constant } from "./constant.ts";
export { glorotNormal } from "./glorot_normal.ts";
export { glorotUniform } from "./glorot_uniform.ts";
export { heNormal } from "./he_normal.ts";
export { heUniform } from "./he_uniform.ts";
export { leCunNormal } from "./lecun_normal.ts";
export { leCunUniform } from "./lecun_uniform.ts";
export {
  type InitializerLike,
  type InitializerName,
  namedInitializers,
  resolveInitializer,
} from "./named.ts";
export { ones } from "./ones.ts";
export { uniform } from "./uniform.ts";
export { zeros } from "./zeros.ts";
