"""Golden values of regularizers: penalties by Keras's formulas, gradients by PyTorch in float64."""

import torch

from common import draw, number, plain, write

cases = []
for l1, l2 in [(0.5, 0), (0, 0.25), (0.01, 0.1)]:
    weights = {"a.weight": draw(3, 4), "b.weight": draw(4, 2), "b.bias": draw(2), "c.kernel": draw(2, 2, 1, 3)}
    weights["a.weight"][0, 0] = 0  # where the absolute value has no derivative: 0, as PyTorch's
    leaves = {path: x.clone().requires_grad_(True) for path, x in weights.items()}
    value = sum(torch.sin(x).mean() for x in leaves.values())
    for x in leaves.values():
        if x.dim() >= 2:
            value = value + l1 * x.abs().sum() + l2 * (x ** 2).sum()
    gradients = torch.autograd.grad(value, list(leaves.values()))
    cases.append({
        "name": f"l1 {l1}, l2 {l2}",
        "options": {"l1": l1, "l2": l2},
        "parameters": {path: plain(x) for path, x in weights.items()},
        "value": number(value.item()),
        "gradients": {path: plain(x) for path, x in zip(leaves, gradients)},
    })

write(cases)
