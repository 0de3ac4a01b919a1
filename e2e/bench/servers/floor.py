"""ONNX Runtime by itself, from Python: floor.py MODEL... answers a line on standard input, `MODEL BATCH SECONDS`, by `SAMPLES_PER_SECOND P50_MS P99_MS`."""

import sys
import time

import numpy
import onnxruntime

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
sessions = [onnxruntime.InferenceSession(each, options, providers=["CPUExecutionProvider"]) for each in sys.argv[1:]]

for line in sys.stdin:
    model, batch, seconds = line.split()
    session = sessions[int(model)]
    rows = numpy.random.default_rng(1).random((int(batch), session.get_inputs()[0].shape[1]), dtype=numpy.float32)
    took = []
    begin = time.perf_counter_ns() + int(0.2e9)
    end = begin + int(float(seconds) * 1e9)
    now = 0
    while now < end or not took:
        start = time.perf_counter_ns()
        session.run(["output"], {"input": rows})
        now = time.perf_counter_ns()
        if start >= begin:
            took.append(now - start)
    took.sort()
    speed = len(took) * int(batch) / (sum(took) / 1e9)
    print(f"{speed:.1f} {took[(len(took) - 1) // 2] / 1e6:.4f} {took[(len(took) - 1) * 99 // 100] / 1e6:.4f}", flush=True)
