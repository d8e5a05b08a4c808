import { assert } from "@std/assert";
import { RandomStream, train } from "@millrace/millrace";
import recommender from "../../pipelines/recommender.ts";

/** Ratings of 60 users for 50 films, by two tastes and how good a film is; noise of 0.2. */
function ratings(): string {
  const random = new RandomStream(1, "ratings");
  const draw = (count: number) => Array.from({ length: count }, () => random.normal());
  const users = Array.from({ length: 60 }, () => draw(2));
  const films = Array.from({ length: 50 }, () => draw(3));
  const lines = users.flatMap((user, u) =>
    films.map((film, f) => {
      const liking = 3 + 0.5 * (user[0]! * film[0]! + user[1]! * film[1]!) + 0.5 * film[2]!;
      return `${u + 1},${1000 + f},${(liking + 0.2 * random.normal()).toFixed(2)}`;
    })
  );
  return `userId,movieId,rating\n${lines.join("\n")}\n`;
}

Deno.test("pipelines/recommender.ts finds the tastes that ratings are made of", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/ratings.csv`, ratings());
    const { metrics } = await train(recommender, {
      set: {
        "ratings.path": `${folder}/ratings.csv`,
        epochs: 30,
        "optimizer.learningRate": 0.01,
      },
    });
    // they vary by √(0.5 + 0.25 + 0.04), and with how good a film is alone √0.54 would be left
    assert(metrics.test!["rmse"]! < 0.35, JSON.stringify(metrics));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
