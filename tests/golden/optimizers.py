"""Golden trajectories of optimizers: what PyTorch does in float64, or the formula that `by` names."""

import torch

from common import write
from recipes import RECIPES, author, parts_at


def optimizer_cases():
    """Twenty steps on Rosenbrock's function from its usual start."""
    cases = []
    for name, (parts, rate, _, make) in RECIPES.items():
        x = torch.tensor([-1.2, 1.0]).float().double().requires_grad_(True)
        stepper = make([x], rate)
        losses, params = [], []
        for _ in range(20):
            stepper.zero_grad()
            loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
            loss.backward()
            stepper.step()
            losses.append(loss.item())
            params.append(x.detach().tolist())
        cases.append({
            "name": name,
            "by": author(name),
            "parts": parts_at(parts, rate),
            "start": torch.tensor([-1.2, 1.0]).float().double().tolist(),
            "losses": losses,
            "params": params,
        })
    return cases


write(optimizer_cases())
