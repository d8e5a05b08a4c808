"""Golden values of transforms of tables: fitted to some rows and applied to others by scikit-learn."""

import math

import numpy as np
import sklearn
import torch
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

from common import draw, plain, write

TRAIN = draw(23, 4, low=-3, high=5)
TEST = draw(7, 4, low=-4, high=6)
HOLES = TRAIN.clone()
HOLES[::5, 1] = math.nan
HOLES[3:9, 2] = math.nan
ROUND = TRAIN.round()
ROUND[2::7, 0] = math.nan


def case(name, transform, arguments, theirs, train=TRAIN, test=TEST):
    theirs.fit(train.numpy())
    return {
        "name": name,
        "transform": transform,
        "arguments": arguments,
        "train": plain(train),
        "test": plain(test),
        "output": plain(torch.tensor(theirs.transform(test.numpy()))),
    }


def bins(encode):
    return KBinsDiscretizer(
        5, encode=encode, strategy="quantile", quantile_method="linear", subsample=None
    )


write(
    [
        case("standardize", "standardize", [], StandardScaler()),
        case("minMax", "minMax", [], MinMaxScaler()),
        case("minMax to a range", "minMax", [{"min": -2, "max": 3}], MinMaxScaler((-2, 3))),
        case("minMax with holes", "minMax", [], MinMaxScaler(), HOLES, HOLES),
        case("robust", "robust", [], RobustScaler()),
        case(
            "robust by tenths",
            "robust",
            [{"lower": 0.1, "upper": 0.9}],
            RobustScaler(quantile_range=(10, 90)),
        ),
        case("robust with holes", "robust", [], RobustScaler(), HOLES, HOLES),
        case("quantileBins", "quantileBins", [5], bins("ordinal")),
        case("quantileBins one-hot", "quantileBins", [5, {"encode": "oneHot"}], bins("onehot-dense")),
        case("impute", "impute", [], SimpleImputer(), HOLES, HOLES),
        case(
            "impute median", "impute", [{"strategy": "median"}], SimpleImputer(strategy="median"), HOLES, HOLES
        ),
        case(
            "impute most frequent",
            "impute",
            [{"strategy": "mostFrequent"}],
            SimpleImputer(strategy="most_frequent"),
            ROUND,
            ROUND,
        ),
        case(
            "impute constant",
            "impute",
            [{"strategy": "constant", "value": 7}],
            SimpleImputer(strategy="constant", fill_value=7),
            HOLES,
            HOLES,
        ),
        *[
            case(
                f"polynomialFeatures {degree}{' of different ones' if only else ''}",
                "polynomialFeatures",
                [{"degree": degree, "interactionOnly": only}],
                PolynomialFeatures(degree, interaction_only=only, include_bias=False),
            )
            for degree in (2, 4)
            for only in (False, True)
        ],
    ],
    **{"scikit-learn": sklearn.__version__, "numpy": np.__version__},
)
