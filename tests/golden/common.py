"""What the scripts of golden values share: numbers to begin with, gradients, and the files.

Inputs are drawn with a seed of each file's own and rounded to float32, so that every device can hold
them exactly. Weights are kept as Millrace has them, [in, out]; PyTorch's are their transposes. Images
are kept with their channels last, and kernels as [height, width, in, out]; PyTorch has channels before
height.
"""

import json
import math
import platform
import sys
import zlib
from pathlib import Path

import torch

HERE = Path(__file__).parent
FILE = Path(sys.argv[0]).stem
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
random = torch.Generator().manual_seed(zlib.crc32(FILE.encode()))


def draw(*shape, low=-2.0, high=2.0):
    """Uniform numbers that float32 holds exactly."""
    x = torch.rand(shape, generator=random) * (high - low) + low
    return x.float().double()


def plain(x):
    """A tensor as JSON: shape and row-major numbers; infinities and NaN by name."""
    x = x.detach()
    return {"shape": list(x.shape), "data": [number(v) for v in x.reshape(-1).tolist()]}


def number(v):
    """A number as JSON, which has no word for infinities and NaN: these as strings that JavaScript reads."""
    return v if math.isfinite(v) else str(v).replace("inf", "Infinity").replace("nan", "NaN")


def write(cases, **versions):
    """Writes the cases of the script that runs, beside it and under its name."""
    document = {
        "source": f"tests/golden/{FILE}.py",
        "versions": {"torch": torch.__version__, "python": platform.python_version(), **versions},
        "cases": cases,
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    # One case a line, so that a change can be reviewed.
    text = text.replace('{"name":', '\n{"name":')
    (HERE / f"{FILE}.json").write_text(text + "\n")


def differentiate(function, inputs):
    """Value of a function, and the gradients of its sum weighted by a random cotangent."""
    leaves = [x.clone().requires_grad_(True) for x in inputs]
    output = function(*leaves)
    cotangent = draw(*output.shape)
    if output.requires_grad:
        gradients = torch.autograd.grad(output, leaves, cotangent, allow_unused=True)
    else:
        gradients = [None] * len(leaves)
    return output, cotangent, gradients
