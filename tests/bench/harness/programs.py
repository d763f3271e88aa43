"""The workloads that are programs of their own: the codec (W8), and how the work of an engine grows (W9)."""
import re
import subprocess

import machine


def codec(build):
    """{message: {peer: {ns, instructions, allocations}}}."""
    out = subprocess.run(machine.on_core(0, [str(build / "tests/bench/codec")]), check=True, capture_output=True,
                         text=True).stdout
    table, message = {}, ""
    row = re.compile(r"^  (.+?)\s+(\d+) ns\s+(-?\d+) instructions\s+(\d+) allocations")
    for line in out.splitlines():
        if found := row.match(line):
            table[message][found[1]] = {"ns": int(found[2]), "instructions": int(found[3]), "allocations": int(found[4])}
        elif not line.startswith(("(", " ")):
            message = line
            table[message] = {}
    return table


def growth(root):
    """What scripts/engine_scale prints: instructions a request for each number of requests and origins. Where they grow it
    says so, and ends with 1.
    """
    program = root / "scripts/engine_scale"
    if not program.exists():
        return None
    return subprocess.run([str(program)], check=False, capture_output=True, text=True).stdout
