"""Golden values of sounds at another sample rate: SciPy's resample_poly with its standard filter."""

import scipy
import torch
from scipy.signal import resample_poly

from common import draw, plain, write


def case(samples, from_, to):
    x = draw(samples, low=-1, high=1)
    return {
        "name": f"{samples} samples from {from_} to {to} Hz",
        "from": from_,
        "to": to,
        "x": plain(x),
        "output": plain(torch.tensor(resample_poly(x.numpy(), to, from_))),
    }


write(
    [
        case(100, 16000, 8000),
        case(60, 8000, 16000),
        case(150, 44100, 16000),
        case(50, 22050, 32000),
        case(40, 8001, 8000),
        case(2, 48000, 16000),
    ],
    scipy=scipy.__version__,
)
