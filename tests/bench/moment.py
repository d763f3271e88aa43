#!/usr/bin/env python3
"""Runs one peer of the benchmark for a moment in each of its modes: moment.py BUILD PEER.

Of ferry's own faces it asserts what does not depend on the machine: allocations and system calls a request."""
import json
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent / "harness"))
import counts  # noqa: E402
import machine  # noqa: E402
import workloads  # noqa: E402
from peers import BY_NAME  # noqa: E402

# At most so many allocations and system calls for a GET on one warm connection. One send, one read and one wait are
# what a request takes; Asio polls once more after a write, and may read once before there is anything.
MOST = {
    "ferry-own-loop": (4, 3),
    "ferry-blocking": (3, 3),
    "ferry-uv": (3, 3),
    "ferry-asio": (3, 5),
    "ferry-asio-coro": (3, 5),
}
# What a run adds that is no request's: the loop's timer going off, a list that grows.
SLACK = 0.05


def modes(peer, build, url):
    for cell in workloads.CELLS:
        if cell.mode not in peer.modes:
            continue
        path = cell.path.replace("/256m", "/length/8388608").replace(str(256 * workloads.MIB), "8388608")
        words = cell.arguments(peer, url, moment=True)
        words[1] = url + path
        if cell.mode == "upload":
            words[words.index("--body-size") + 1] = "8388608"
        done = subprocess.run(peer.command(build) + words, capture_output=True, text=True, timeout=50)
        if done.returncode:
            sys.exit(f"{cell.name}: {done.stderr or done.stdout}")
        line = json.loads(done.stdout)
        each = 8388608 if cell.expect > 1024 else cell.expect
        if line["bytes"] != each * line["requests"] or cell.metric not in line:
            sys.exit(f"{cell.name}: {done.stdout}")
        print(cell.name, done.stdout.strip())


def main():
    build, peer = pathlib.Path(sys.argv[1]), BY_NAME[sys.argv[2]]
    if why := peer.missing(build):
        print(f"skipped: {why}")
        sys.exit(77)
    os.environ["NODE_PATH"] = str(build / "node/node_modules")
    server = machine.Server("origin", build, build / "nginx")
    try:
        modes(peer, build, server.url)
        if peer.name in MOST:
            allocations, calls = MOST[peer.name]
            found = counts.allocations(peer, build, server.url, 1)
            print(f"{found:.3f} allocations a request, of at most {allocations}")
            failed = found > allocations + SLACK
            if counts.can_trace():
                table = counts.system_calls(peer, build, server.url, 1)
                print(f"{sum(table.values()):.3f} system calls a request, of at most {calls}: {table}")
                failed = failed or sum(table.values()) > calls + SLACK
            else:
                print("strace may not trace here: system calls are not counted")
            if failed:
                sys.exit("a request costs more than it did")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
