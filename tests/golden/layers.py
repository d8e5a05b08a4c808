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

# what later cases have: the order of drawing keeps the numbers of those before
MORE_ACTIVATIONS = {
    "elu": F.elu,
    "gelu": F.gelu,
    "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
    "hardSigmoid": lambda x: F.relu6(x + 3) / 6,  # the gradient of F.hardsigmoid has a float32 sixth
    "hardSwish": F.hardswish,
    "leakyRelu": lambda x: F.leaky_relu(x, 0.3),
    "logSoftmax": lambda x: torch.log_softmax(x, -1),
    "mish": F.mish,
    "relu6": F.relu6,
    "selu": F.selu,
    "silu": F.silu,
    "softplus": F.softplus,
    "softsign": F.softsign,
}

# far from 0, small, and where straight lines meet
CORNERS = torch.tensor([[-60.0, -6.0, -3.0, -1e-6, 0.0, 1e-6, 3.0, 6.0, 60.0]]).float().double()


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


def activation_cases():
    cases = []
    for name, function in MORE_ACTIVATIONS.items():
        layer, arguments = ("gelu", [{"approximate": True}]) if name == "geluTanh" else (name, [])
        cases += [
            layer_case(f"dense with {name}", "dense", [4, {"activation": name, "useBias": False}],
                       lambda x, weight: function(x @ weight), draw(3, 5), {"weight": draw(5, 4)}),
            layer_case(name, layer, arguments, function, draw(2, 3, 2)),
            layer_case(f"{name}, far from 0 and at its corners", layer, arguments, function, CORNERS),
        ]
    slopes = draw(3, 2)
    return cases + [
        layer_case("elu with alpha", "elu", [{"alpha": 0.5}], lambda x: F.elu(x, 0.5), draw(2, 3)),
        layer_case("leakyRelu with a slope", "leakyRelu", [{"negativeSlope": 0.01}],
                   lambda x: F.leaky_relu(x, 0.01), draw(2, 3)),
        layer_case("logSoftmax along axis 1", "logSoftmax", [{"axis": 1}],
                   lambda x: torch.log_softmax(x, 1), draw(2, 3, 2)),
        layer_case("prelu", "prelu", [], lambda x, a: torch.where(x > 0, x, a * x), draw(2, 3, 2),
                   {"alpha": slopes}),
        layer_case("prelu, one slope a channel", "prelu", [{"sharedAxes": [1]}],
                   lambda x, a: F.prelu(x.mT, a[0]).mT, draw(2, 3, 2), {"alpha": draw(1, 2)}),
    ]


def conv1d(x, weight, padding=(0, 0), **options):
    """PyTorch's convolution of sequences with channels last and a kernel [length, in, out]."""
    padded = F.pad(x.mT, padding)
    return F.conv1d(padded, weight.permute(2, 1, 0), **options).mT


def conv2d_transpose(x, weight, strides=(1, 1), cut=((0, 0), (0, 0)), dilation=(1, 1)):
    """PyTorch's transposed convolution, of which some rows and columns are cut off at the ends."""
    y = F.conv_transpose2d(x.permute(0, 3, 1, 2), weight.permute(3, 2, 0, 1), stride=strides,
                           dilation=dilation).permute(0, 2, 3, 1)
    (top, bottom), (left, right) = cut
    return y[:, top:y.shape[1] - bottom, left:y.shape[2] - right]


def depthwise(x, weight, **options):
    rows, columns, channels, multiplier = weight.shape
    return conv2d(x, weight.reshape(rows, columns, 1, channels * multiplier), groups=channels, **options)


def convolution_cases():
    return [
        layer_case("conv1d with relu", "conv1d", [3, 2, {"activation": "relu"}],
                   lambda x, weight, bias: torch.relu(conv1d(x, weight) + bias),
                   draw(2, 5, 2), {"weight": draw(2, 2, 3), "bias": draw(3)}),
        layer_case("conv1d, the same length, strides", "conv1d", [2, 4, {"padding": "same", "strides": 2}],
                   lambda x, weight, bias: conv1d(x, weight, (1, 2), stride=2) + bias,
                   draw(2, 5, 3), {"weight": draw(4, 3, 2), "bias": draw(2)}),
        layer_case("conv1d, causal with dilation", "conv1d",
                   [2, 3, {"padding": "causal", "dilation": 2, "useBias": False}],
                   lambda x, weight: conv1d(x, weight, (4, 0), dilation=2),
                   draw(1, 7, 2), {"weight": draw(3, 2, 2)}),
        layer_case("conv1d in groups", "conv1d", [4, 2, {"groups": 2, "useBias": False}],
                   lambda x, weight: conv1d(x, weight, groups=2), draw(1, 4, 4), {"weight": draw(2, 2, 4)}),
        layer_case("depthwiseConv2d with gelu", "depthwiseConv2d", [3, {"activation": "gelu"}],
                   lambda x, weight, bias: F.gelu(depthwise(x, weight) + bias),
                   draw(2, 4, 5, 3), {"weight": draw(3, 3, 3, 1), "bias": draw(3)}),
        layer_case("depthwiseConv2d, two kernels a channel, strides", "depthwiseConv2d",
                   [[2, 3], {"depthMultiplier": 2, "strides": 2, "padding": "same", "useBias": False}],
                   lambda x, weight: depthwise(x, weight, strides=(2, 2), padding=((0, 0), (1, 1))),
                   draw(1, 4, 5, 2), {"weight": draw(2, 3, 2, 2)}),
        layer_case("depthwiseConv2d with dilation", "depthwiseConv2d",
                   [2, {"dilation": [2, 1], "useBias": False}],
                   lambda x, weight: depthwise(x, weight, dilation=(2, 1)),
                   draw(1, 5, 4, 5), {"weight": draw(2, 2, 5, 1)}),
        layer_case("conv2dTranspose with relu", "conv2dTranspose", [3, 2, {"activation": "relu"}],
                   lambda x, weight, bias: torch.relu(conv2d_transpose(x, weight) + bias),
                   draw(2, 3, 4, 2), {"weight": draw(2, 2, 3, 2), "bias": draw(3)}),
        layer_case("conv2dTranspose, the size times the strides", "conv2dTranspose",
                   [2, 3, {"strides": 2, "padding": "same"}],
                   lambda x, weight, bias: conv2d_transpose(x, weight, (2, 2), ((0, 1), (0, 1))) + bias,
                   draw(1, 3, 4, 2), {"weight": draw(3, 3, 2, 2), "bias": draw(2)}),
        layer_case("conv2dTranspose with strides and dilation", "conv2dTranspose",
                   [2, [2, 3], {"strides": [1, 2], "dilation": [2, 1], "useBias": False}],
                   lambda x, weight: conv2d_transpose(x, weight, (1, 2), dilation=(2, 1)),
                   draw(1, 3, 3, 2), {"weight": draw(2, 3, 2, 2)}),
        layer_case("conv2dTranspose, strides beyond the kernel", "conv2dTranspose",
                   [1, 1, {"strides": 2, "useBias": False}],
                   lambda x, weight: F.pad(conv2d_transpose(x, weight, (2, 2)), (0, 0, 0, 1, 0, 1)),
                   draw(1, 2, 3, 2), {"weight": draw(1, 1, 1, 2)}),
        layer_case("conv1dTranspose", "conv1dTranspose", [3, 4, {"strides": 2}],
                   lambda x, weight, bias: F.conv_transpose1d(x.mT, weight.permute(2, 1, 0), stride=2).mT + bias,
                   draw(2, 3, 2), {"weight": draw(4, 3, 2), "bias": draw(3)}),
    ]


def resize(x, **options):
    return F.interpolate(x.permute(0, 3, 1, 2), **options).permute(0, 2, 3, 1)


def shape_cases():
    return [
        layer_case("maxPool1d", "maxPool1d", [], lambda x: F.max_pool1d(x.mT, 2).mT, draw(2, 5, 3)),
        layer_case("maxPool1d, the same length", "maxPool1d", [3, {"strides": 2, "padding": "same"}],
                   lambda x: F.max_pool1d(x.mT, 3, 2, 1).mT, draw(2, 5, 3)),
        layer_case("averagePool1d", "averagePool1d", [], lambda x: F.avg_pool1d(x.mT, 2).mT, draw(2, 5, 3)),
        layer_case("averagePool1d, the same length", "averagePool1d", [3, {"strides": 1, "padding": "same"}],
                   lambda x: F.avg_pool1d(x.mT, 3, 1, 1, count_include_pad=False).mT, draw(2, 5, 3)),
        layer_case("globalMaxPool1d", "globalMaxPool1d", [], lambda x: x.amax(1), draw(2, 5, 3)),
        layer_case("globalMaxPool2d", "globalMaxPool2d", [{"keepDims": True}],
                   lambda x: x.amax((1, 2), keepdim=True), draw(2, 3, 4, 3)),
        layer_case("globalAveragePool1d", "globalAveragePool1d", [{"keepDims": True}],
                   lambda x: x.mean(1, keepdim=True), draw(2, 5, 3)),
        layer_case("globalAveragePool2d", "globalAveragePool2d", [], lambda x: x.mean((1, 2)), draw(2, 3, 4, 3)),
        layer_case("permute", "permute", [[3, 1, 2]], lambda x: x.permute(0, 3, 1, 2), draw(2, 3, 4, 2)),
        layer_case("zeroPadding1d", "zeroPadding1d", [[2, 1]], lambda x: F.pad(x, (0, 0, 2, 1)), draw(2, 3, 2)),
        layer_case("zeroPadding2d", "zeroPadding2d", [], lambda x: F.pad(x, (0, 0, 1, 1, 1, 1)), draw(1, 2, 3, 2)),
        layer_case("zeroPadding2d at each end", "zeroPadding2d", [[[2, 0], [0, 1]]],
                   lambda x: F.pad(x, (0, 0, 0, 1, 2, 0)), draw(1, 2, 3, 2)),
        layer_case("cropping1d", "cropping1d", [[2, 1]], lambda x: x[:, 2:-1], draw(2, 5, 2)),
        layer_case("cropping2d", "cropping2d", [[1, [0, 2]]], lambda x: x[:, 1:-1, :-2], draw(1, 4, 5, 2)),
        layer_case("upSampling1d", "upSampling1d", [3], lambda x: x.repeat_interleave(3, 1), draw(2, 3, 2)),
        layer_case("upSampling2d", "upSampling2d", [[2, 3]],
                   lambda x: resize(x, scale_factor=(2, 3), mode="nearest"), draw(1, 3, 2, 2)),
        layer_case("upSampling2d, bilinear", "upSampling2d", [[3, 2], {"interpolation": "bilinear"}],
                   lambda x: resize(x, scale_factor=(3, 2), mode="bilinear"), draw(2, 3, 4, 2)),
        layer_case("upSampling2d, bilinear, of one pixel", "upSampling2d", [4, {"interpolation": "bilinear"}],
                   lambda x: resize(x, scale_factor=(4, 4), mode="bilinear"), draw(1, 1, 2, 1)),
    ]


write(layer_cases() + image_layer_cases() + activation_cases() + convolution_cases() + shape_cases())
