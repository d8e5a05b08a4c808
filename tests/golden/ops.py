"""Golden values of ops: value and gradients by PyTorch in float64."""

import torch
import torch.nn.functional as F

from common import differentiate, draw, plain, random, write
from images import average_pool2d, conv2d, max_pool2d


def op_case(name, op, function, inputs, arguments=()):
    output, cotangent, gradients = differentiate(function, inputs)
    return {
        "name": name,
        "op": op,
        "arguments": list(arguments),
        "inputs": [plain(x) for x in inputs],
        "output": plain(output),
        "cotangent": plain(cotangent),
        "gradients": [plain(torch.zeros_like(x) if g is None else g) for x, g in zip(inputs, gradients)],
    }


def op_cases():
    cases = []

    def case(op, function, inputs, *arguments, name=None):
        cases.append(op_case(name or op, op, function, inputs, arguments))

    a, b = draw(2, 3), draw(2, 3)
    row, scalar = draw(3), draw()
    positive = lambda *shape: draw(*shape, low=0.1, high=3.0)
    for op, function in {
        "add": torch.add,
        "sub": torch.sub,
        "mul": torch.mul,
        "div": torch.div,
        "maximum": torch.maximum,
        "minimum": torch.minimum,
    }.items():
        case(op, function, [a, b])
        case(op, function, [a, row], name=f"{op}, a row broadcast")
        case(op, function, [scalar, b], name=f"{op}, a scalar broadcast")
    case("pow", torch.pow, [positive(2, 3), b])
    for op, function in {
        "neg": torch.neg,
        "abs": torch.abs,
        "square": torch.square,
        "exp": torch.exp,
        "sin": torch.sin,
        "cos": torch.cos,
        "erf": torch.erf,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "relu": torch.relu,
        "floor": torch.floor,
        "sign": torch.sign,
    }.items():
        case(op, function, [a])
    for op, function in {"sqrt": torch.sqrt, "log": torch.log, "log1p": torch.log1p}.items():
        case(op, function, [positive(2, 3)])
    far = torch.tensor([-800.0, -40.0, -1e-9, 0.0, 1e-9, 40.0, 800.0]).float().double()
    case("tanh", torch.tanh, [far], name="tanh, far from 0")
    case("sigmoid", torch.sigmoid, [far], name="sigmoid, far from 0")
    case("relu", torch.relu, [far], name="relu, at 0")
    case("abs", torch.abs, [far], name="abs, at 0")

    case("matmul", torch.matmul, [draw(2, 3), draw(3, 4)])
    case("matmul", lambda x, y: x.mT @ y, [draw(3, 2), draw(3, 4)], {"transposeLhs": True},
         name="matmul, left side transposed")
    case("matmul", lambda x, y: x @ y.mT, [draw(2, 3), draw(4, 3)], {"transposeRhs": True},
         name="matmul, right side transposed")
    case("matmul", lambda x, y: x.mT @ y.mT, [draw(3, 2), draw(4, 3)],
         {"transposeLhs": True, "transposeRhs": True}, name="matmul, both sides transposed")
    case("matmul", torch.matmul, [draw(2, 2, 3), draw(2, 3, 2)], name="matmul, in batches")

    cube = draw(2, 3, 2)
    for op, function in {
        "reduceSum": torch.sum,
        "mean": torch.mean,
        "reduceMax": torch.amax,
        "reduceMin": torch.amin,
    }.items():
        case(op, lambda x, f=function: f(x), [cube])
        case(op, lambda x, f=function: f(x, dim=1), [cube], {"axes": [1]}, name=f"{op}, one axis")
        case(op, lambda x, f=function: f(x, dim=(0, 2), keepdim=True), [cube],
             {"axes": [0, -1], "keepDims": True}, name=f"{op}, two axes kept")
    case("softmax", lambda x: torch.softmax(x, -1), [cube])
    case("softmax", lambda x: torch.softmax(x, 1), [cube], {"axis": 1}, name="softmax, middle axis")
    case("logSoftmax", lambda x: torch.log_softmax(x, -1), [cube])
    case("logSumExp", lambda x: torch.logsumexp(x, -1), [cube])
    wide = torch.tensor([[1000.0, -1000.0, 999.0], [-1000.0, -1001.0, -1000.0]])
    case("logSumExp", lambda x: torch.logsumexp(x, -1), [wide], name="logSumExp, far from 0")
    case("logSoftmax", lambda x: torch.log_softmax(x, -1), [wide], name="logSoftmax, far from 0")

    case("reshape", lambda x: x.reshape(3, 4), [cube], [3, 4])
    case("transpose", lambda x: x.permute(2, 0, 1), [cube], [2, 0, 1])
    case("broadcastTo", lambda x: x.expand(2, 3, 2), [draw(3, 1)], [2, 3, 2])
    case("slice", lambda x: x[1:2, 0:2, 1:2], [cube], {"start": [1, 0, 1], "sizes": [1, 2, 1]})
    case("pad", lambda x: F.pad(x, (1, 0, 0, 2), value=0.5), [draw(2, 2)],
         {"before": [0, 1], "after": [2, 0], "value": 0.5})
    return cases


def image_op_cases():
    cases = []

    def convolution(name, x, weight, **options):
        cases.append(op_case(f"conv2d, {name}", "conv2d", lambda a, b: conv2d(a, b, **options),
                             [x, weight], [options]))

    convolution("one filter", draw(1, 3, 3, 1), draw(2, 2, 1, 1))
    convolution("channels and filters", draw(2, 3, 4, 2), draw(2, 3, 2, 3))
    convolution("strides", draw(1, 5, 6, 2), draw(2, 3, 2, 2), strides=(2, 3))
    convolution("padding", draw(1, 3, 3, 1), draw(3, 2, 1, 2), padding=((1, 2), (0, 1)))
    convolution("dilation", draw(1, 5, 4, 1), draw(3, 2, 1, 2), dilation=(2, 3))
    convolution("groups", draw(1, 3, 3, 4), draw(2, 2, 2, 4), groups=2)
    convolution("depthwise", draw(1, 4, 4, 2), draw(3, 3, 1, 4), strides=(2, 2),
                padding=((1, 1), (1, 1)), groups=2)

    ties = torch.randint(2, (1, 5, 5, 2), generator=random).double()
    for op, function in {"maxPool2d": max_pool2d, "averagePool2d": average_pool2d}.items():
        def pooling(name, x, **options):
            cases.append(op_case(f"{op}, {name}", op, lambda a: function(a, **options), [x], [options]))

        pooling("side by side", draw(2, 4, 5, 2), window=(2, 2))
        pooling("overlapping", draw(1, 5, 4, 1), window=(3, 2), strides=(2, 1))
        pooling("padding", draw(1, 5, 5, 1), window=(3, 3), strides=(2, 2), padding=((1, 1), (0, 1)))
        pooling("ties", ties, window=(3, 3), strides=(1, 1))
    cases.append(op_case("slice, every second", "slice", lambda x: x[:, 1:6:2], [draw(2, 7)],
                         [{"start": [0, 1], "sizes": [2, 3], "strides": [1, 2]}]))
    return cases


def indexing_op_cases():
    """Tables and updates by indices, which come behind the inputs and have no gradient."""
    cases = []

    def case(op, name, function, x, indices, arguments):
        indices = torch.tensor(indices)
        made = op_case(f"{op}, {name}", op, lambda a: function(a, indices), [x], [arguments])
        cases.append({**made, "indices": plain(indices)})

    def add_at(axis, size):
        """Zeros with `size` slices along the axis, to which updates for a flat list are added."""
        return lambda x, i: torch.zeros(*x.shape[:axis], size, *x.shape[axis + 1:]).index_add(axis, i, x)

    repeated = [3, 0, 3, 2]
    case("gather", "rows", lambda x, i: x.index_select(0, i), draw(5, 3), repeated, {})
    case("gather", "last axis", lambda x, i: x.index_select(-1, i), draw(2, 5), repeated, {"axis": -1})
    case("gather", "middle axis", lambda x, i: x.index_select(1, i), draw(2, 4, 3), repeated, {"axis": 1})
    case("gather", "embedding", lambda x, i: F.embedding(i, x), draw(4, 3), [[1, 1, 0], [3, 1, 2]], {})
    case("gather", "one row", lambda x, i: x[i], draw(4, 3), 2, {})
    case("gather", "middle axis, by a matrix", lambda x, i: x[:, i], draw(2, 4, 3), [[1, 0], [3, 1]], {"axis": 1})
    case("scatterAdd", "rows", add_at(0, 5), draw(4, 3), repeated, {"size": 5})
    case("scatterAdd", "last axis", add_at(1, 4), draw(2, 4), repeated, {"axis": -1, "size": 4})
    case("scatterAdd", "middle axis", add_at(1, 6), draw(2, 4, 3), repeated, {"axis": 1, "size": 6})
    case("scatterAdd", "rows, by a matrix",
         lambda x, i: torch.zeros(4, 3).index_put((i,), x, accumulate=True),
         draw(2, 3, 3), [[1, 1, 0], [3, 1, 2]], {"size": 4})
    return cases


def later_op_cases():
    """What was added after the others: the order of drawing keeps the numbers of those before."""
    far = torch.tensor([-80.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 80.0]).float().double()
    cube = draw(2, 3, 2)
    return [
        op_case("expm1", "expm1", torch.expm1, [draw(2, 3)], []),
        op_case("expm1, far from 0", "expm1", torch.expm1, [far[:-1]], []),
        op_case("softplus", "softplus", F.softplus, [draw(2, 3)], []),
        op_case("softplus, far from 0", "softplus", lambda x: torch.logaddexp(x, torch.zeros(())), [far], []),
        op_case("variance", "variance", lambda x: x.var(unbiased=False), [cube], []),
        op_case("variance, two axes kept", "variance", lambda x: x.var((0, 2), unbiased=False, keepdim=True),
                [cube], [{"axes": [0, -1], "keepDims": True}]),
    ]


write(op_cases() + image_op_cases() + indexing_op_cases() + later_op_cases())
