"""Writes the golden values that tests compare with: PyTorch in float64.

    python3 tests/golden/generate.py

Inputs are drawn with a fixed seed and rounded to float32, so that every device can hold them exactly.
Weights are kept as Millrace has them, [in, out]; PyTorch's are their transposes. Images are kept with
their channels last, and kernels as [height, width, in, out]; PyTorch has channels before height.
"""

import json
import math
import platform
from pathlib import Path

import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
random = torch.Generator().manual_seed(20240607)


def draw(*shape, low=-2.0, high=2.0):
    """Uniform numbers that float32 holds exactly."""
    x = torch.rand(shape, generator=random) * (high - low) + low
    return x.float().double()


def plain(x):
    """A tensor as JSON: shape and row-major numbers; infinities and NaN by name."""
    x = x.detach()
    return {"shape": list(x.shape), "data": [number(v) for v in x.reshape(-1).tolist()]}


def number(v):
    """A number as JSON, which has no word for infinities and NaN: these as strings that JavaScript reads."""
    return v if math.isfinite(v) else str(v).replace("inf", "Infinity").replace("nan", "NaN")


def write(name, cases):
    document = {
        "source": "tests/golden/generate.py",
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "cases": cases,
    }
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    # One case a line, so that a change can be reviewed.
    text = text.replace('{"name":', '\n{"name":')
    (HERE / f"{name}.json").write_text(text + "\n")


def differentiate(function, inputs):
    """Value of a function, and the gradients of its sum weighted by a random cotangent."""
    leaves = [x.clone().requires_grad_(True) for x in inputs]
    output = function(*leaves)
    cotangent = draw(*output.shape)
    if output.requires_grad:
        gradients = torch.autograd.grad(output, leaves, cotangent, allow_unused=True)
    else:
        gradients = [None] * len(leaves)
    return output, cotangent, gradients


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
    recipes = {
        "sgd": ("sgd", {"learningRate": 0.1}, lambda p: torch.optim.SGD(p, lr=0.1)),
        "sgd with momentum": (
            "sgd",
            {"learningRate": 0.05, "momentum": 0.9},
            lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
        ),
        "sgd with Nesterov's momentum": (
            "sgd",
            {"learningRate": 0.05, "momentum": 0.9, "nesterov": True},
            lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
        ),
        "adam": ("adam", {"learningRate": 0.01}, lambda p: torch.optim.Adam(p, lr=0.01, eps=1e-7)),
    }
    cases = [{
        "name": "data",
        "batchSize": batch,
        "x": plain(x),
        "labels": labels.tolist(),
        "classes": classes,
        "start": {path: plain(value) for path, value in start.items()},
    }]
    for name, (optimizer, options, make) in recipes.items():
        weights = {path: value.clone().requires_grad_(True) for path, value in start.items()}
        stepper = make(list(weights.values()))
        losses = []
        for step in range(20):
            at = step * batch % rows
            hiddens = torch.relu(x[at:at + batch] @ weights["dense1.weight"] + weights["dense1.bias"])
            logits = hiddens @ weights["dense2.weight"] + weights["dense2.bias"]
            loss = F.cross_entropy(logits, labels[at:at + batch])
            stepper.zero_grad()
            loss.backward()
            stepper.step()
            losses.append(loss.item())
        cases.append({
            "name": name,
            "optimizer": optimizer,
            "options": options,
            "losses": losses,
            "weights": {path: plain(value) for path, value in weights.items()},
        })
    return cases


def initializer_cases():
    """The bound and the standard deviation that each initializer's numbers have, by PyTorch's rules."""
    cases = []
    # Standard deviation of a standard normal number cut off at two of it: sampled, to check 0.8796.
    sample = torch.nn.init.trunc_normal_(torch.empty(2_000_000), a=-2, b=2, generator=random)
    truncated = sample.std().item()
    for shape in [[300, 100], [3, 5, 40, 60]]:
        # PyTorch counts fans of [out, in], and of [out, in, height, width]
        probe = torch.empty(shape[-1], shape[-2], *shape[:-2])
        fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(probe)
        relu_gain = torch.nn.init.calculate_gain("relu")
        stds = {
            "glorot": math.sqrt(2 / (fan_in + fan_out)),
            "he": relu_gain / math.sqrt(fan_in),
            "leCun": 1 / math.sqrt(fan_in),
        }
        for name, std in stds.items():
            bounds = {"Uniform": math.sqrt(3) * std, "Normal": 2 * std / truncated}
            for kind, bound in bounds.items():
                cases.append({"name": f"{name}{kind}", "shape": shape, "std": std, "bound": bound})
    return cases


if __name__ == "__main__":
    files = {
        "ops": op_cases(),
        "layers": layer_cases(),
        "losses": loss_cases(),
        "optimizers": optimizer_cases(),
        "training": training_cases(),
        "initializers": initializer_cases(),
    }
    # drawn after all others, so that theirs stay what they were
    files["ops"] += image_op_cases()
    files["layers"] += image_layer_cases()
    files["ops"] += indexing_op_cases()
    for name, cases in files.items():
        write(name, cases)
