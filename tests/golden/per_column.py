"""Columns of a table through transforms of their own, as scikit-learn's ColumnTransformer makes them."""

import numpy as np
import pandas
import sklearn
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

from common import plain, write

rng = np.random.default_rng(6)
rows = 12
table = pandas.DataFrame({
    "age": np.where(np.arange(rows) % 4 == 1, np.nan, np.round(rng.normal(40, 12, rows), 1)),
    "fare": np.round(rng.gamma(2, 20, rows), 2),
    "sex": np.array(["female", "male"])[rng.integers(0, 2, rows)],
    "width": np.round(rng.normal(0, 1, rows), 3),
    "height": np.round(rng.normal(0, 1, rows), 3),
})
made = ColumnTransformer(
    [
        ("age", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age"]),
        ("sex", OneHotEncoder(sparse_output=False), ["sex"]),
        ("fare", "passthrough", ["fare"]),
        ("features", PolynomialFeatures(2, include_bias=False), ["width", "height"]),
    ],
    verbose_feature_names_out=False,
)
output = made.fit_transform(table)

write(
    [{
        "name": "a table",
        "csv": table.to_csv(index=False),
        "names": list(made.get_feature_names_out()),
        "output": plain(torch.from_numpy(output)),
    }],
    **{"scikit-learn": sklearn.__version__, "numpy": np.__version__, "pandas": pandas.__version__},
)
