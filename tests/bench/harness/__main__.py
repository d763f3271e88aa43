"""Measures, and writes what it found: see docs/benchmarks.md; started by scripts/bench."""
import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import time

import counts
import footprint
import machine
import programs
import report
import workloads
from peers import BY_NAME, PEERS
from results import FOREIGN, Results

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / "build/bench"
# Seconds that counting, W8, W9 and the footprint take after the rounds.
LATER = 240


def say(text, end="\n"):
    print(text, end=end, file=sys.stderr, flush=True)


def options():
    known = sorted({cell.workload for cell in workloads.CELLS}) + list(workloads.OTHERS)
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures ferry beside its peers.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD",
                        help=f"{', '.join(known)}, or a cell such as W2-100; all if none is given")
    parser.add_argument("--peers", help=f"some of {','.join(BY_NAME)}, with commas")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--again", action="store_true", help="forget what was measured of this revision before")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md, as a run of everything does")
    parser.add_argument("--minutes", type=float, default=15, help="about what the whole may take; three rounds it takes anyway")
    chosen = parser.parse_args()
    for name in chosen.workloads:
        if name not in known and name not in workloads.BY_NAME:
            parser.error(f"there is no workload {name}")
    for name in (chosen.peers or "").split(",") if chosen.peers else []:
        if name not in BY_NAME:
            parser.error(f"there is no peer {name}")
    chosen.write = chosen.write or not (chosen.workloads or chosen.peers)
    return chosen


class Failed(Exception):
    """A peer did not do what it was asked for."""


class Bench:
    def __init__(self, chosen, results):
        self.chosen = chosen
        self.results = results
        self.servers = {}
        self.failed = set()
        self.end = time.monotonic() + chosen.minutes * 60
        names = chosen.peers.split(",") if chosen.peers else list(BY_NAME)
        self.peers = []
        for peer in PEERS:
            if peer.name in names:
                why = peer.missing(BUILD)
                if why:
                    say(f"bench: without {peer.title}: {why}")
                else:
                    self.peers.append(peer)
        os.environ["NODE_PATH"] = str(BUILD / "node/node_modules")

    def wants(self, *names):
        return not self.chosen.workloads or any(name in self.chosen.workloads for name in names)

    def server(self, kind):
        if kind not in self.servers:
            self.servers[kind] = machine.Server(kind, BUILD, BUILD / "nginx")
        return self.servers[kind]

    def run(self, cell, peer):
        """One run: its line, and how much of a core others used meanwhile."""
        server = self.server(cell.server)
        command = machine.on_core(0, peer.command(BUILD) + cell.arguments(peer, server.url))
        before = machine.busy(), server.cpu(), os.times(), time.monotonic()
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            raise Failed("it did not end within two minutes") from None
        after = machine.busy(), server.cpu(), os.times(), time.monotonic()
        if done.returncode:
            raise Failed(done.stderr.strip() or done.stdout.strip() or f"it ended with {done.returncode}")
        line = json.loads(done.stdout.splitlines()[-1])
        if cell.expect >= 0 and line["bytes"] != cell.expect * line["requests"]:
            raise Failed(f"it received {line['bytes']} bytes in {line['requests']} requests, not {cell.expect} each")
        own = (after[1] - before[1]) + sum(after[2][:4]) - sum(before[2][:4])
        return line, max(after[0] - before[0] - own, 0.0) / (after[3] - before[3])

    def measure(self, cell, peer, number):
        if self.results.has(cell=cell.name, peer=peer.name, round=number) or (cell, peer) in self.failed:
            return
        try:
            self.measure_quietly(cell, peer, number)
        except Failed as failure:
            # The others are worth having all the same.
            say(f"bench: without {peer.name} at {cell.name}: {failure}")
            self.failed.add((cell, peer))

    def measure_quietly(self, cell, peer, number):
        best = None
        for attempt in range(3):
            if attempt:
                time.sleep(0.5)
            line, foreign = self.run(cell, peer)
            if best is None or foreign < best[1]:
                best = line, foreign
            if foreign <= FOREIGN or time.monotonic() > self.end:
                break
        line, foreign = best
        self.results.add(cell=cell.name, peer=peer.name, round=number, value=line[cell.metric] * cell.scale,
                         foreign=round(foreign, 3), line=line)

    def rounds(self):
        cells = [cell for cell in workloads.CELLS if self.wants(cell.name, cell.workload)]
        able = [(cell, peer) for cell in cells for peer in self.peers if cell.mode in peer.modes]
        start = time.monotonic()
        for number in range(self.chosen.rounds):
            if number >= 3 and time.monotonic() + (time.monotonic() - start) / number > self.end - LATER:
                say(f"bench: {number} rounds are all that there is time for (--minutes {self.chosen.minutes:g})")
                break
            say(f"bench: round {number + 1} of {self.chosen.rounds}")
            for cell, peer in able:
                if not cell.rounds or number < cell.rounds:
                    self.measure(cell, peer, number)
        for number in itertools.count(self.chosen.rounds):
            noisy = [(cell, peer) for cell, peer in able if not cell.rounds and self.results.noisy(cell.name, peer.name)]
            if not noisy or number >= self.chosen.rounds + 3 or time.monotonic() > self.end - LATER:
                break
            say(f"bench: once more, for {len(noisy)} rows that are noisy")
            for cell, peer in noisy:
                if time.monotonic() < self.end - LATER:
                    self.measure(cell, peer, number)

    def counts(self):
        url = self.server("origin").url
        for peer in self.peers:
            if peer.script or self.results.has(cell="counts", peer=peer.name):
                continue
            say(f"bench: counting {peer.name}")
            value = {"allocations": {c: counts.allocations(peer, BUILD, url, c) for c in (1, 10, 100)}}
            if counts.can_trace():
                value["calls"] = {c: counts.system_calls(peer, BUILD, url, c) for c in (1, 10)}
            # Threads that wait for each other have no number of instructions of their own.
            if peer.name != "httplib":
                value["instructions"] = counts.instructions(peer, BUILD, url, 10)
            self.results.add(cell="counts", peer=peer.name, value=value)

    def once(self, name, measure):
        if self.wants(name) and not self.results.has(cell=name):
            say(f"bench: {workloads.OTHERS[name]}")
            value = measure()
            if value is not None:
                self.results.add(cell=name, peer="", value=value)

    def stop(self):
        for server in self.servers.values():
            server.stop()


def main():
    chosen = options()
    network = machine.enter_own_network()
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT)]
    revision = subprocess.run(git + ["rev-parse", "--short=12", "HEAD"], capture_output=True, text=True).stdout.strip()
    if subprocess.run(git + ["status", "--porcelain", "--", "include", "core", "transports", "tests/bench"],
                      capture_output=True, text=True).stdout:
        revision += "-changed"
    results = Results(BUILD / f"results-{revision or 'unknown'}.jsonl", chosen.again)
    if results.lines:
        say(f"bench: taking up {results.path.relative_to(ROOT)} (--again begins anew)")
    load = os.getloadavg()[0]
    if load > 0.7:
        say(f"bench: somebody else uses this machine (load {load:.1f}): runs that suffer are repeated, and told of")
    if not results.has(cell="machine"):
        results.add(cell="machine", peer="", value={**machine.describe(), "network": network, "revision": revision})
    bench = Bench(chosen, results)
    try:
        bench.rounds()
        if bench.wants("counts"):
            bench.counts()
        bench.once("W8", lambda: programs.codec(BUILD))
        bench.once("W9", lambda: programs.growth(ROOT))
        bench.once("footprint", lambda: footprint.measure(ROOT, BUILD))
    finally:
        bench.stop()
    if results.disturbed() > 0.1:
        say(f"bench: {results.disturbed():.0%} of the runs were disturbed by other programs: do not trust the times")
    print(report.text(results))
    if chosen.write:
        report.write(results, ROOT / "docs")
        say("bench: docs/benchmarks.md is written")
    if bench.failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
