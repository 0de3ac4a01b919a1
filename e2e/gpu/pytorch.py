"""PyTorch's speed on a GPU, of the networks that the worker's `device` role trains by the same names: 256 samples a step, Adam, float32."""

import time

import torch
from torch import nn

ROWS, CLASSES, SECONDS = 256, 10, 3
# As the worker has it: products in full length.
torch.backends.cudnn.allow_tf32 = False
torch.backends.cuda.matmul.allow_tf32 = False

NETWORKS = {
    "wide": (
        (784,),
        nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, CLASSES)),
    ),
    "lenet": (
        (1, 28, 28),
        nn.Sequential(
            nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, CLASSES)),
    ),
}

for name, (shape, network) in NETWORKS.items():
    network.cuda()
    inputs, labels = torch.rand(ROWS, *shape), torch.arange(ROWS) % CLASSES
    adam = torch.optim.Adam(network.parameters(), fused=True)
    samples, start = 0, None
    while start is None or time.perf_counter() - start < SECONDS:
        adam.zero_grad()
        # A batch comes from the CPU's memory each time, as the worker's does.
        loss = nn.functional.cross_entropy(network(inputs.cuda()), labels.cuda())
        loss.backward()
        adam.step()
        loss.item()
        if start is None:
            start = time.perf_counter()
        else:
            samples += ROWS
    print(f"{name}: {samples / (time.perf_counter() - start):.0f} samples/s", flush=True)
