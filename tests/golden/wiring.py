"""Golden values of how layers are wired: merges of branches, residual blocks, and training where
layers are shared, frozen, or belong to one of two optimizers, by PyTorch in float64."""

import torch
import torch.nn.functional as F

from common import differentiate, draw, plain, write


MERGES = {
    "add": (lambda *x: sum(x[1:], x[0]), 3),
    "subtract": (lambda a, b: a - b, 2),
    "multiply": (lambda *x: torch.stack(x).prod(0), 3),
    "average": (lambda *x: torch.stack(x).mean(0), 3),
    "maximum": (lambda a, b, c: torch.maximum(torch.maximum(a, b), c), 3),
    "minimum": (lambda a, b, c: torch.minimum(torch.minimum(a, b), c), 3),
    "concatenate": (lambda *x: torch.cat(x, -1), 3),
}


def merge_case(name, layer, arguments, function, inputs):
    output, cotangent, gradients = differentiate(function, inputs)
    return {
        "name": name,
        "layer": layer,
        "arguments": arguments,
        "x": [plain(x) for x in inputs],
        "output": plain(output),
        "cotangent": plain(cotangent),
        "gradients": [plain(g) for g in gradients],
    }


def merge_cases():
    cases = [
        merge_case(name, name, [], function, [draw(2, 3, 2) for _ in range(count)])
        for name, (function, count) in MERGES.items()
    ]
    tied = draw(2, 3)
    cases += [
        merge_case(f"{name} of equal values", name, [], getattr(torch, name), [tied, tied])
        for name in ["maximum", "minimum"]
    ]
    return cases + [
        merge_case(
            "concatenate along axis 1", "concatenate", [{"axis": 1}],
            lambda a, b: torch.cat([a, b], 1), [draw(2, 3, 2), draw(2, 1, 2)],
        ),
        merge_case(
            "concatenate of different widths", "concatenate", [],
            lambda a, b: torch.cat([a, b], -1), [draw(2, 3), draw(2, 1)],
        ),
    ]


def residual_cases():
    def case(name, function, x, parameters):
        output, cotangent, gradients = differentiate(function, [x, *parameters.values()])
        return {
            "name": name,
            "x": plain(x),
            "parameters": {key: plain(value) for key, value in parameters.items()},
            "output": plain(output),
            "cotangent": plain(cotangent),
            "gradients": {key: plain(g) for key, g in zip(["x", *parameters], gradients)},
        }

    return [
        case(
            "residual",
            lambda x, w1, b1, w2, b2: x + (torch.tanh(x @ w1 + b1) @ w2 + b2),
            draw(3, 4),
            {
                "branch.dense1.weight": draw(4, 5), "branch.dense1.bias": draw(5),
                "branch.dense2.weight": draw(5, 4), "branch.dense2.bias": draw(4),
            },
        ),
        case(
            "residual with a shortcut",
            lambda x, w1, b1, w2, b2: (x @ w2 + b2) + torch.tanh(x @ w1 + b1),
            draw(3, 4),
            {
                "branch.weight": draw(4, 5), "branch.bias": draw(5),
                "shortcut.weight": draw(4, 5), "shortcut.bias": draw(5),
            },
        ),
    ]


ROWS, STEPS = 6, 10


def trained(name, start, data, losses_of, optimizers, frozen=()):
    """Full-batch training: each optimizer holds some parameters and lowers a loss of its own."""
    weights = {path: value.clone().requires_grad_(path not in frozen) for path, value in start.items()}
    curves = []
    for _ in range(STEPS):
        losses = losses_of(weights, **data)
        curves.append({key: loss.item() for key, loss in losses.items()})
        # all gradients are taken at the weights before the step
        steps = [
            [(path, rate, torch.autograd.grad(losses[loss], weights[path], retain_graph=True)[0])
             for path in paths]
            for loss, paths, rate in optimizers
        ]
        with torch.no_grad():
            for step in steps:
                for path, rate, gradient in step:
                    weights[path] -= rate * gradient
    return {
        "name": name,
        "data": {key: plain(value) for key, value in data.items()},
        "start": {path: plain(value) for path, value in start.items()},
        "losses": curves,
        "weights": {path: plain(value) for path, value in weights.items()},
    }


def training_cases():
    def small(*shape):
        return draw(*shape, low=-0.7, high=0.7)

    def linear(x, weights, path):
        return x @ weights[f"{path}.weight"] + weights[f"{path}.bias"]

    def siamese(weights, a, b, y):
        left, right = (torch.tanh(linear(x, weights, "encoder")) for x in (a, b))
        return {"loss": F.mse_loss(linear(left - right, weights, "distance"), y)}

    def gan(weights, noise, real):
        def critic(x):
            return linear(torch.tanh(linear(x, weights, "critic.dense1")), weights, "critic.dense2")

        made = linear(noise, weights, "made")
        judged = critic(real)
        fooled = critic(made)
        caught = critic(made.detach())
        return {
            "criticLoss": F.mse_loss(judged, torch.ones_like(judged))
            + F.mse_loss(caught, torch.zeros_like(caught)),
            "makerLoss": F.mse_loss(fooled, torch.ones_like(fooled)),
        }

    def distill(weights, x, y):
        teacher = linear(torch.tanh(linear(x, weights, "teacher.dense1")), weights, "teacher.dense2")
        student = linear(x, weights, "student")
        hard, soft = F.mse_loss(student, y), F.mse_loss(student, teacher.detach())
        return {"loss": 0.25 * hard + 0.75 * soft, "hard": hard, "soft": soft}

    critic = ["critic.dense1.weight", "critic.dense1.bias", "critic.dense2.weight", "critic.dense2.bias"]
    return [
        trained(
            "shared",
            {
                "encoder.weight": small(3, 4), "encoder.bias": small(4),
                "distance.weight": small(4, 1), "distance.bias": small(1),
            },
            {"a": draw(ROWS, 3), "b": draw(ROWS, 3), "y": draw(ROWS, 1)},
            siamese,
            [("loss", ["encoder.weight", "encoder.bias", "distance.weight", "distance.bias"], 0.1)],
        ),
        trained(
            "adversaries",
            {
                "made.weight": small(2, 2), "made.bias": small(2),
                "critic.dense1.weight": small(2, 4), "critic.dense1.bias": small(4),
                "critic.dense2.weight": small(4, 1), "critic.dense2.bias": small(1),
            },
            {"noise": draw(ROWS, 2), "real": draw(ROWS, 2)},
            gan,
            [("criticLoss", critic, 0.1), ("makerLoss", ["made.weight", "made.bias"], 0.2)],
        ),
        trained(
            "distilled",
            {
                "teacher.dense1.weight": small(3, 4), "teacher.dense1.bias": small(4),
                "teacher.dense2.weight": small(4, 2), "teacher.dense2.bias": small(2),
                "student.weight": small(3, 2), "student.bias": small(2),
            },
            {"x": draw(ROWS, 3), "y": draw(ROWS, 2)},
            distill,
            [("loss", ["student.weight", "student.bias"], 0.1)],
            frozen=[f"teacher.dense{i}.{part}" for i in (1, 2) for part in ("weight", "bias")],
        ),
    ]


def distillation_cases():
    def case(temperature):
        logits, teacher = draw(4, 5, low=-6.0, high=6.0), draw(4, 5, low=-6.0, high=6.0)
        leaf = logits.clone().requires_grad_(True)
        loss = temperature**2 * F.kl_div(
            torch.log_softmax(leaf / temperature, -1),
            torch.softmax(teacher / temperature, -1),
            reduction="batchmean",
        )
        loss.backward()
        return {
            "name": f"distillation at temperature {temperature}",
            "temperature": temperature,
            "logits": plain(logits),
            "teacher": plain(teacher),
            "loss": loss.item(),
            "gradient": plain(leaf.grad),
        }

    return [case(1), case(4)]


write(
    [{"name": "cases", "merges": merge_cases(), "residuals": residual_cases(), "training": training_cases(), "distillations": distillation_cases()}]
)
