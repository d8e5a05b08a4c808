"""The network of pipelines/mnist.ts in PyTorch, for scale: samples a second of its training loop.

Whole data set in one tensor, shuffled by index, as fast as plain PyTorch goes without a DataLoader.
Run: python3 bench/pytorch_mlp.py [threads] [batch size]
"""

import json
import sys
import time

import torch
from torch import nn

threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
batch = int(sys.argv[2]) if len(sys.argv) > 2 else 32
torch.set_num_threads(threads)
torch.manual_seed(0)
images = torch.randint(0, 256, (60000, 784), dtype=torch.uint8)
labels = torch.randint(0, 10, (60000,))
model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
seconds = []
for epoch in range(3):
    start = time.perf_counter()
    for rows in torch.randperm(60000).split(batch):
        loss = criterion(model(images[rows].float() / 255), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    seconds.append(time.perf_counter() - start)
print(json.dumps({
    "torch": torch.__version__,
    "threads": threads,
    "batchSize": batch,
    "samplesPerSecond": round(60000 / sorted(seconds)[1]),
}))
