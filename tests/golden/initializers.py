"""Golden distributions of initializers, by PyTorch's rules."""

import math

import torch

from common import plain, write

NORMAL = torch.distributions.Normal(0.0, 1.0)
# Standard deviation of a standard normal number cut off at two of it, by its formula.
WITHIN = math.erf(math.sqrt(2))
TRUNCATED = math.sqrt(1 - 2 * 2 * math.exp(-2) / math.sqrt(2 * math.pi) / WITHIN)
PROBABILITIES = [i / 20 for i in range(1, 20)]


def distribution(kind, std):
    """Bound, and the quantiles at every twentieth, of numbers of mean 0 and a standard deviation."""
    p = torch.tensor(PROBABILITIES)
    if kind == "uniform":
        bound = math.sqrt(3) * std
        return {"std": std, "bound": bound, "quantiles": (bound * (2 * p - 1)).tolist()}
    if kind == "normal":
        return {"std": std, "quantiles": (std * NORMAL.icdf(p)).tolist()}
    before = std / TRUNCATED
    inside = NORMAL.cdf(torch.tensor(-2.0)) + p * WITHIN
    return {"std": std, "bound": 2 * before, "quantiles": (before * NORMAL.icdf(inside)).tolist()}


def initializer_cases():
    """How the numbers of each initializer are spread, by PyTorch's rules."""
    cases = []
    # the formula against numbers that PyTorch draws
    sample = torch.nn.init.trunc_normal_(
        torch.empty(2_000_000), a=-2, b=2, generator=torch.Generator().manual_seed(0)
    )
    assert abs(sample.std().item() / TRUNCATED - 1) < 2e-3
    for shape in [[300, 100], [9, 40, 80], [3, 5, 40, 60]]:
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
            cases.append({"name": f"{name}Uniform", "shape": shape, **distribution("uniform", std)})
            cases.append({"name": f"{name}Normal", "shape": shape, **distribution("truncated", std)})
            # PyTorch's own normal forms are not cut off
            cases.append({"name": f"{name}Normal", "options": {"truncated": False}, "shape": shape,
                          **distribution("normal", std)})
        # the other modes: He's keeps the size of gradients
        for mode, fan in [("fanOut", fan_out), ("fanAverage", (fan_in + fan_out) / 2)]:
            for kind, ours in [("uniform", "uniform"), ("normal", "normal"), ("truncated", "truncatedNormal")]:
                options = {"scale": 2, "mode": mode, "distribution": ours}
                cases.append({"name": "varianceScaling", "options": options, "shape": shape,
                              **distribution(kind, math.sqrt(2 / fan))})
    # Keras: the deviation is that before the cut.
    cases.append({"name": "truncatedNormal", "options": {"std": 0.3}, "shape": [300, 100],
                  **distribution("truncated", 0.3 * TRUNCATED)})
    cases.append({"name": "randomNormal", "options": {"std": 0.3}, "shape": [300, 100],
                  **distribution("normal", 0.3)})
    cases.append({"name": "randomUniform", "options": {"low": -0.3, "high": 0.3}, "shape": [300, 100],
                  **distribution("uniform", 0.6 / math.sqrt(12))})
    # those without chance: their numbers
    for shape in [[3, 3], [4, 2], [2, 5]]:
        values = plain(2.5 * torch.nn.init.eye_(torch.empty(shape)))
        cases.append({"name": "identity", "options": {"gain": 2.5}, "shape": shape, "values": values["data"]})
    for name, options, value in [("zeros", None, 0), ("ones", None, 1), ("constant", -0.25, -0.25)]:
        values = plain(torch.nn.init.constant_(torch.empty(2, 3), value))
        cases.append({"name": name, "options": options, "shape": [2, 3], "values": values["data"]})
    return cases


write(initializer_cases())
