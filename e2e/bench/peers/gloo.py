"""A rank that adds floats up with its peers by PyTorch's all_reduce over gloo.

gloo.py RANK WORLD PORT: for each line that it reads, `gloo FLOATS TIMES`, it adds up so many floats so many times, and answers with what that took,
in seconds of the clock and of processors, as AllReduce.java's own ranks do.
"""

import sys
import time

import torch
from torch import distributed

rank, world, port = (int(each) for each in sys.argv[1:])
torch.set_num_threads(1)
distributed.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=world)

print("ready", flush=True)
for line in sys.stdin:
    _, length, times = line.split()
    numbers = torch.zeros(int(length))
    distributed.barrier()
    start, computed = time.perf_counter(), time.process_time()
    for _ in range(int(times)):
        numbers[0], numbers[-1] = 1, 2
        distributed.all_reduce(numbers)
        if numbers[0] != world or numbers[-1] != 2 * world:
            raise ValueError(f"a wrong sum: {numbers[0]}, {numbers[-1]}")
    print(f"{time.perf_counter() - start:.6f} {time.process_time() - computed:.6f}", flush=True)
