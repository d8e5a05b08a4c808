"""Golden trajectories of optimizers: what PyTorch does in float64."""

import torch

from common import write


OPTIMIZERS = {
    "sgd": ("sgd", {"learningRate": 0.001}, lambda p: torch.optim.SGD(p, lr=0.001)),
    "sgd with momentum": (
        "sgd",
        {"learningRate": 0.0005, "momentum": 0.9},
        lambda p: torch.optim.SGD(p, lr=0.0005, momentum=0.9),
    ),
    "sgd with Nesterov's momentum": (
        "sgd",
        {"learningRate": 0.0005, "momentum": 0.9, "nesterov": True},
        lambda p: torch.optim.SGD(p, lr=0.0005, momentum=0.9, nesterov=True),
    ),
    "adam": (
        "adam",
        {"learningRate": 0.05, "epsilon": 1e-8},
        lambda p: torch.optim.Adam(p, lr=0.05, eps=1e-8),
    ),
    "adam with other decays": (
        "adam",
        {"learningRate": 0.02, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3},
        lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-3),
    ),
}


def optimizer_cases():
    """Twenty steps on Rosenbrock's function from its usual start."""
    cases = []
    for name, (optimizer, options, make) in OPTIMIZERS.items():
        x = torch.tensor([-1.2, 1.0]).float().double().requires_grad_(True)
        stepper = make([x])
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
            "optimizer": optimizer,
            "options": options,
            "start": torch.tensor([-1.2, 1.0]).float().double().tolist(),
            "losses": losses,
            "params": params,
        })
    return cases


write(optimizer_cases())
