"""Contender: PyTorch. Does one job, given as JSON as in bench/rivals/work.ts, and answers alike.

The whole data set is one tensor and batches are taken by index: as fast as plain PyTorch goes without
a DataLoader. By hand, for samples a second (networks: mlp, lenet, lstm):

    python3 bench/rivals/pytorch.py '{"threads": 1, "work": {"kind": "train", "network": "mlp",
        "batch": 32, "rows": 60000, "seconds": 2}}'
"""

import json
import math
import resource
import sys
import time

import torch
from torch import nn


def multiply(sizes, seconds):
    gflops = {}
    for n in sizes:
        lhs, rhs = torch.randn(n, n), torch.randn(n, n)
        begun = time.perf_counter()
        measured = begun + seconds / 2
        best = math.inf
        now = begun
        while now < measured + seconds:
            torch.mm(lhs, rhs)
            after = time.perf_counter()
            if now >= measured:
                best = min(best, after - now)
            now = after
        gflops[n] = 2 * n**3 / best / 1e9
    return gflops


def digits(rows):
    """Noise in which a bright bar tells the class."""
    images = torch.randint(0, 128, (rows, 28, 28), dtype=torch.uint8)
    labels = torch.arange(rows) % 10
    for label in range(10):
        first = 2 + 2 * label
        images[labels == label, first:first + 2] += 128
    return images, labels


class Recurrent(nn.Module):
    """Rows of an image are steps; the last state is scored."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(28, 128, batch_first=True)
        self.scores = nn.Linear(128, 10)

    def forward(self, images):
        _, (state, _) = self.lstm(images)
        return self.scores(state[0])


def make_network(name):
    if name == "lstm":
        network = Recurrent()
        return network, torch.optim.Adam(network.parameters(), lr=1e-3)
    if name == "mlp":
        network = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10)
        )
        return network, torch.optim.Adam(network.parameters(), lr=1e-3)
    network = nn.Sequential(
        nn.Unflatten(1, (1, 28)),
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 10),
    )
    return network, torch.optim.SGD(network.parameters(), lr=0.1)


def train(network, batch, rows, seconds):
    images, labels = digits(rows)
    model, optimizer = make_network(network)
    criterion = nn.CrossEntropyLoss()
    first_step_at = first = begun = None
    steps = begun_steps = 0
    while True:
        for chosen in torch.randperm(rows).split(batch):
            loss = criterion(model(images[chosen].float() / 255), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            steps += 1
            now = time.perf_counter()
            if first is None:
                first, first_step_at = now, time.time() * 1000
                if seconds == 0:
                    return answer(first_step_at, 0, loss)
            elif begun is None:
                if now >= first + seconds / 2:
                    begun, begun_steps = now, steps
            elif now >= begun + seconds:
                return answer(first_step_at, (steps - begun_steps) * batch / (now - begun), loss)


def answer(first_step_at, samples_per_second, loss):
    return {
        "firstStepAt": first_step_at,
        "samplesPerSecond": samples_per_second,
        "loss": loss.item(),
    }


job = json.loads(sys.argv[1])
torch.set_num_threads(job["threads"])
work = dict(job["work"])
if work.pop("kind") == "matmul":
    outcome = {"gflops": multiply(**work)}
else:
    outcome = {"training": train(**work)}
# kibibytes on Linux, bytes on macOS
unit = 1 if sys.platform == "darwin" else 1024
outcome["peakBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
outcome["versions"] = {"torch": torch.__version__}
print(json.dumps(outcome))
