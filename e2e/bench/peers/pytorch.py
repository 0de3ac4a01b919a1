"""PyTorch's training loop, as one process or as one of several by DistributedDataParallel and gloo.

pytorch.py MODEL BATCH STEPS MNIST THREADS [RANK WORLD PORT]: for each line that it reads, `default` or `fused` for the Adam that is meant, it
trains an epoch of so many steps and answers with what that took, in seconds of the clock and of processors. The same models, by the same names, as
in Model.java; batches are taken from samples in memory, in an order of their own each epoch.
"""

import gzip
import struct
import sys
import time

import torch
from torch import nn
from torch.nn import functional

CLASSES = 10


class LastOfLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(1000, 64)
        self.lstm = nn.LSTM(64, 64, batch_first=True)
        self.output = nn.Linear(64, CLASSES)

    def forward(self, words):
        return self.output(self.lstm(self.embedding(words))[0][:, -1])


def network(model):
    torch.manual_seed(42)
    match model:
        case "mlp":
            return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, CLASSES))
        case "wide":
            return nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, CLASSES))
        case "lenet":
            return nn.Sequential(
                nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2),
                nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, CLASSES))
        case "lstm":
            return LastOfLstm()
    raise ValueError(model)


def samples(model, count, mnist):
    if model == "lstm":
        return torch.randint(2, 1000, (count, 32)), torch.arange(count) % CLASSES
    with gzip.open(f"{mnist}/train-images-idx3-ubyte.gz") as file:
        _, all_of_them, height, width = struct.unpack(">IIII", file.read(16))
        images = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).view(all_of_them, height * width)
    with gzip.open(f"{mnist}/train-labels-idx1-ubyte.gz") as file:
        labels = torch.frombuffer(bytearray(file.read())[8:], dtype=torch.uint8).long()
    taken = torch.arange(count) % all_of_them
    images = images[taken].float().div(255)
    return images.view(-1, 1, height, width) if model == "lenet" else images, labels[taken]


model, batch, steps, mnist, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
torch.set_num_threads(threads)
together = len(sys.argv) > 6
if together:
    rank, world, port = sys.argv[6:9]
    torch.distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=int(rank), world_size=int(world))
inputs, labels = samples(model, batch * steps, mnist)
trained = {}
for fused in (False, True):
    net = network(model)
    if together:
        net = nn.parallel.DistributedDataParallel(net)
    trained["fused" if fused else "default"] = net, torch.optim.Adam(net.parameters(), lr=1e-3, fused=fused or None)

print("ready", flush=True)
for line in sys.stdin:
    net, optimizer = trained[line.strip()]
    start, computed = time.perf_counter(), time.process_time()
    order = torch.randperm(len(labels))
    loss_of_all = 0.0
    for at in range(0, len(order), batch):
        chosen = order[at : at + batch]
        optimizer.zero_grad()
        loss = functional.cross_entropy(net(inputs[chosen]), labels[chosen])
        loss.backward()
        optimizer.step()
        loss_of_all += loss.item()
    print(f"{time.perf_counter() - start:.6f} {time.process_time() - computed:.6f}", flush=True)
