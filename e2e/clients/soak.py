"""Constant load of varying shapes for long: soak.py FILE.csv MINUTES. Fails if an answer is wrong, or if memory grows beyond the bound."""

import sys
import time

import server
from load import Load

# MiB by which what is resident may differ at the end from after the warm-up: what a collection or an arena lets go of later.
MOST_GROWN = 32
CLIENTS = 5


def main():
    file, minutes = sys.argv[1], float(sys.argv[2])
    started = server.shared()
    load = Load(started, CLIENTS)
    load.run(6 * minutes)
    warm = started.settled()
    answers = 0
    pieces = max(1, round(minutes))
    begun = time.monotonic()
    with open(file, "w") as raw:
        print("seconds,answers,rss_mb,heap_mb,threads,files", file=raw)
        for _ in range(pieces):
            answers += load.run(54 * minutes / pieces)
            now = started.kept()
            row = f"{time.monotonic() - begun:.0f},{answers},{now.rss:.1f},{now.heap:.1f},{now.threads},{now.files}"
            print(row, file=raw, flush=True)
            print(row, flush=True)
    end = started.settled()
    print(
        f"minutes={minutes:g} answers={answers} rss_warm_mb={warm.rss:.0f} rss_end_mb={end.rss:.0f}"
        f" grown_mb={end.rss - warm.rss:.0f} bound_mb={MOST_GROWN} heap_grown_mb={end.heap - warm.heap:.1f} csv={file}"
    )
    sys.exit(end.rss - warm.rss > MOST_GROWN)


if __name__ == "__main__":
    main()
