"""Golden trajectories of training a network: what PyTorch does in float64, or the formula
that `by` names."""

import torch
import torch.nn.functional as F

from common import draw, plain, random, write
from recipes import GROUPED, RECIPES, SCHEDULED, Averaged, Scheduled, author, parts_at


def training_cases():
    """A network 12-8-5 over 40 rows in batches of 10, in the order of the rows: 20 steps, 5 epochs."""
    rows, features, hidden, classes, batch = 40, 12, 8, 5, 10
    x = draw(rows, features)
    labels = torch.randint(classes, (rows,), generator=random)
    start = {
        "dense1.weight": draw(features, hidden, low=-0.5, high=0.5),
        "dense1.bias": draw(hidden, low=-0.1, high=0.1),
        "dense2.weight": draw(hidden, classes, low=-0.5, high=0.5),
        "dense2.bias": draw(classes, low=-0.1, high=0.1),
    }
    cases = [{
        "name": "data",
        "batchSize": batch,
        "x": plain(x),
        "labels": labels.tolist(),
        "classes": classes,
        "start": {path: plain(value) for path, value in start.items()},
    }]
    recipes = [
        (name, {"parts": parts_at(parts, rate)}, lambda params, make=make, rate=rate: make(params, rate))
        for name, (parts, _, rate, make) in RECIPES.items()
    ]
    recipes += [(name, {"parts": parts}, make) for name, (parts, make) in SCHEDULED.items()]
    recipes += [(name, {"groups": groups}, make) for name, (groups, make) in GROUPED.items()]
    for name, declared, make in recipes:
        weights = {path: value.clone().requires_grad_(True) for path, value in start.items()}
        stepper = make(list(weights.values()))
        losses, rates = [], set()
        for step in range(20):
            at = step * batch % rows
            hiddens = torch.relu(x[at:at + batch] @ weights["dense1.weight"] + weights["dense1.bias"])
            logits = hiddens @ weights["dense2.weight"] + weights["dense2.bias"]
            loss = F.cross_entropy(logits, labels[at:at + batch])
            stepper.zero_grad()
            loss.backward()
            if isinstance(stepper, Scheduled):
                rates.add(stepper.inner.param_groups[0]["lr"])
            stepper.step()
            losses.append(loss.item())
            if isinstance(stepper, Scheduled):
                stepper.saw(loss.item())
        if isinstance(stepper, Scheduled) and name != "constant":
            assert len(rates) > 1, f"{name}: the rate never changes"
        # an average stands in for the parameters in the trained model
        trained = stepper.weights() if isinstance(stepper, Averaged) else weights.values()
        cases.append({
            "name": name,
            "by": author(name),
            **declared,
            "losses": losses,
            "weights": {path: plain(value) for path, value in zip(weights, trained)},
        })
    return cases


write(training_cases())
