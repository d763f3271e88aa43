#!/usr/bin/env python3
"""Instructions per request inside the engine, by how many requests are under way and over how many origins.

    growth.py PROGRAM [--short]

PROGRAM is engine_scale. The requests of one table do the same work, so they should cost the same: where the most is more
than 20 % above the least, this ends with 1. Needs valgrind; without it this ends with 77. --short is for a build that is
not optimised, as a test: small numbers, in seconds.
"""
import re
import shutil
import subprocess
import sys

ALLOWED = 1.20

# What a table is about, the limits (connections, per origin), and its sizes (under way, origins).
SIZES = [1, 100, 10000]
TABLES = [
    ("no limits", (0, 0), [(under_way, origins) for under_way in SIZES for origins in SIZES]),
    ("50 connections, all reused; the others wait", (50, 0), [(100, 1), (1000, 1), (10000, 1)]),
    ("2 connections an origin, all reused; the others wait", (0, 2), [(400, 100), (2000, 100), (10000, 100)]),
    ("50 connections, each closed for another origin's request", (50, 0), [(100, 10000), (1000, 10000), (10000, 10000)]),
]
SHORT = [
    ("no limits", (0, 0), [(1, 1), (100, 1), (100, 100), (500, 500)]),
    ("20 connections, all reused; the others wait", (20, 0), [(50, 1), (500, 1)]),
    ("20 connections, each closed for another origin's request", (20, 0), [(50, 500), (500, 500)]),
]


def instructions(program, requests, under_way, origins, limits):
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=measured_steps*", program,
         str(under_way), str(origins), str(requests), *map(str, limits)],
        capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or collected is None:
        sys.exit(f"{program} has failed:\n{run.stdout}{run.stderr}")
    return int(collected[1]) // requests


def main(arguments):
    short = "--short" in arguments
    (program,) = [argument for argument in arguments if argument != "--short"]
    if shutil.which("valgrind") is None:
        print("valgrind is not installed")
        return 77
    flat = True
    for title, limits, sizes in SHORT if short else TABLES:
        print(f"{title}\n{'under way':>12} {'origins':>10} {'instructions a request':>24}")
        counts = []
        for under_way, origins in sizes:
            counts.append(instructions(program, 200 if short else 2000, under_way, origins, limits))
            print(f"{under_way:>12} {origins:>10} {counts[-1]:>24}", flush=True)
        growth = max(counts) / min(counts)
        flat = flat and growth <= ALLOWED
        print(f"the most is {growth - 1:.1%} above the least{'' if growth <= ALLOWED else f': more than {ALLOWED - 1:.0%}'}\n")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
