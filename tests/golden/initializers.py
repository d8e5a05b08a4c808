"""Golden spreads of initializers, by PyTorch's rules."""

import math

import torch

from common import random, write


def initializer_cases():
    """The bound and the standard deviation that each initializer's numbers have, by PyTorch's rules."""
    cases = []
    # Standard deviation of a standard normal number cut off at two of it: sampled, to check 0.8796.
    sample = torch.nn.init.trunc_normal_(torch.empty(2_000_000), a=-2, b=2, generator=random)
    truncated = sample.std().item()
    for shape in [[300, 100], [3, 5, 40, 60]]:
        # PyTorch counts fans of [out, in], and of [out, in, height, width]
        probe = torch.empty(shape[-1], shape[-2], *shape[:-2])
        fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(probe)
        relu_gain = torch.nn.init.calculate_gain("relu")
        stds = {
            "glorot": math.sqrt(2 / (fan_in + fan_out)),
            "he": relu_gain / math.sqrt(fan_in),
            "leCun": 1 / math.sqrt(fan_in),
        }
        for name, std in stds.items():
            bounds = {"Uniform": math.sqrt(3) * std, "Normal": 2 * std / truncated}
            for kind, bound in bounds.items():
                cases.append({"name": f"{name}{kind}", "shape": shape, "std": std, "bound": bound})
            # PyTorch's own normal forms are not cut off
            cases.append({"name": f"{name}Normal", "options": {"truncated": False}, "shape": shape, "std": std})
        # He's other mode, which keeps the size of gradients
        std = relu_gain / math.sqrt(fan_out)
        options = {"scale": 2, "mode": "fanOut", "distribution": "uniform"}
        cases.append({"name": "varianceScaling", "options": options, "shape": shape, "std": std,
                      "bound": math.sqrt(3) * std})
    # Keras: the deviation is that before the cut.
    cases.append({"name": "truncatedNormal", "options": {"std": 0.3}, "shape": [300, 100],
                  "std": 0.3 * truncated, "bound": 0.6})
    cases.append({"name": "randomNormal", "options": {"std": 0.3}, "shape": [300, 100], "std": 0.3})
    cases.append({"name": "randomUniform", "options": {"low": -0.3, "high": 0.3}, "shape": [300, 100],
                  "std": 0.6 / math.sqrt(12), "bound": 0.3})
    return cases


write(initializer_cases())
