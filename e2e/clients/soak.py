"""Constant load of varying shapes for long: soak.py FILE.csv MINUTES [PER_SECOND]. Fails if an answer is wrong, or if memory grows beyond the bound."""

import subprocess
import sys
import time

import numpy

import server
from load import Load

# MiB by which what is resident may differ at the end from after the warm-up: what a collection or an arena lets go of later.
MOST_GROWN = 32
CLIENTS = 5
# Looks at its memory, at least: a slope of fewer says nothing.
LOOKS = 8


def main():
    file, minutes = sys.argv[1], float(sys.argv[2])
    started = server.shared()
    load = Load(started, CLIENTS, float(sys.argv[3]) if len(sys.argv) > 3 else None)
    looks, answers, fault, warm = [], 0, None, None
    pieces = max(LOOKS, round(minutes))
    begun = time.monotonic()
    with open(file, "w") as raw:
        print("seconds,answers,rss_mb,heap_mb,threads,files", file=raw)
        try:
            load.run(6 * minutes)
            warm = started.settled()
            for _ in range(pieces):
                answers += load.run(54 * minutes / pieces)
                now, seconds = started.kept(), time.monotonic() - begun
                looks.append((seconds / 3600, now))
                row = f"{seconds:.0f},{answers},{now.rss:.1f},{now.heap:.1f},{now.threads},{now.files}"
                print(row, file=raw, flush=True)
                print(row, flush=True)
        # What there is up to then is told, whatever ends it; what it has grown by is judged all the same.
        except (AssertionError, KeyboardInterrupt, OSError, subprocess.CalledProcessError) as ended:
            fault = ended
            print(f"soak: ended after {time.monotonic() - begun:.0f} s: {ended!r}; the server said:\n{started.said()}", file=sys.stderr)
    if warm is None:
        sys.exit(1)
    end = started.settled() if started.process.poll() is None else looks[-1][1] if looks else warm
    grown = end.rss - warm.rss
    print(
        f"minutes={(time.monotonic() - begun) / 60:.1f} answers={answers} rss_warm_mb={warm.rss:.0f} rss_end_mb={end.rss:.0f}"
        f" grown_mb={grown:.0f} bound_mb={MOST_GROWN} rss_slope_mb_per_hour={slope([(hour, now.rss) for hour, now in looks]):.1f}"
        f" heap_slope_mb_per_hour={slope([(hour, now.heap) for hour, now in looks]):.1f} heap_grown_mb={end.heap - warm.heap:.1f}"
        f" threads_grown={end.threads - warm.threads} files_grown={end.files - warm.files} csv={file}"
    )
    sys.exit(fault is not None or grown > MOST_GROWN)


def slope(points):
    """By least squares; 0 of fewer than two points."""
    if len(points) < 2:
        return 0.0
    return float(numpy.polyfit(*zip(*points), 1)[0])


if __name__ == "__main__":
    main()
