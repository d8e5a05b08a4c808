/**
 * Wiring of layers of sequences: what must not compile, beside what must (as in `wiring_test.ts`).
 *
 * @module
 */
import {
  dense,
  type Dim,
  type DType,
  embedding,
  gru,
  learnedPositions,
  lstm,
  multiHeadAttention,
  paddingMask,
  sequential,
  simpleRnn,
  sinusoidalPositions,
  type Tensor,
  transformerEncoder,
} from "@millrace/millrace";

declare function tensor<const S extends readonly Dim[], D extends DType = "f32">(): Tensor<S, D>;

/** Holds when two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles when the type argument is `true`. */
function holds<_ extends true>(): void {}

/** Never called: what is inside need only compile. */
function typesOnly(_: () => void): void {}

typesOnly(() => {
  const words = tensor<readonly ["batch", 40], "i32">();
  const vectors = embedding(1000, 16)(words);
  holds<Same<typeof vectors, Tensor<readonly ["batch", 40, 16]>>>();
  const single = embedding(7, 3)(tensor<readonly ["batch"], "u8">());
  holds<Same<typeof single, Tensor<readonly ["batch", 3]>>>();
  // @ts-expect-error: floats name no rows
  embedding(1000, 16)(tensor<readonly ["batch", 40]>());

  const last = lstm(32)(vectors);
  holds<Same<typeof last, Tensor<readonly ["batch", 32]>>>();
  const every = gru(32, { returnSequences: true })(vectors);
  holds<Same<typeof every, Tensor<readonly ["batch", 40, 32]>>>();
  const both = simpleRnn(32, { bidirectional: true })(vectors);
  holds<Same<typeof both, Tensor<readonly ["batch", number]>>>();
  // @ts-expect-error: a recurrence wants steps and features
  lstm(32)(tensor<readonly ["batch", 40]>());
  // @ts-expect-error: there is no such option
  lstm(32, { returnSequence: true });

  const mask = paddingMask()(words);
  holds<Same<typeof mask, Tensor<readonly ["batch", 40]>>>();
  const masked = lstm(32)({ x: vectors, mask });
  holds<Same<typeof masked, Tensor<readonly ["batch", 32]>>>();
  lstm(32)({ x: vectors, mask: tensor<readonly ["batch", 40], "u8">() });
  // @ts-expect-error: the mask has another number of steps
  lstm(32)({ x: vectors, mask: tensor<readonly ["batch", 41]>() });

  const { output: encodedLast, states } = lstm(32, { returnStates: true })({ x: vectors, mask });
  holds<Same<typeof states, Tensor<readonly ["batch", number]>>>();
  holds<Same<typeof encodedLast, Tensor<readonly ["batch", 32]>>>();
  const whole = gru(32, { returnSequences: true, returnStates: true })(vectors);
  holds<Same<typeof whole.output, Tensor<readonly ["batch", 40, 32]>>>();
  // @ts-expect-error: two outputs are no tensor
  dense(2)(lstm(32, { returnStates: true })(vectors));
  const decoded = lstm(32, { returnSequences: true })({ x: vectors, states });
  holds<Same<typeof decoded, Tensor<readonly ["batch", 40, 32]>>>();
  gru(32)({ x: vectors, states: tensor<readonly ["batch", 32]>() });
  // @ts-expect-error: states have no axis of steps
  gru(32)({ x: vectors, states: vectors });

  const placed = sinusoidalPositions()(learnedPositions(40)(vectors));
  holds<Same<typeof placed, Tensor<readonly ["batch", 40, 16]>>>();
  const attended = multiHeadAttention(4)({ x: placed, mask });
  holds<Same<typeof attended, Tensor<readonly ["batch", 40, 16]>>>();
  const memory = tensor<readonly ["batch", 12, 8]>();
  const crossed = multiHeadAttention(4)({
    x: placed,
    memory,
    mask: tensor<readonly ["batch", 12]>(),
  });
  holds<Same<typeof crossed, Tensor<readonly ["batch", 40, 16]>>>();
  // @ts-expect-error: the mask is one of the memory
  multiHeadAttention(4)({ x: placed, memory, mask });
  const encoded = transformerEncoder(4, 64)(placed);
  holds<Same<typeof encoded, Tensor<readonly ["batch", 40, 16]>>>();

  const model = sequential(
    learnedPositions(40),
    transformerEncoder(4, 64),
    lstm(8, { returnSequences: true }),
    gru(8),
    dense(2),
  )(vectors);
  holds<Same<typeof model, Tensor<readonly ["batch", 2]>>>();
});
