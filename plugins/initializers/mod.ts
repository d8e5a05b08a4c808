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
export { identity, type IdentityOptions } from "./identity.ts";
export {
  type InitializerLike,
  type InitializerName,
  namedInitializers,
  resolveInitializer,
} from "./named.ts";
export { ones } from "./ones.ts";
export { orthogonal, type OrthogonalOptions } from "./orthogonal.ts";
export { randomNormal, type RandomNormalOptions } from "./random_normal.ts";
export { randomUniform, type RandomUniformOptions } from "./random_uniform.ts";
export { truncatedNormal, type TruncatedNormalOptions } from "./truncated_normal.ts";
export {
  type FanMode,
  type NormalOptions,
  type ScaledDistribution,
  varianceScaling,
  type VarianceScalingOptions,
} from "./variance_scaling.ts";
export { zeros } from "./zeros.ts";
