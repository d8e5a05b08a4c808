"""Optimizers by their options here, as what PyTorch calls the same, or as their papers write them."""

import math

import torch
from torch.optim import lr_scheduler as S
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class Momentum(torch.optim.Optimizer):
    """Keras's SGD, in whose velocity the rate of each step stays: with a rate that changes, PyTorch's differs."""

    def __init__(self, params, lr, momentum=0.9):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state["v"] = group["momentum"] * state.get("v", torch.zeros_like(p)) - group["lr"] * p.grad
                p += state["v"]


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of Chen et al., "Symbolic discovery of optimization algorithms"."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for theta in group["params"]:
                state = self.state[theta]
                m = state.get("m", torch.zeros_like(theta))
                g = theta.grad
                c = beta1 * m + (1 - beta1) * g
                theta -= group["lr"] * (torch.sign(c) + group["weight_decay"] * theta)
                state["m"] = beta2 * m + (1 - beta2) * g


class Lamb(torch.optim.Optimizer):
    """Algorithm 2 of You et al., "Large batch optimization for deep learning", with phi(z) = z."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for x in group["params"]:
                state = self.state[x]
                t = state["t"] = state.get("t", 0) + 1
                m = state["m"] = beta1 * state.get("m", torch.zeros_like(x)) + (1 - beta1) * x.grad
                v = state["v"] = beta2 * state.get("v", torch.zeros_like(x)) + (1 - beta2) * x.grad**2
                r = (m / (1 - beta1**t)) / (torch.sqrt(v / (1 - beta2**t)) + group["eps"])
                u = r + group["weight_decay"] * x
                length, moved = torch.linalg.vector_norm(x), torch.linalg.vector_norm(u)
                ratio = length / moved if length > 0 and moved > 0 else 1.0
                x -= group["lr"] * ratio * u


class Chained:
    """An optimizer with what PyTorch does by hand before its step and after it."""

    def __init__(self, params, inner, before=None, after=None, every=1):
        self.params, self.inner, self.before, self.after = params, inner, before, after
        self.every, self.count = every, 0

    def zero_grad(self):
        if self.count % self.every == 0:
            self.inner.zero_grad()

    def step(self):
        self.count += 1
        if self.count % self.every != 0:
            return
        for p in self.params:
            p.grad /= self.every
        if self.before:
            self.before(self.params)
        self.inner.step()
        if self.after:
            with torch.no_grad():
                self.after(self.params)


def renorm(limit):
    """Keeps the weights into each unit, the last axis, within a norm."""
    def after(params):
        for p in params:
            if p.dim() >= 2:
                p.copy_(torch.renorm(p, 2, p.dim() - 1, limit))
    return after


class Averaged(Chained):
    """An optimizer beside which an average of the parameters is kept."""

    def __init__(self, params, inner, decay):
        super().__init__(params, inner)
        self.model = torch.nn.Module()
        self.model.params = torch.nn.ParameterList([torch.nn.Parameter(p.detach().clone()) for p in params])
        self.average = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(decay))

    def step(self):
        super().step()
        with torch.no_grad():
            for own, p in zip(self.model.params, self.params):
                own.copy_(p)
        self.average.update_parameters(self.model)

    def weights(self):
        return list(self.average.module.params)


def groups(params, lr, decay):
    """Weights that decay, and biases that do not."""
    return torch.optim.AdamW(
        [
            {"params": [p for p in params if p.dim() >= 2], "weight_decay": decay},
            {"params": [p for p in params if p.dim() < 2], "weight_decay": 0.0},
        ],
        lr=lr,
        eps=1e-7,
    )


O = torch.optim

# Name: parts in their order, each a function here with its arguments; rate on Rosenbrock's function and on a
# network; and the optimizer over parameters at a rate.
RECIPES = {
    "sgd": ([["sgd", {}]], 0.001, 0.1, lambda p, lr: O.SGD(p, lr=lr)),
    "sgd with momentum": (
        [["sgd", {"momentum": 0.9}]], 0.0005, 0.05, lambda p, lr: O.SGD(p, lr=lr, momentum=0.9),
    ),
    "sgd with Nesterov's momentum": (
        [["sgd", {"momentum": 0.9, "nesterov": True}]], 0.0005, 0.05,
        lambda p, lr: O.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    ),
    "sgd with dampening": (
        [["sgd", {"momentum": 0.9, "dampening": 0.3}]], 0.0005, 0.05,
        lambda p, lr: O.SGD(p, lr=lr, momentum=0.9, dampening=0.3),
    ),
    "sgd with an L2 penalty": (
        [["addDecayedWeights", 0.1], ["sgd", {"momentum": 0.9}]], 0.0005, 0.05,
        lambda p, lr: O.SGD(p, lr=lr, momentum=0.9, weight_decay=0.1),
    ),
    "adam": ([["adam", {}]], 0.05, 0.01, lambda p, lr: O.Adam(p, lr=lr, eps=1e-7)),
    "adam with other decays": (
        [["adam", {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}]], 0.02, 0.02,
        lambda p, lr: O.Adam(p, lr=lr, betas=(0.8, 0.95), eps=1e-3),
    ),
    "adam with amsgrad": (
        [["adam", {"amsgrad": True, "beta2": 0.8}]], 0.05, 0.01,
        lambda p, lr: O.Adam(p, lr=lr, betas=(0.9, 0.8), eps=1e-7, amsgrad=True),
    ),
    "adam with an L2 penalty": (
        [["addDecayedWeights", 0.1], ["adam", {}]], 0.05, 0.01,
        lambda p, lr: O.Adam(p, lr=lr, eps=1e-7, weight_decay=0.1),
    ),
    "adamw": (
        [["adamw", {"weightDecay": 0.1}]], 0.05, 0.01,
        lambda p, lr: O.AdamW(p, lr=lr, eps=1e-7, weight_decay=0.1),
    ),
    "adamw of parts": (
        [["scaleByAdam", {}], ["addDecayedWeights", 0.1], ["sgd", {}]], 0.05, 0.01,
        lambda p, lr: O.AdamW(p, lr=lr, eps=1e-7, weight_decay=0.1),
    ),
    "adamw without decay of biases": (
        [["adamw", {"weightDecay": 0.5, "leastDecayRank": 2}]], 0.05, 0.01,
        lambda p, lr: groups(p, lr, 0.5),
    ),
    "nadam": ([["nadam", {}]], 0.05, 0.01, lambda p, lr: O.NAdam(p, lr=lr, eps=1e-7)),
    "nadam with a faster momentum": (
        [["nadam", {"momentumDecay": 0.5, "beta1": 0.8}]], 0.05, 0.01,
        lambda p, lr: O.NAdam(p, lr=lr, eps=1e-7, momentum_decay=0.5, betas=(0.8, 0.999)),
    ),
    "adamax": ([["adamax", {}]], 0.05, 0.01, lambda p, lr: O.Adamax(p, lr=lr, eps=1e-7)),
    "rmsprop": (
        [["rmsprop", {}]], 0.01, 0.01, lambda p, lr: O.RMSprop(p, lr=lr, alpha=0.9, eps=1e-7),
    ),
    "rmsprop, centered, with momentum": (
        [["rmsprop", {"rho": 0.8, "centered": True, "momentum": 0.5, "epsilon": 1e-3}]], 0.001, 0.002,
        lambda p, lr: O.RMSprop(p, lr=lr, alpha=0.8, centered=True, momentum=0.5, eps=1e-3),
    ),
    "adagrad": ([["adagrad", {}]], 0.1, 0.05, lambda p, lr: O.Adagrad(p, lr=lr, eps=1e-7)),
    "adagrad with a first sum": (
        [["adagrad", {"initialAccumulatorValue": 0.1}]], 0.1, 0.05,
        lambda p, lr: O.Adagrad(p, lr=lr, eps=1e-7, initial_accumulator_value=0.1),
    ),
    "adadelta": ([["adadelta", {}]], 1.0, 1.0, lambda p, lr: O.Adadelta(p, lr=lr, rho=0.95, eps=1e-6)),
    "lion": ([["lion", {}]], 0.01, 0.005, lambda p, lr: Lion(p, lr)),
    "lion with weight decay": (
        [["lion", {"beta1": 0.8, "beta2": 0.9, "weightDecay": 0.3}]], 0.01, 0.005,
        lambda p, lr: Lion(p, lr, betas=(0.8, 0.9), weight_decay=0.3),
    ),
    "lamb": ([["lamb", {"weightDecay": 0.1}]], 0.02, 0.02, lambda p, lr: Lamb(p, lr, weight_decay=0.1)),
    "lamb of parts": (
        [
            ["scaleByAdam", {"epsilon": 1e-6}], ["addDecayedWeights", 0.1], ["scaleByTrustRatio"],
            ["sgd", {}],
        ],
        0.02, 0.02, lambda p, lr: Lamb(p, lr, weight_decay=0.1),
    ),
    "clipByValue": (
        [["clipByValue", 0.05], ["sgd", {"momentum": 0.9}]], 0.5, 0.2,
        lambda p, lr: Chained(p, O.SGD(p, lr=lr, momentum=0.9),
                              lambda q: torch.nn.utils.clip_grad_value_(q, 0.05)),
    ),
    "clipByNorm": (
        [["clipByNorm", 0.1], ["sgd", {"momentum": 0.9}]], 0.5, 0.2,
        lambda p, lr: Chained(p, O.SGD(p, lr=lr, momentum=0.9),
                              lambda q: [torch.nn.utils.clip_grad_norm_([x], 0.1) for x in q]),
    ),
    "clipByGlobalNorm": (
        [["clipByGlobalNorm", 0.2], ["sgd", {"momentum": 0.9}]], 0.5, 0.2,
        lambda p, lr: Chained(p, O.SGD(p, lr=lr, momentum=0.9),
                              lambda q: torch.nn.utils.clip_grad_norm_(q, 0.2)),
    ),
    "accumulateGradients": (
        [["accumulateGradients", 3], ["clipByGlobalNorm", 0.2], ["adamw", {"weightDecay": 0.1}]],
        0.05, 0.02,
        lambda p, lr: Chained(p, O.AdamW(p, lr=lr, eps=1e-7, weight_decay=0.1),
                              lambda q: torch.nn.utils.clip_grad_norm_(q, 0.2), every=3),
    ),
    "maxNorm": (
        [["sgd", {"momentum": 0.9}], ["maxNorm", 0.7]], 0.0005, 0.2,
        lambda p, lr: Chained(p, O.SGD(p, lr=lr, momentum=0.9), after=renorm(0.7)),
    ),
    "exponentialMovingAverage": (
        [["sgd", {"momentum": 0.9}], ["exponentialMovingAverage", 0.8]], 0.0005, 0.1,
        lambda p, lr: Averaged(p, O.SGD(p, lr=lr, momentum=0.9), 0.8),
    ),
}


class Scheduled(Chained):
    """An optimizer whose rate a scheduler of PyTorch changes after each step, or after each epoch by its loss."""

    def __init__(self, params, inner, scheduler, epoch=None):
        super().__init__(params, inner)
        self.scheduler, self.epoch, self.losses = scheduler(inner), epoch, []

    def step(self):
        super().step()
        if self.epoch is None:
            self.scheduler.step()

    def saw(self, loss):
        """Tells the loss of the step."""
        self.losses.append(loss)
        if self.epoch is not None and len(self.losses) % self.epoch == 0:
            self.scheduler.step(sum(self.losses[-self.epoch:]) / self.epoch)


class ByFormula:
    """Rates by a formula of steps, which count from 0, where PyTorch has no scheduler."""

    def __init__(self, optimizer, formula):
        self.optimizer, self.formula, self.count = optimizer, formula, -1
        self.step()

    def step(self):
        self.count += 1
        for group in self.optimizer.param_groups:
            group["lr"] = self.formula(self.count)


def schedule(name, **options):
    """A schedule of Millrace in place of a rate."""
    return {"schedule": name, "options": options}


def keras_restarts(step):
    """Keras's CosineDecayRestarts with t_mul=2, m_mul=0.5, alpha=0.1."""
    begin, length, height = 0, 4, 1.0
    while step >= begin + length:
        begin, length, height = begin + length, length * 2, height * 0.5
    return 0.02 * (0.9 * height * 0.5 * (1 + math.cos(math.pi * (step - begin) / length)) + 0.1)


def keras_cycle(step):
    """Keras's PolynomialDecay with cycle=True."""
    times = 1 if step == 0 else math.ceil(step / 6)
    return (0.02 - 0.002) * (1 - step / (6 * times)) ** 2 + 0.002


def warmed(steps, factor, then):
    """A warm-up before another scheduler."""
    def make(optimizer):
        rising = S.LinearLR(optimizer, start_factor=factor, total_iters=steps)
        return S.SequentialLR(optimizer, [rising, then(optimizer)], milestones=[steps])
    return make


def of_adamw(rate, scheduler, epoch=None):
    """AdamW with a schedule: the rate changes the step and the decay of the weights."""
    parts = [["adamw", {"weightDecay": 0.1, "learningRate": rate}]]
    return parts, lambda p: Scheduled(
        p, O.AdamW(p, lr=0.02, eps=1e-7, weight_decay=0.1), scheduler, epoch
    )


def of_momentum(options, scheduler):
    """SGD of Keras with a schedule."""
    return [["sgd", options]], lambda p: Scheduled(p, Momentum(p, 0.2), scheduler)


# Name: parts, and the optimizer over parameters with its scheduler; 20 steps, 5 epochs of 4.
SCHEDULED = {
    "constant": of_adamw(0.02, lambda o: S.ConstantLR(o, 1.0)),
    "exponentialDecay": of_adamw(
        schedule("exponentialDecay", initialLearningRate=0.02, decaySteps=1, decayRate=0.85),
        lambda o: S.ExponentialLR(o, 0.85),
    ),
    "exponentialDecay by stairs": of_adamw(
        schedule("exponentialDecay", initialLearningRate=0.02, decaySteps=6, decayRate=0.3, staircase=True),
        lambda o: S.StepLR(o, 6, 0.3),
    ),
    "piecewiseConstantDecay": of_adamw(
        schedule("piecewiseConstantDecay", boundaries=[3, 8, 15], values=[0.02, 0.01, 0.005, 0.0025]),
        lambda o: S.MultiStepLR(o, [3, 8, 15], 0.5),
    ),
    "inverseTimeDecay": of_adamw(
        schedule("inverseTimeDecay", initialLearningRate=0.02, decaySteps=4, decayRate=0.5),
        lambda o: ByFormula(o, lambda step: 0.02 / (1 + 0.5 * step / 4)),
    ),
    "polynomialDecay": of_adamw(
        schedule("polynomialDecay", initialLearningRate=0.02, decaySteps=15, power=2),
        lambda o: S.PolynomialLR(o, 15, 2.0),
    ),
    "polynomialDecay with cycles": of_adamw(
        schedule("polynomialDecay", initialLearningRate=0.02, decaySteps=6, endLearningRate=0.002, power=2,
                 cycle=True),
        lambda o: ByFormula(o, keras_cycle),
    ),
    "cosineDecay": of_adamw(
        schedule("cosineDecay", initialLearningRate=0.02, decaySteps=25, alpha=0.1),
        lambda o: S.CosineAnnealingLR(o, 25, 0.002),
    ),
    "cosineDecayRestarts": of_adamw(
        schedule("cosineDecayRestarts", initialLearningRate=0.02, firstDecaySteps=3, alpha=0.1),
        lambda o: S.CosineAnnealingWarmRestarts(o, 3, 2, 0.002),
    ),
    "cosineDecayRestarts to less each time": of_adamw(
        schedule("cosineDecayRestarts", initialLearningRate=0.02, firstDecaySteps=4, tMul=2, mMul=0.5,
                 alpha=0.1),
        lambda o: ByFormula(o, keras_restarts),
    ),
    "warmUp to a constant": of_adamw(
        {"schedule": "warmUp", "options": [0.02, {"steps": 8, "startFactor": 0.25}]},
        lambda o: S.LinearLR(o, 0.25, 1.0, 8),
    ),
    "warmUp to a polynomialDecay": of_adamw(
        {"schedule": "warmUp", "options": [
            schedule("polynomialDecay", initialLearningRate=0.02, decaySteps=12, power=0.5),
            {"steps": 5, "startFactor": 0.1},
        ]},
        warmed(5, 0.1, lambda o: S.PolynomialLR(o, 12, 0.5)),
    ),
    "oneCycle of the rate": of_adamw(
        schedule("oneCycle.learningRate", maxLearningRate=0.05, totalSteps=21),
        lambda o: S.OneCycleLR(o, 0.05, total_steps=21, cycle_momentum=False),
    ),
    "oneCycle of rate and momentum": of_momentum(
        {
            "learningRate": schedule("oneCycle.learningRate", maxLearningRate=0.3, totalSteps=21,
                                     baseMomentum=0.6, maxMomentum=0.9),
            "momentum": schedule("oneCycle.momentum", maxLearningRate=0.3, totalSteps=21,
                                 baseMomentum=0.6, maxMomentum=0.9),
        },
        lambda o: S.OneCycleLR(o, 0.3, total_steps=21, base_momentum=0.6, max_momentum=0.9),
    ),
    "exponentialDecay with momentum": of_momentum(
        {"momentum": 0.9,
         "learningRate": schedule("exponentialDecay", initialLearningRate=0.2, decaySteps=1, decayRate=0.8)},
        lambda o: S.ExponentialLR(o, 0.8),
    ),
    "reduceOnPlateau": of_adamw(
        schedule("reduceOnPlateau", monitor="loss", initialLearningRate=0.02, patience=0, threshold=0.3, factor=0.3),
        lambda o: S.ReduceLROnPlateau(o, patience=0, threshold=0.3, factor=0.3, eps=0), epoch=4,
    ),
    "reduceOnPlateau with a rest": of_adamw(
        schedule("reduceOnPlateau", monitor="loss", initialLearningRate=0.02, patience=0, threshold=0.5,
                 thresholdMode="absolute", factor=0.5, cooldown=1, minLearningRate=0.008),
        lambda o: S.ReduceLROnPlateau(o, patience=0, threshold=0.5, threshold_mode="abs", factor=0.5,
                                      cooldown=1, min_lr=0.008, eps=0), epoch=4,
    ),
}


def of_groups(params):
    """The first layer with a rate that falls, a momentum and a penalty of its own; the second by another rate."""
    first, second = params[:2], params[2:]
    inner = O.SGD([
        {"params": first, "lr": 0.1, "weight_decay": 0.05},
        {"params": second, "lr": 0.03, "momentum": 0.9},
    ])
    return Scheduled(params, inner, lambda o: S.LambdaLR(o, [lambda step: 0.8**step, lambda step: 1.0]))


# Name: parts of each group of parameters, by their paths, and the optimizer over all of them.
GROUPED = {
    "parameter groups": (
        [
            {"parameters": ["dense1"], "parts": [
                ["addDecayedWeights", 0.05],
                ["sgd", {"learningRate": schedule("exponentialDecay", initialLearningRate=0.1, decaySteps=1,
                                                  decayRate=0.8)}],
            ]},
            {"parameters": ["dense2"], "parts": [["sgd", {"learningRate": 0.03, "momentum": 0.9}]]},
        ],
        of_groups,
    ),
}


# Whose formula the numbers follow where PyTorch has none of its own, by name or by its beginning.
FORMULAS = {
    "lion": "the paper", "lamb": "the paper",
    "inverseTimeDecay": "Keras", "polynomialDecay with cycles": "Keras",
    "cosineDecayRestarts to less": "Keras", "oneCycle of rate and momentum": "Keras",
    "exponentialDecay with momentum": "Keras",
}


def author(name):
    """Whose the numbers of a recipe are."""
    return next((by for start, by in FORMULAS.items() if name.startswith(start)), "PyTorch")


def parts_at(parts, rate):
    """The parts of a recipe, with the rate in the options of its optimizer."""
    optimizers = {
        "sgd", "adam", "adamw", "nadam", "adamax", "rmsprop", "adagrad", "adadelta", "lion", "lamb",
    }
    return [
        [kind, {**arguments[0], "learningRate": rate}] if kind in optimizers else [kind, *arguments]
        for kind, *arguments in parts
    ]
