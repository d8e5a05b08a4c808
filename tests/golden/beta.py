"""Golden values of symmetric beta distributions: SciPy's quantiles, and what lies below some numbers."""

import numpy as np
import scipy
import torch
from scipy.stats import beta

from common import plain, write

PLACES = [1, 2, 7, 64, 500, 1024, 1500, 2000, 2047, 2048]
NUMBERS = np.array([1e-6, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999])


def case(alpha):
    shares = (np.array(PLACES) / 2048) ** 2 / 2
    return {
        "name": f"alpha {alpha}",
        "alpha": alpha,
        "places": PLACES,
        "quantiles": plain(torch.tensor(beta.ppf(shares, alpha, alpha))),
        "numbers": plain(torch.tensor(NUMBERS)),
        "below": plain(torch.tensor(beta.cdf(NUMBERS, alpha, alpha))),
    }


write([case(alpha) for alpha in (0.1, 0.2, 0.4, 1, 2, 32)], scipy=scipy.__version__)
