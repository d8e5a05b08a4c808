"""Convolution and pooling of images as Millrace has them, by PyTorch: channels last."""

import math

import torch
import torch.nn.functional as F


def conv2d(x, weight, strides=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1):
    """PyTorch's convolution of images with channels last and a kernel [height, width, in, out]."""
    (top, bottom), (left, right) = padding
    y = F.conv2d(
        F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom)),
        weight.permute(3, 2, 0, 1),
        stride=strides,
        dilation=dilation,
        groups=groups,
    )
    return y.permute(0, 2, 3, 1)


def max_pool2d(x, window, strides=None, padding=((0, 0), (0, 0))):
    (top, bottom), (left, right) = padding
    padded = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom), value=-math.inf)
    return F.max_pool2d(padded, window, strides).permute(0, 2, 3, 1)


def average_pool2d(x, window, strides=None, padding=((0, 0), (0, 0))):
    """Cells in the padding are not counted: the sum over a window is divided by the sum of ones."""
    (top, bottom), (left, right) = padding

    def mean_with_zeros(images):
        return F.avg_pool2d(F.pad(images, (left, right, top, bottom)), window, strides)

    images = x.permute(0, 3, 1, 2)
    return (mean_with_zeros(images) / mean_with_zeros(torch.ones_like(images))).permute(0, 2, 3, 1)
