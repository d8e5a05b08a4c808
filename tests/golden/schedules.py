"""Golden learning rates: what PyTorch's schedulers give, and Keras's formulas where PyTorch has none."""

import math

import torch
from torch.optim import lr_scheduler as S

from common import write

STEPS = 40


def rates(lr, make, momentum=None):
    """The rates, and momenta if wanted, at each step of a PyTorch scheduler."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    seen = []
    for _ in range(STEPS):
        seen.append(optimizer.param_groups[0][momentum or "lr"])
        optimizer.step()
        scheduler.step()
    return seen


def by_formula(formula):
    """The rates at each step of a formula of Keras, whose steps count from 0."""
    return [formula(step) for step in range(STEPS)]


def inverse_time(step):
    return 0.1 / (1 + 0.5 * step / 8)


def polynomial_cycle(step):
    times = 1 if step == 0 else math.ceil(step / 12)
    return (0.1 - 0.01) * (1 - step / (12 * times)) ** 2 + 0.01


def exponential(step):
    return 0.1 * 0.5 ** (step / 4)


def polynomial_end(step):
    return (0.1 - 0.01) * (1 - min(step, 30) / 30) ** 0.5 + 0.01


def cosine_alpha(step):
    decayed = 0.5 * (1 + math.cos(math.pi * min(step, 25) / 25))
    return 0.1 * ((1 - 0.2) * decayed + 0.2)


def cosine_restarts(step):
    """Keras's CosineDecayRestarts with t_mul=3, m_mul=0.5, alpha=0.1."""
    begin, length, height = 0, 3, 1.0
    while step >= begin + length:
        begin, length, height = begin + length, length * 3, height * 0.5
    cosine = 0.5 * height * (1 + math.cos(math.pi * (step - begin) / length))
    return 0.1 * ((1 - 0.1) * cosine + 0.1)


def cosine_warm_up(step):
    """Keras's CosineDecay with a warm-up of 5 steps from 0."""
    if step < 5:
        return 0.1 * step / 5
    return 0.1 * 0.5 * (1 + math.cos(math.pi * min(step - 5, 20) / 20))


def sequential(optimizer):
    return S.SequentialLR(
        optimizer,
        [S.LinearLR(optimizer, start_factor=0.25, total_iters=6), S.ExponentialLR(optimizer, 0.9)],
        milestones=[6],
    )


def one_cycle(**options):
    def make(optimizer):
        return S.OneCycleLR(optimizer, max_lr=0.1, total_steps=STEPS + 1, **options)
    return make


CASES = [
    ("ExponentialLR", "exponentialDecay",
     {"initialLearningRate": 0.1, "decaySteps": 1, "decayRate": 0.9},
     rates(0.1, lambda o: S.ExponentialLR(o, 0.9))),
    ("StepLR", "exponentialDecay",
     {"initialLearningRate": 0.1, "decaySteps": 7, "decayRate": 0.3, "staircase": True},
     rates(0.1, lambda o: S.StepLR(o, 7, 0.3))),
    ("ExponentialDecay of Keras", "exponentialDecay",
     {"initialLearningRate": 0.1, "decaySteps": 4, "decayRate": 0.5}, by_formula(exponential)),
    ("MultiStepLR", "piecewiseConstantDecay",
     {"boundaries": [3, 10, 25], "values": [0.1, 0.05, 0.025, 0.0125]},
     rates(0.1, lambda o: S.MultiStepLR(o, [3, 10, 25], 0.5))),
    ("InverseTimeDecay of Keras", "inverseTimeDecay",
     {"initialLearningRate": 0.1, "decaySteps": 8, "decayRate": 0.5}, by_formula(inverse_time)),
    ("PolynomialLR", "polynomialDecay", {"initialLearningRate": 0.1, "decaySteps": 30, "power": 2},
     rates(0.1, lambda o: S.PolynomialLR(o, 30, 2.0))),
    ("LinearLR down", "polynomialDecay",
     {"initialLearningRate": 0.1, "decaySteps": 30, "endLearningRate": 0.02},
     rates(0.1, lambda o: S.LinearLR(o, 1.0, 0.2, 30))),
    ("PolynomialDecay of Keras", "polynomialDecay",
     {"initialLearningRate": 0.1, "decaySteps": 30, "endLearningRate": 0.01, "power": 0.5},
     by_formula(polynomial_end)),
    ("PolynomialDecay of Keras with cycles", "polynomialDecay",
     {"initialLearningRate": 0.1, "decaySteps": 12, "endLearningRate": 0.01, "power": 2, "cycle": True},
     by_formula(polynomial_cycle)),
    ("CosineAnnealingLR", "cosineDecay", {"initialLearningRate": 0.1, "decaySteps": 50, "alpha": 0.1},
     rates(0.1, lambda o: S.CosineAnnealingLR(o, 50, 0.01))),
    ("CosineDecay of Keras", "cosineDecay",
     {"initialLearningRate": 0.1, "decaySteps": 25, "alpha": 0.2}, by_formula(cosine_alpha)),
    ("CosineAnnealingWarmRestarts", "cosineDecayRestarts",
     {"initialLearningRate": 0.1, "firstDecaySteps": 5, "alpha": 0.1},
     rates(0.1, lambda o: S.CosineAnnealingWarmRestarts(o, 5, 2, 0.01))),
    ("CosineAnnealingWarmRestarts with equal periods", "cosineDecayRestarts",
     {"initialLearningRate": 0.1, "firstDecaySteps": 7, "tMul": 1},
     rates(0.1, lambda o: S.CosineAnnealingWarmRestarts(o, 7))),
    ("CosineDecayRestarts of Keras", "cosineDecayRestarts",
     {"initialLearningRate": 0.1, "firstDecaySteps": 3, "tMul": 3, "mMul": 0.5, "alpha": 0.1},
     by_formula(cosine_restarts)),
    ("LinearLR", "warmUp", [0.1, {"steps": 12, "startFactor": 0.25}],
     rates(0.1, lambda o: S.LinearLR(o, 0.25, 1.0, 12))),
    ("SequentialLR", "warmUp",
     [{"schedule": "exponentialDecay",
       "options": {"initialLearningRate": 0.1, "decaySteps": 1, "decayRate": 0.9}},
      {"steps": 6, "startFactor": 0.25}],
     rates(0.1, sequential)),
    ("CosineDecay of Keras with a warm-up", "warmUp",
     [{"schedule": "cosineDecay", "options": {"initialLearningRate": 0.1, "decaySteps": 20}},
      {"steps": 5}],
     by_formula(cosine_warm_up)),
    ("OneCycleLR", "oneCycle.learningRate", {"maxLearningRate": 0.1, "totalSteps": STEPS + 1},
     rates(0.1, one_cycle())),
    ("OneCycleLR along lines", "oneCycle.learningRate",
     {"maxLearningRate": 0.1, "totalSteps": STEPS + 1, "warmUpFraction": 0.45, "divFactor": 10,
      "finalDivFactor": 100, "anneal": "linear"},
     rates(0.1, one_cycle(pct_start=0.45, div_factor=10, final_div_factor=100,
                          anneal_strategy="linear"))),
    ("OneCycleLR's momentum", "oneCycle.momentum",
     {"maxLearningRate": 0.1, "totalSteps": STEPS + 1, "baseMomentum": 0.7, "maxMomentum": 0.9},
     rates(0.1, one_cycle(base_momentum=0.7, max_momentum=0.9), "momentum")),
]

PLATEAUS = [
    ("relative", {"patience": 1}, {"patience": 1}),
    ("absolute, with a rest", {"patience": 2, "threshold": 0.05, "thresholdMode": "absolute",
                               "cooldown": 3, "factor": 0.5},
     {"patience": 2, "threshold": 0.05, "threshold_mode": "abs", "cooldown": 3, "factor": 0.5}),
    ("of the greatest", {"mode": "max", "patience": 0, "threshold": 0.1, "factor": 0.5},
     {"mode": "max", "patience": 0, "threshold": 0.1, "factor": 0.5}),
    ("with a least rate", {"patience": 0, "threshold": 0.3, "minLearningRate": 0.02},
     {"patience": 0, "threshold": 0.3, "min_lr": 0.02}),
]


def plateau_case(name, options, settings):
    """Thirty epochs of a score that falls and stays, with the rate of each."""
    score = [float(torch.tensor(2.0 / (1 + 0.3 * i) + 0.2 * math.sin(i)).float()) for i in range(30)]
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = S.ReduceLROnPlateau(optimizer, eps=0, **settings)
    seen = []
    for value in score:
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(value)
    return {
        "name": f"ReduceLROnPlateau, {name}",
        "options": {"initialLearningRate": 0.1, **options},
        "scores": score,
        "rates": seen,
    }


write(
    [
        {"name": name, "schedule": schedule, "options": options, "rates": seen}
        for name, schedule, options, seen in CASES
    ]
    + [plateau_case(*case) for case in PLATEAUS]
)
