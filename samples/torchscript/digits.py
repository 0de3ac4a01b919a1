# Writes module.pt, which samples/torchscript.yaml trains: python digits.py [FILE]. Needs PyTorch; whoever trains it needs no Python.
import sys

import torch
from torch import nn


class Digits(nn.Module):
    """A small convolutional network whose two branches see the image through windows of other sizes."""

    def __init__(self):
        super().__init__()
        self.fine = nn.Conv2d(1, 8, kernel_size=3, padding=1)
        self.coarse = nn.Conv2d(1, 8, kernel_size=7, padding=3)
        self.norm = nn.BatchNorm2d(16)
        self.hidden = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.dropout = nn.Dropout(0.2)
        self.out = nn.Linear(32 * 7 * 7, 10)

    def forward(self, images):
        both = torch.cat([self.fine(images), self.coarse(images)], dim=1)
        halved = nn.functional.max_pool2d(torch.relu(self.norm(both)), 2)
        quartered = nn.functional.max_pool2d(torch.relu(self.hidden(halved)), 2)
        return self.out(self.dropout(quartered.flatten(1)))  # logits: the loss has the softmax


torch.manual_seed(42)
torch.jit.script(Digits()).save(sys.argv[1] if len(sys.argv) > 1 else "module.pt")
