"""Golden values of losses: value and gradients by PyTorch in float64.

Where PyTorch has no such loss, the formula is Keras's (or that of the paper), written out and
differentiated by PyTorch. A mean is over rows: with weights of examples or classes, Keras's
"sum_over_batch_size", which divides by the number of rows and not by the sum of the weights.
"""

import math

import torch
import torch.nn.functional as F

from common import draw, number, plain, write

cases = []


def case(name, loss, function, inputs, by=None, classes=None, **options):
    """
    `function` gives losses of examples; `inputs` by port, which it is called with in their order, save
    `sampleWeight`; `by`: ports to differentiate by, the first if none is given.
    """
    by = by or [next(iter(inputs))]
    leaves = {
        port: x.clone().requires_grad_(True) if port in by else x for port, x in inputs.items()
    }
    weight = leaves.pop("sampleWeight", torch.tensor(1.0)).reshape(-1)
    losses = function(*leaves.values()) * weight
    assert losses.dim() == 1, name
    for reduction in ["mean", "sum"]:
        value = losses.mean() if reduction == "mean" else losses.sum()
        gradients = torch.autograd.grad(value, [leaves[port] for port in by], retain_graph=True)
        cases.append({
            "name": f"{name}, {reduction}",
            "loss": loss,
            "options": {"reduction": reduction, **options},
            "inputs": {port: plain(x) for port, x in inputs.items()},
            **({} if classes is None else {"classes": classes}),
            "value": number(value.item()),
            "gradients": {port: plain(x) for port, x in zip(by, gradients)},
        })


def of_example(losses):
    return losses.reshape(losses.shape[0], -1).mean(dim=1)


def pair(*shape, low=-2.0, high=2.0):
    return {"predictions": draw(*shape, low=low, high=high), "targets": draw(*shape)}


def none(function, **options):
    """A loss of PyTorch, of elements, averaged over each example."""
    return lambda *inputs: of_example(function(*inputs, reduction="none", **options))


weights = torch.tensor([0.5, 2.0, 0.0, 1.25])

# Regression.
regression = {
    "meanSquaredError": none(F.mse_loss),
    "meanAbsoluteErrorLoss": none(F.l1_loss),
    "huber": none(F.huber_loss),
    "logCosh": lambda p, t: of_example(torch.log(torch.cosh(p - t))),
    # Keras: 100 |t - p| / max(|t|, epsilon)
    "meanAbsolutePercentageError": lambda p, t: of_example(100 * (t - p).abs() / t.abs().clamp(min=1e-7)),
    "poisson": lambda p, t: none(F.poisson_nll_loss, log_input=True)(p, t),
}
for loss, function in regression.items():
    case(loss, loss, function, pair(4, 3))
    case(f"{loss} of one axis", loss, function, pair(4))
    case(f"{loss}, weighted", loss, function, {**pair(4, 2, 3), "sampleWeight": weights})
case("meanSquaredError, weighted by a column", "meanSquaredError", none(F.mse_loss),
     {**pair(4, 3), "sampleWeight": weights.reshape(4, 1)})
case("meanSquaredError by targets", "meanSquaredError", none(F.mse_loss), pair(4, 3), by=["predictions", "targets"])
case("huber, delta 0.3", "huber", none(F.huber_loss, delta=0.3), pair(4, 3), delta=0.3)
case("logCosh far from 0", "logCosh", lambda p, t: of_example((p - t).abs() - math.log(2)),
     pair(4, 3, low=300, high=800))
case("meanAbsolutePercentageError of 0", "meanAbsolutePercentageError",
     lambda p, t: of_example(100 * (t - p).abs() / t.abs().clamp(min=0.5)),
     {"predictions": draw(3, 2), "targets": torch.tensor([[0.0, 1], [-0.25, 2], [0, 0]])}, epsilon=0.5)
# Keras: p - t log(p + 1e-7)
case("poisson of rates", "poisson", lambda p, t: of_example(p - t * torch.log(p + 1e-7)),
     pair(4, 3, low=0.1, high=3), predicts="rate")

# Classes.
labels = torch.tensor([0, 2, 1, 4, 2])
rows = torch.tensor([1.0, 0.5, 0, 3, 0.75])
class_weights = [0.5, 2.0, 2.0, 1.0, 0.25]
by_class = torch.tensor(class_weights)[labels]
entropy = none(F.cross_entropy)
logits = {"cross-entropy": draw(5, 5), "cross-entropy far from 0": draw(5, 5, low=-800, high=800)}
for name, scores in logits.items():
    case(f"sparse {name}", "sparseCategoricalCrossEntropy", entropy, {"logits": scores, "labels": labels})
    case(f"one-hot {name}", "categoricalCrossEntropy", entropy,
         {"logits": scores, "targets": F.one_hot(labels, 5).double()})
smooth = torch.softmax(draw(5, 5), -1).float().double()
case("soft cross-entropy", "categoricalCrossEntropy", entropy, {"logits": draw(5, 5), "targets": smooth})
case("soft cross-entropy, smoothed, weighted", "categoricalCrossEntropy", none(F.cross_entropy, label_smoothing=0.2),
     {"logits": draw(5, 5), "targets": smooth, "sampleWeight": rows}, labelSmoothing=0.2)
places = torch.softmax(draw(3, 4, 5), -1).float().double()
# PyTorch has classes before places
case("cross-entropy of places", "categoricalCrossEntropy",
     lambda x, t: of_example(F.cross_entropy(x.transpose(1, 2), t.transpose(1, 2), reduction="none")),
     {"logits": draw(3, 4, 5), "targets": places})
case("sparse cross-entropy, smoothed", "sparseCategoricalCrossEntropy", none(F.cross_entropy, label_smoothing=0.1),
     {"logits": draw(5, 5), "labels": labels}, labelSmoothing=0.1)
case("sparse cross-entropy, weighted", "sparseCategoricalCrossEntropy", entropy,
     {"logits": draw(5, 5), "labels": labels, "sampleWeight": rows})
case("sparse cross-entropy, classes weighted", "sparseCategoricalCrossEntropy",
     none(F.cross_entropy, weight=torch.tensor(class_weights)), {"logits": draw(5, 5), "labels": labels},
     classWeights=class_weights)
case("sparse cross-entropy, all weights", "sparseCategoricalCrossEntropy",
     lambda x, y: by_class * F.cross_entropy(x, y, reduction="none", label_smoothing=0.1),
     {"logits": draw(5, 5), "labels": labels, "sampleWeight": rows}, classWeights=class_weights, labelSmoothing=0.1)
# Classes that are masked, of which the last is a label; one-hot, PyTorch's loss is NaN.
masked = torch.tensor([[1, -math.inf, 0.5], [-math.inf, -math.inf, 3], [0, 2, -math.inf]])
for name, own in {"": [0, 2, 1], ", a label too": [0, 2, 2]}.items():
    own = torch.tensor(own)
    case(f"sparse cross-entropy, masked{name}", "sparseCategoricalCrossEntropy", entropy,
         {"logits": masked, "labels": own})
    case(f"one-hot cross-entropy, masked{name}", "categoricalCrossEntropy", entropy,
         {"logits": masked, "targets": F.one_hot(own, 3).double()})


def focal(x, y, gamma=2.0):
    """Keras: (1 - p)^gamma · -log p, of the label's p."""
    surprise = F.cross_entropy(x, y, reduction="none")
    return (1 - torch.exp(-surprise)) ** gamma * surprise


case("focal cross-entropy", "focalCrossEntropy", focal, {"logits": draw(5, 5), "labels": labels})
case("focal cross-entropy, gamma 0.5, weighted", "focalCrossEntropy", lambda x, y: by_class * focal(x, y, 0.5),
     {"logits": draw(5, 5), "labels": labels, "sampleWeight": rows}, gamma=0.5, classWeights=class_weights)
case("focal cross-entropy, gamma 0", "focalCrossEntropy", entropy, {"logits": draw(5, 5), "labels": labels}, gamma=0)


def crammer_singer(x, y, squared=False):
    others = x.masked_fill(F.one_hot(y, x.shape[1]).bool(), -math.inf).amax(dim=1)
    loss = (1 - (x.gather(1, y[:, None])[:, 0] - others)).clamp(min=0)
    return loss ** 2 if squared else loss


case("hinge of classes", "hinge", crammer_singer, {"logits": draw(5, 5), "labels": labels})
case("hinge of classes, squared, weighted", "hinge", lambda x, y: by_class * crammer_singer(x, y, True),
     {"logits": draw(5, 5), "labels": labels}, squared=True, classWeights=class_weights)
case("hinge of classes, masked", "hinge", crammer_singer, {"logits": masked, "labels": torch.tensor([0, 2, 1])})


def kl(x, t):
    losses = F.kl_div(F.log_softmax(x, -1), t, reduction="none").sum(dim=-1)
    return of_example(losses)


case("klDivergence", "klDivergence", kl, {"logits": draw(5, 5), "targets": smooth}, by=["logits", "targets"])
case("klDivergence of zeros", "klDivergence", kl, {"logits": draw(5, 5), "targets": F.one_hot(labels, 5).double()})
case("klDivergence of places, weighted", "klDivergence", kl,
     {"logits": draw(3, 4, 5), "targets": places, "sampleWeight": weights[:3]})

# Yes and no.
yes = torch.tensor([1, 0, 0, 1, 1])
share = torch.rand(5, 3, generator=torch.Generator().manual_seed(1)).float().double()


def surprise(x, t, **options):
    return F.binary_cross_entropy_with_logits(x, t.double(), reduction="none", **options)


def binary(x, t, **options):
    return of_example(surprise(x.reshape(t.shape), t, **options))


for name, scores in {"": draw(5, 1), " far from 0": draw(5, 1, low=-800, high=800)}.items():
    case(f"binary cross-entropy{name}", "binaryCrossEntropy", binary, {"logits": scores, "labels": yes}, classes=2)
case("binary cross-entropy of one axis", "binaryCrossEntropy", binary, {"logits": draw(5), "labels": yes}, classes=2)
case("binary cross-entropy at 0", "binaryCrossEntropy", binary, {"logits": torch.zeros(5), "labels": yes}, classes=2)
case("binary cross-entropy, classes weighted", "binaryCrossEntropy",
     lambda x, y: 0.5 * binary(x, y, pos_weight=torch.tensor(6.0)),
     {"logits": draw(5, 1), "labels": yes}, classes=2, classWeights=[0.5, 3])
case("binary cross-entropy, smoothed, weighted", "binaryCrossEntropy",
     lambda x, y: binary(x, y.double() * 0.8 + 0.1),
     {"logits": draw(5, 1), "labels": yes, "sampleWeight": rows}, classes=2, labelSmoothing=0.2)
infinite = torch.tensor([math.inf, -math.inf, -3.0, 2.0, math.inf])
case("binary cross-entropy, certain", "binaryCrossEntropy",
     lambda x, y: F.softplus(torch.where(y == 1, -x, x)), {"logits": infinite, "labels": yes}, classes=2)
case("binary cross-entropy of targets", "binaryCrossEntropy", binary, {"logits": draw(5, 3), "targets": share})
case("binary cross-entropy of targets far from 0, smoothed", "binaryCrossEntropy",
     lambda x, t: binary(x, t * 0.7 + 0.15), {"logits": draw(5, 3, low=-800, high=800), "targets": share},
     labelSmoothing=0.3)


def binary_focal(x, t, gamma=2.0, alpha=None):
    """torchvision's sigmoid_focal_loss: (1 - p_t)^gamma · cross-entropy, times alpha_t."""
    x = x.reshape(t.shape)
    t = t.double()
    p = torch.sigmoid(x)
    losses = (p * (1 - t) + (1 - p) * t) ** gamma * surprise(x, t)
    return of_example(losses if alpha is None else losses * (alpha * t + (1 - alpha) * (1 - t)))


case("binary focal cross-entropy", "binaryFocalCrossEntropy", binary_focal, {"logits": draw(5, 1), "labels": yes},
     classes=2)
case("binary focal cross-entropy, alpha, weighted", "binaryFocalCrossEntropy",
     lambda x, t: binary_focal(x, t, 0.5, 0.25),
     {"logits": draw(5, 3), "targets": share, "sampleWeight": rows}, gamma=0.5, alpha=0.25)


def hinge(x, y):
    return (1 - torch.where(y == 1, x.reshape(-1), -x.reshape(-1))).clamp(min=0)


case("hinge", "hinge", hinge, {"logits": draw(5, 1), "labels": yes}, classes=2)
case("hinge, squared", "hinge", lambda x, y: hinge(x, y) ** 2, {"logits": draw(5), "labels": yes}, classes=2,
     squared=True)

# Embeddings.
case("cosineDistance", "cosineDistance", lambda p, t: 1 - F.cosine_similarity(p, t, dim=1), pair(4, 3),
     by=["predictions", "targets"])
case("cosineDistance of places, weighted", "cosineDistance",
     lambda p, t: of_example(1 - F.cosine_similarity(p, t, dim=-1)), {**pair(4, 2, 3), "sampleWeight": weights})
triple = {"anchor": draw(5, 3), "positive": draw(5, 3), "negative": draw(5, 3)}
case("tripletLoss", "tripletLoss", lambda a, p, n: F.triplet_margin_loss(a, p, n, reduction="none"), triple,
     by=list(triple))


def squared_triplet(a, p, n):
    return (F.pairwise_distance(a, p) ** 2 - F.pairwise_distance(a, n) ** 2 + 0.5).clamp(min=0)


case("tripletLoss, squared, weighted", "tripletLoss", squared_triplet, {**triple, "sampleWeight": rows},
     by=list(triple), margin=0.5, squared=True)
# Equal embeddings: the distance is that of 1e-6 in each feature.
case("tripletLoss of equal embeddings", "tripletLoss",
     lambda a, p, n: F.triplet_margin_loss(a, p, n, reduction="none"),
     {"anchor": triple["anchor"], "positive": triple["anchor"], "negative": triple["negative"]}, by=list(triple))


def contrastive(a, b, y, margin=1.0):
    """TensorFlow Addons: y d² + (1 - y) max(margin - d, 0)²."""
    d = F.pairwise_distance(a, b)
    return torch.where(y == 1, d ** 2, (margin - d).clamp(min=0) ** 2)


case("contrastiveLoss", "contrastiveLoss", contrastive,
     {"first": draw(5, 3), "second": draw(5, 3), "labels": yes}, by=["first", "second"], classes=2)
case("contrastiveLoss, margin 3, classes weighted", "contrastiveLoss",
     lambda a, b, y: torch.where(y == 1, 2.0, 0.5) * contrastive(a, b, y, 3.0),
     {"first": draw(5, 3), "second": draw(5, 3), "labels": yes}, by=["first", "second"], classes=2,
     margin=3, classWeights=[0.5, 2])

write(cases)
