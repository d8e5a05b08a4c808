/**
 * What people would think of films: each user and each film is a vector that is learned, and the rating
 * is a weighted product of both with what else the layer finds in them (generalized matrix
 * factorization). Users and films that no training row has share one vector. Its test makes
 * ratings that vary by 0.9 with a noise of 0.2, and asks for an error below 0.35.
 *
 * The ratings (100,836 of MovieLens, from https://grouplens.org/datasets/movielens/latest/, 1 MB) are
 * downloaded when they are not there, which needs `--allow-net=files.grouplens.org`, once: on a terminal
 * Deno asks for it. Or name another table with the columns `userId`, `movieId` and `rating`:
 *
 * `deno task train pipelines/recommender.ts --set ratings.path=my_ratings.csv`
 *
 * or one in an archive: `ratings.path=ml-latest-small.zip!/ml-latest-small/ratings.csv`.
 *
 * Source: He et al., "Neural collaborative filtering", WWW 2017, https://arxiv.org/abs/1708.05031
 *
 * @module
 */
import {
  adam,
  backward,
  concatenate,
  csv,
  dense,
  embedding,
  flatten,
  meanAbsoluteError,
  meanSquaredError,
  multiply,
  pipeline,
  rootMeanSquaredError,
  split,
  tokens,
} from "@millrace/millrace";

const ratings = csv({
  path: "https://files.grouplens.org/datasets/movielens/ml-latest-small.zip" +
    "#sha256=696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436" +
    "!/ml-latest-small/ratings.csv",
  columns: { userId: { text: 16 }, movieId: { text: 16 } },
  targets: ["rating"],
});
const rated = split({ test: 0.1, seed: 0 })(ratings);
const users = tokens({ vocabulary: 1024, length: 1 })(rated.userId);
const films = tokens({ vocabulary: 8192, length: 1, minCount: 2 })(rated.movieId);
const userVector = embedding(1024, 16)(users.tokens); // f32[batch, 1, 16]
const filmVector = embedding(8192, 16)(films.tokens);
const user = flatten()(userVector);
const film = flatten()(filmVector);
const both = multiply()([user, film]);
const rating = dense(1)(concatenate()([both, user, film]));
const loss = meanSquaredError()({ predictions: rating, targets: rated.targets });
const gradients = backward()(loss);
const optimizer = adam({ learningRate: 3e-3 })(gradients);

export default pipeline({
  name: "recommender",
  epochs: 5,
  batchSize: 64,
  seed: 0,
  stages: {
    ratings,
    rated,
    users,
    films,
    userVector,
    filmVector,
    user,
    film,
    both,
    rating,
    loss,
    gradients,
    optimizer,
    rmse: rootMeanSquaredError()({ predictions: rating, targets: rated.targets }),
    error: meanAbsoluteError()({ predictions: rating, targets: rated.targets }),
  },
});
