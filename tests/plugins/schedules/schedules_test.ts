import { assert, assertEquals, assertThrows } from "@std/assert";
import { type EpochRule, ops, type Schedule, type ScheduleContext } from "../../../core/mod.ts";
import * as schedules from "../../../plugins/schedules/mod.ts";
import { assertClose, readGolden } from "../../golden/golden.ts";
import { Laboratory } from "../../support/build_stage.ts";
import { scheduleOf, type ScheduleRecipe } from "../../support/recipes.ts";

interface ScheduleCase extends ScheduleRecipe {
  readonly name: string;
  readonly rates: readonly number[];
}

interface PlateauCase {
  readonly name: string;
  readonly options: schedules.ReduceOnPlateauOptions;
  readonly scores: readonly number[];
  readonly rates: readonly number[];
}

const golden = await readGolden<ScheduleCase | PlateauCase>("schedules");

/** A schedule that keeps nothing from epoch to epoch. */
const keepsNothing: ScheduleContext = {
  eachEpoch: () => {
    throw new TypeError("this schedule keeps nothing");
  },
};

/** What a schedule gives at the first steps, in float64. */
function valuesOf(schedule: Schedule, steps: number, context = keepsNothing): number[] {
  const laboratory = new Laboratory();
  const { builder } = laboratory;
  const step = ops.cast(builder.input("step", { shape: [], dtype: "u32" }), "f32");
  builder.output("value", schedule.value(step, context));
  const run = laboratory.prepare();
  return Array.from({ length: steps }, () => run().outputs.value![0]!);
}

for (const recorded of golden) {
  if ("scores" in recorded) {
    Deno.test(`reduceOnPlateau() is PyTorch's ${recorded.name}`, () => {
      const schedule = schedules.reduceOnPlateau(recorded.options);
      let rule: EpochRule | undefined;
      let numbers: Readonly<Record<string, number>> | undefined;
      const rateNow = () => {
        const laboratory = new Laboratory();
        const { builder } = laboratory;
        const step = ops.cast(builder.input("step", { shape: [], dtype: "u32" }), "f32");
        const context: ScheduleContext = {
          eachEpoch(_, own) {
            rule = own as EpochRule;
            const now = numbers ?? own.initial;
            return Object.fromEntries(
              Object.entries<number>(now).map(([name, n]) => [name, ops.constantLike(step, n)]),
            ) as ReturnType<ScheduleContext["eachEpoch"]>;
          },
        };
        builder.output("value", schedule.value(step, context));
        return laboratory.prepare()().outputs.value![0]!;
      };
      const rates = recorded.scores.map((loss) => {
        const rate = rateNow();
        numbers = rule!.next(numbers ?? rule!.initial, { loss });
        return rate;
      });
      assertClose(rates, recorded.rates);
      assert(new Set(recorded.rates).size > 1, "the rate never shrinks");
    });
  } else {
    Deno.test(`${recorded.schedule}() is ${recorded.name} at every step`, () => {
      assertClose(valuesOf(scheduleOf(recorded), recorded.rates.length), recorded.rates);
    });
  }
}

Deno.test("oneCycle() stays as it is after its end", () => {
  const { learningRate, momentum } = schedules.oneCycle({ maxLearningRate: 1, totalSteps: 10 });
  assertClose(valuesOf(learningRate, 14).slice(9), new Array(5).fill(1 / 25 / 1e4));
  assertClose(valuesOf(momentum, 14).slice(9), new Array(5).fill(0.95));
});

Deno.test("schedules tell themselves apart by name", () => {
  const options = { initialLearningRate: 0.1, decaySteps: 10 };
  const names = [
    schedules.cosineDecay(options),
    schedules.cosineDecay({ ...options, alpha: 0.1 }),
    schedules.warmUp(schedules.cosineDecay(options), { steps: 3 }),
    schedules.warmUp(0.1, { steps: 3 }),
    schedules.polynomialDecay(options),
    schedules.polynomialDecay({ ...options, cycle: true }),
    schedules.reduceOnPlateau({ initialLearningRate: schedules.cosineDecay(options) }),
    schedules.reduceOnPlateau({ initialLearningRate: 0.1 }),
    schedules.oneCycle({ maxLearningRate: 1, totalSteps: 10 }).learningRate,
    schedules.oneCycle({ maxLearningRate: 1, totalSteps: 10, anneal: "linear" }).learningRate,
  ].map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
});

const rate = { initialLearningRate: 0.1 };
const refused: readonly [name: string, make: () => unknown, message: string][] = [
  [
    "exponentialDecay",
    () => schedules.exponentialDecay({ ...rate, decaySteps: 0, decayRate: 0.5 }),
    "Cannot make a schedule with decaySteps: received 0, expected 1 or more",
  ],
  [
    "piecewiseConstantDecay",
    () => schedules.piecewiseConstantDecay({ boundaries: [5], values: [1] }),
    "Cannot make a schedule with values: received 1 for 1 boundaries, expected 2",
  ],
  [
    "piecewiseConstantDecay",
    () => schedules.piecewiseConstantDecay({ boundaries: [5, 5], values: [1, 2, 3] }),
    "Cannot make a schedule with boundaries[1]: received 5, expected a whole number above 5",
  ],
  [
    "piecewiseConstantDecay",
    () => schedules.piecewiseConstantDecay({ boundaries: [5], values: [1, -1] }),
    "Cannot make a schedule with values[1]: received -1, expected 0 or more",
  ],
  [
    "inverseTimeDecay",
    () => schedules.inverseTimeDecay({ ...rate, decaySteps: 1, decayRate: NaN }),
    "Cannot make a schedule with decayRate: received NaN, expected 0 or more",
  ],
  [
    "polynomialDecay",
    () => schedules.polynomialDecay({ ...rate, decaySteps: 5, power: 0 }),
    "Cannot make a schedule with power: received 0, expected a number above 0",
  ],
  [
    "cosineDecay",
    () => schedules.cosineDecay({ ...rate, decaySteps: 5, alpha: 2 }),
    "Cannot make a schedule with alpha: received 2, expected a number from 0 to 1",
  ],
  [
    "cosineDecayRestarts",
    () => schedules.cosineDecayRestarts({ ...rate, firstDecaySteps: 5, tMul: 1.5 }),
    "Cannot make a schedule with tMul: received 1.5, expected a whole number, 1 or more",
  ],
  [
    "warmUp",
    () => schedules.warmUp(0.1, { steps: 0 }),
    "Cannot make a schedule with steps: received 0, expected a whole number, 1 or more",
  ],
  [
    "warmUp",
    () => schedules.warmUp(-1, { steps: 1 }),
    "Cannot make a schedule with then: received -1, expected 0 or more",
  ],
  [
    "oneCycle",
    () => schedules.oneCycle({ maxLearningRate: 1, totalSteps: 3 }),
    "Cannot make a schedule with warmUpFraction: received 0.3, expected a share of more than 1 " +
    "step, and less than all",
  ],
  [
    "reduceOnPlateau",
    () => schedules.reduceOnPlateau({ ...rate, factor: 1 }),
    "Cannot make a schedule with factor: received 1, expected a number from 0 to less than 1",
  ],
  [
    "reduceOnPlateau",
    () => schedules.reduceOnPlateau({ ...rate, patience: -1 }),
    "Cannot make a schedule with patience: received -1, expected a whole number, 0 or more",
  ],
];

for (const [name, make, message] of refused) {
  Deno.test(`${name}() refuses: ${message}`, () => {
    assertThrows(make, RangeError, message);
  });
}
