"""PyTorch's training loop, as one process or as one of several by DistributedDataParallel and gloo.

pytorch.py MODEL BATCH STEPS MNIST THREADS [RANK WORLD PORT]: for each line that it reads, `default` or `fused` for the Adam that is meant, it
trains an epoch of so many steps and answers with what that took, in seconds of the clock and of processors. The same models, by the same names, as
in Model.java; batches are taken from samples in memory, in an order of their own each epoch.

pytorch.py MODEL answers FILE: takes over a network's parameters as ModelAnswers.java has written them, and answers with the number of its own
and the largest difference of what both make of the same samples.
"""

import array
import gzip
import struct
import sys
import time

import torch
from torch import nn
from torch.nn import functional

CLASSES = 10
SEQUENCES = ("lstm", "encoder")


class LastOfLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(1000, 64)
        self.lstm = nn.LSTM(64, 64, batch_first=True)
        self.output = nn.Linear(64, CLASSES)

    def forward(self, words):
        return self.output(self.lstm(self.embedding(words))[0][:, -1])


class Block(nn.Module):
    """Half an encoder's layer: what is normalized before it and added after it."""

    def __init__(self, inner):
        super().__init__()
        self.norm = nn.LayerNorm(128)
        self.inner = inner

    def forward(self, vectors):
        return vectors + self.inner(self.norm(vectors))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.projection = nn.Linear(128, 3 * 128, bias=False)
        self.joined = nn.Linear(128, 128, bias=False)

    def forward(self, vectors):
        samples, length, width = vectors.shape
        queries, keys, values = self.projection(vectors).view(samples, length, 3, 4, width // 4).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(queries, keys, values)
        return self.joined(seen.transpose(1, 2).reshape(samples, length, width))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(1000, 128)
        self.places = nn.Parameter(0.02 * torch.randn(32, 128))
        self.blocks = nn.Sequential(*[
            Block(inner)
            for _ in range(2)
            for inner in (Attention(), nn.Sequential(nn.Linear(128, 512), nn.ReLU(), nn.Linear(512, 128)))])
        self.norm = nn.LayerNorm(128)
        self.output = nn.Linear(128, CLASSES)

    def forward(self, words):
        return self.output(self.norm(self.blocks(self.embedding(words) + self.places)).mean(1))


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
        case "encoder":
            return Encoder()
    raise ValueError(model)


def samples(model, count, mnist):
    if model in SEQUENCES:
        return torch.randint(2, 1000, (count, 32)), torch.arange(count) % CLASSES
    with gzip.open(f"{mnist}/train-images-idx3-ubyte.gz") as file:
        _, all_of_them, height, width = struct.unpack(">IIII", file.read(16))
        images = torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).view(all_of_them, height * width)
    with gzip.open(f"{mnist}/train-labels-idx1-ubyte.gz") as file:
        labels = torch.frombuffer(bytearray(file.read())[8:], dtype=torch.uint8).long()
    taken = torch.arange(count) % all_of_them
    images = images[taken].float().div(255)
    return images.view(-1, 1, height, width) if model == "lenet" else images, labels[taken]


def take_over(net, row):
    """Parameters that lie in a row as DL4J has them: of dense layers [outputs, inputs], a convolution's bias first, embeddings by columns."""
    at = 0

    def taken(*shape):
        nonlocal at
        at += torch.Size(shape).numel()
        return row[at - torch.Size(shape).numel() : at].view(shape)

    def over_time(linear):
        # Of a convolution over one time step, which has its weights by inputs.
        linear.bias.copy_(taken(linear.out_features))
        linear.weight.copy_(taken(linear.in_features, linear.out_features).T)

    def take(module):
        match module:
            case Block(inner=nn.Sequential() as window):
                take(module.norm)
                over_time(window[0])
                over_time(window[2])
            case nn.Linear() | nn.LayerNorm():
                module.weight.copy_(taken(*module.weight.shape))
                if module.bias is not None:
                    module.bias.copy_(taken(*module.bias.shape))
            case nn.Conv2d():
                module.bias.copy_(taken(*module.bias.shape))
                module.weight.copy_(taken(*module.weight.shape))
            case nn.Embedding():
                module.weight.copy_(taken(*reversed(module.weight.shape)).T)
            case nn.LSTM():
                # DL4J has the cell's input, the gates of forgetting, output and input; PyTorch input, forgetting, cell, output. One bias is enough.
                for parameter in (module.weight_ih_l0, module.weight_hh_l0, module.bias_ih_l0):
                    blocks = taken(*parameter.shape).chunk(4)
                    parameter.copy_(torch.cat([blocks[gate] for gate in (3, 1, 0, 2)]))
                module.bias_hh_l0.zero_()
            case Encoder():
                take(module.embedding)
                module.places.copy_(taken(*module.places.shape))
                for each in (*module.blocks, module.norm, module.output):
                    take(each)
            case _:
                for each in module.children():
                    take(each)

    with torch.no_grad():
        take(net)
    return at


def compare(model, file):
    with open(file, "rb") as written:
        parameters, rows, inputs, outputs = struct.unpack("<4i", written.read(16))
        numbers = array.array("f", written.read())
    row, given, expected = torch.tensor(numbers).split([parameters, rows * inputs, rows * outputs])
    given = given.view(rows, inputs)
    net = network(model)
    count = take_over(net, row)
    with torch.no_grad():
        given = given.long() if model in SEQUENCES else given.view(-1, 1, 28, 28) if model == "lenet" else given
        difference = (net(given).softmax(1) - expected.view(rows, outputs)).abs().max().item()
    # PyTorch's LSTM has a second bias that is added to the first.
    own = sum(each.numel() for name, each in net.named_parameters() if "bias_hh" not in name)
    print(own if count == own == parameters else f"{own}, of which {count} were taken from {parameters},", difference)


if sys.argv[2] == "answers":
    compare(sys.argv[1], sys.argv[3])
    sys.exit()
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
