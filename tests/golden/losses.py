"""Golden values of losses: value and gradient by PyTorch in float64."""

import math

import torch
import torch.nn.functional as F

from common import draw, number, plain, write


def loss_cases():
    cases = []

    def case(name, loss, reduction, function, inputs):
        """`inputs` by port; the first is the one that is differentiated by."""
        first = next(iter(inputs))
        leaf = inputs[first].clone().requires_grad_(True)
        value = function(leaf, *list(inputs.values())[1:])
        (gradient,) = torch.autograd.grad(value, [leaf])
        cases.append({
            "name": f"{name}, {reduction}",
            "loss": loss,
            "options": {"reduction": reduction},
            "inputs": {port: plain(x) for port, x in inputs.items()},
            "value": number(value.item()),
            "gradient": plain(gradient),
        })

    for reduction in ["mean", "sum"]:
        # A sum of losses adds up one loss per example; PyTorch's sum is over all elements.
        per_example = {"mean": torch.mean, "sum": torch.sum}[reduction]
        case("meanSquaredError", "meanSquaredError", reduction,
             lambda p, t: per_example(F.mse_loss(p, t, reduction="none").mean(dim=1)),
             {"predictions": draw(4, 3), "targets": draw(4, 3)})
        case("meanSquaredError of one axis", "meanSquaredError", reduction,
             lambda p, t: F.mse_loss(p, t, reduction=reduction),
             {"predictions": draw(4), "targets": draw(4)})
        labels = torch.tensor([0, 2, 1, 4, 2])
        logits = {"cross-entropy": draw(5, 5), "cross-entropy far from 0": draw(5, 5, low=-800, high=800)}
        for name, scores in logits.items():
            case(f"sparse {name}", "sparseCategoricalCrossEntropy", reduction,
                 lambda x, y: F.cross_entropy(x, y, reduction=reduction),
                 {"logits": scores, "labels": labels})
            case(f"one-hot {name}", "categoricalCrossEntropy", reduction,
                 lambda x, y: F.cross_entropy(x, y, reduction=reduction),
                 {"logits": scores, "targets": F.one_hot(labels, 5).double()})
        smooth = torch.softmax(draw(5, 5), -1).float().double()
        case("soft cross-entropy", "categoricalCrossEntropy", reduction,
             lambda x, y: F.cross_entropy(x, y, reduction=reduction),
             {"logits": draw(5, 5), "targets": smooth})
    # Classes that are masked, of which the last is a label; one-hot, PyTorch's loss is NaN.
    masked = torch.tensor([[1, -math.inf, 0.5], [-math.inf, -math.inf, 3], [0, 2, -math.inf]])
    for name, labels in {"": [0, 2, 1], ", a label too": [0, 2, 2]}.items():
        labels = torch.tensor(labels)
        case(f"sparse cross-entropy, masked{name}", "sparseCategoricalCrossEntropy", "mean",
             F.cross_entropy, {"logits": masked, "labels": labels})
        case(f"one-hot cross-entropy, masked{name}", "categoricalCrossEntropy", "mean",
             F.cross_entropy, {"logits": masked, "targets": F.one_hot(labels, 3).double()})
    return cases


write(loss_cases())
