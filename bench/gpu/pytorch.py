"""PyTorch with CUDA on the work of bench/gpu/work.ts: float32 without TF32, eager.

Takes {"seconds": 2, "works": [...]} as its argument, and prints the seconds of one run of each, the
fastest of rounds of up to 64 runs, as the other devices are measured. Without CUDA it says so and fails.
"""

import json
import sys
import time

try:
    import torch
    from torch import nn
except ImportError as error:
    sys.exit(f"PyTorch cannot be imported: {error}")


def product(size):
    lhs, rhs = torch.randn(size, size, device="cuda"), torch.randn(size, size, device="cuda")
    out = torch.empty(size, size, device="cuda")
    return lambda: torch.mm(lhs, rhs, out=out)


def step(network, batch):
    """One training step, and the loss where it can be read later: as the queue of webgpu keeps it."""
    if network == "mlp":
        model = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10)
        ).cuda()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-12)
    else:
        model = nn.Sequential(
            nn.Unflatten(1, (1, 28)),
            nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(256, 10),
        ).cuda()
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-12)
    criterion = nn.CrossEntropyLoss()
    images = torch.randint(0, 256, (batch, 28, 28), dtype=torch.uint8).pin_memory()
    labels = (torch.arange(batch) % 10).pin_memory()
    losses = []

    def run():
        # the batch comes from the host, as it does in the other devices
        x = images.to("cuda", non_blocking=True).float() / 255
        y = labels.to("cuda", non_blocking=True)
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        if len(losses) == 64:
            torch.stack(losses).cpu()
            losses.clear()

    return run


def round_of(run, runs):
    started = time.perf_counter()
    for _ in range(runs):
        run()
    torch.cuda.synchronize()
    return (time.perf_counter() - started) / runs


def measure(run, seconds):
    round_of(run, 3)
    runs = max(1, min(64, int(0.1 / round_of(run, 1))))
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        best = min(best, round_of(run, runs))
    return best


def main():
    if not torch.cuda.is_available():
        sys.exit(f"PyTorch {torch.__version__} finds no CUDA")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    job = json.loads(sys.argv[1])
    found = {}
    for work in job["works"]:
        run = (
            product(work["size"])
            if work["kind"] == "matmul"
            else step(work["network"], work["batch"])
        )
        found[work["name"]] = measure(run, job["seconds"])
    print(json.dumps({"version": torch.__version__, "seconds": found}))


main()
