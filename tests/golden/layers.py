"""Golden values of layers: value and gradients by PyTorch in float64."""

import torch
import torch.nn.functional as F

from common import differentiate, draw, plain, write
from images import average_pool2d, conv2d, max_pool2d


ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softmax": lambda x: torch.softmax(x, -1),
}


def layer_case(name, layer, arguments, function, x, parameters=None):
    parameters = parameters or {}
    output, cotangent, gradients = differentiate(function, [x, *parameters.values()])
    return {
        "name": name,
        "layer": layer,
        "arguments": arguments,
        "x": plain(x),
        "parameters": {key: plain(value) for key, value in parameters.items()},
        "output": plain(output),
        "cotangent": plain(cotangent),
        "gradients": {key: plain(g) for key, g in zip(["x", *parameters], gradients)},
    }


def layer_cases():
    cases = []

    def case(*description):
        cases.append(layer_case(*description))

    for activation, apply in ACTIVATIONS.items():
        case(
            f"dense with {activation}",
            "dense",
            [4, {"activation": activation}],
            lambda x, weight, bias: apply(F.linear(x, weight.T, bias)),
            draw(3, 5),
            {"weight": draw(5, 4), "bias": draw(4)},
        )
    case("dense without bias", "dense", [4, {"useBias": False}], lambda x, w: F.linear(x, w.T),
         draw(3, 5), {"weight": draw(5, 4)})
    case("flatten", "flatten", [], lambda x: torch.flatten(x, 1), draw(2, 3, 4))
    for name in ["relu", "sigmoid", "tanh"]:
        case(name, name, [], ACTIVATIONS[name], draw(2, 3, 2))
    case("softmax", "softmax", [], ACTIVATIONS["softmax"], draw(2, 3, 2))
    case("softmax along axis 1", "softmax", [{"axis": 1}], lambda x: torch.softmax(x, 1), draw(2, 3, 2))
    return cases


def image_layer_cases():
    same = ((1, 1), (0, 1))  # what "same" is for a window of 3 and 2 rows and columns, and strides of 1
    return [
        layer_case(
            "conv2d with relu", "conv2d", [3, 2, {"activation": "relu"}],
            lambda x, weight, bias: torch.relu(conv2d(x, weight) + bias),
            draw(2, 3, 4, 2), {"weight": draw(2, 2, 2, 3), "bias": draw(3)},
        ),
        layer_case(
            "conv2d without bias, the same size", "conv2d",
            [2, [3, 2], {"padding": "same", "useBias": False}],
            lambda x, weight: conv2d(x, weight, padding=same),
            draw(1, 4, 3, 2), {"weight": draw(3, 2, 2, 2)},
        ),
        layer_case(
            "conv2d with strides, dilation and groups", "conv2d",
            [4, [2, 2], {"strides": [2, 1], "dilation": [1, 2], "groups": 2}],
            lambda x, weight, bias: conv2d(x, weight, strides=(2, 1), dilation=(1, 2), groups=2) + bias,
            draw(1, 5, 4, 2), {"weight": draw(2, 2, 1, 4), "bias": draw(4)},
        ),
        layer_case("maxPool2d", "maxPool2d", [], lambda x: max_pool2d(x, (2, 2)), draw(1, 5, 4, 2)),
        layer_case(
            "maxPool2d, the same size", "maxPool2d", [[3, 2], {"strides": 1, "padding": "same"}],
            lambda x: max_pool2d(x, (3, 2), (1, 1), same), draw(1, 4, 3, 1),
        ),
        layer_case(
            "averagePool2d, the same size", "averagePool2d",
            [[3, 2], {"strides": 1, "padding": "same"}],
            lambda x: average_pool2d(x, (3, 2), (1, 1), same), draw(1, 4, 3, 1),
        ),
        layer_case("reshape", "reshape", [[2, -1, 1]], lambda x: x.reshape(2, 2, 3, 1), draw(2, 3, 2)),
    ]


write(layer_cases() + image_layer_cases())
