"""Golden values of normalizations: value, gradients and running statistics by PyTorch in float64.

Running variances are as Keras keeps them, with the number of elements as divisor; PyTorch's, which has
one less, is made from them and compared, and its momentum is one less Keras's.
"""

import torch
import torch.nn.functional as F

from common import differentiate, draw, plain, write


def case(name, layer, options, function, x, parameters=None, **more):
    parameters = parameters or {}
    output, cotangent, gradients = differentiate(function, [x, *parameters.values()])
    return {
        "name": name,
        "layer": layer,
        "arguments": [options],
        "x": plain(x),
        "parameters": {key: plain(value) for key, value in parameters.items()},
        "output": plain(output),
        "cotangent": plain(cotangent),
        "gradients": {key: plain(g) for key, g in zip(["x", *parameters], gradients)},
        **more,
    }


def affine(*shape):
    return {"gamma": draw(*shape), "beta": draw(*shape)}


def standardize(x, axes, epsilon):
    deviation = x - x.mean(axes, keepdim=True)
    return deviation / torch.sqrt((deviation**2).mean(axes, keepdim=True) + epsilon)


def channels_first(function):
    """A function of [batch, channels, ...] applied to [batch, ..., channels]."""
    return lambda x, *rest: function(x.movedim(-1, 1), *rest).movedim(1, -1)


def batch_norm(epsilon=1e-3):
    return channels_first(lambda x, gamma=None, beta=None: F.batch_norm(
        x, None, None, gamma, beta, training=True, eps=epsilon))


def infer(mean, variance, epsilon=1e-3):
    return channels_first(lambda x, gamma=None, beta=None: F.batch_norm(
        x, mean, variance, gamma, beta, training=False, eps=epsilon))


def running(x, steps, momentum):
    """Running statistics after so many steps, between which x becomes 1 - x/2 of itself."""
    channels = x.shape[-1]
    mean, variance = torch.zeros(channels), torch.ones(channels)
    theirs = torch.zeros(channels), torch.ones(channels)
    count = x.numel() // channels
    after = []
    for _ in range(steps):
        F.batch_norm(x.movedim(-1, 1), *theirs, training=True, momentum=1 - momentum)
        axes = tuple(range(x.dim() - 1))
        mean = momentum * mean + (1 - momentum) * x.mean(axes)
        variance = momentum * variance + (1 - momentum) * x.var(axes, unbiased=False)
        after.append({"movingMean": plain(mean), "movingVariance": plain(variance)})
        x = 1 - x / 2
    kept = momentum**steps
    unbiased = kept + (variance - kept) * count / (count - 1)
    torch.testing.assert_close(theirs, (mean, unbiased), rtol=1e-12, atol=1e-12)
    return after


def batch_cases():
    images = draw(2, 3, 2, 3)
    mean, variance = draw(3), draw(3, low=0.1)
    state = {"movingMean": plain(mean), "movingVariance": plain(variance)}
    return [
        case("batchNormalization", "batchNormalization", {}, batch_norm(), images, affine(3),
             running=running(images, 3, 0.99)),
        case("batchNormalization of rows", "batchNormalization", {"momentum": 0.8, "epsilon": 1e-5},
             batch_norm(1e-5), (rows := draw(5, 4)), affine(4), running=running(rows, 4, 0.8)),
        case("batchNormalization without gamma and beta", "batchNormalization",
             {"center": False, "scale": False}, batch_norm(), draw(4, 2, 3)),
        case("batchNormalization along axis 1", "batchNormalization", {"axis": 1},
             lambda x, gamma, beta: F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3),
             draw(3, 2, 4), affine(2)),
        case("batchNormalization, far from 0", "batchNormalization", {}, batch_norm(),
             (draw(4, 3) / 16 + 100).float().double(), affine(3)),
        case("batchNormalization in use", "batchNormalization", {}, infer(mean, variance), images,
             affine(3), inference=True, state=state),
        case("batchNormalization in use, without gamma and beta", "batchNormalization",
             {"center": False, "scale": False, "epsilon": 1e-5}, infer(mean, variance, 1e-5), draw(2, 3),
             inference=True, state=state),
    ]


def other_cases():
    return [
        case("layerNormalization", "layerNormalization", {},
             lambda x, gamma, beta: F.layer_norm(x, [5], gamma, beta, 1e-3), draw(3, 5), affine(5)),
        case("layerNormalization over the last axes", "layerNormalization", {"axis": [1, -1], "epsilon": 1e-5},
             lambda x, gamma, beta: F.layer_norm(x, [3, 4], gamma, beta, 1e-5), draw(2, 3, 4), affine(3, 4)),
        case("layerNormalization over axis 1", "layerNormalization", {"axis": 1},
             lambda x, gamma, beta: standardize(x, 1, 1e-3) * gamma + beta, draw(2, 3, 4), affine(3, 1)),
        case("layerNormalization without beta", "layerNormalization", {"center": False},
             lambda x, gamma: F.layer_norm(x, [4], gamma, None, 1e-3), draw(2, 3, 4), {"gamma": draw(4)}),
        case("groupNormalization", "groupNormalization", {"groups": 2},
             channels_first(lambda x, gamma, beta: F.group_norm(x, 2, gamma, beta, 1e-3)),
             draw(2, 3, 2, 6), affine(6)),
        case("groupNormalization of rows", "groupNormalization", {"groups": 3, "epsilon": 1e-5},
             lambda x, gamma, beta: F.group_norm(x, 3, gamma, beta, 1e-5), draw(2, 6), affine(6)),
        case("groupNormalization by channel", "groupNormalization", {"groups": -1, "scale": False, "center": False},
             channels_first(lambda x: F.instance_norm(x, eps=1e-3)), draw(2, 5, 3)),
        case("rmsNormalization", "rmsNormalization", {},
             lambda x, gamma: F.rms_norm(x, [5], gamma, 1e-6), draw(3, 5), {"gamma": draw(5)}),
        case("rmsNormalization over the last axes, without gamma", "rmsNormalization",
             {"axis": [-2, -1], "epsilon": 0.5, "scale": False},
             lambda x: F.rms_norm(x, [3, 4], None, 0.5), draw(2, 3, 4)),
    ]


write(batch_cases() + other_cases())
