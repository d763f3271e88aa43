"""Tables and plots of what was measured; docs/benchmarks.md holds the tables between comments that name them."""
import re

import plot
import workloads
from peers import BY_NAME, PEERS
from plot import number

PLOTS = ["W1-fresh", "W2-1", "W2-10", "W2-100", "W2-fast", "W3-length", "W3-chunked", "W4-post", "W7-idle"]


def _rows(results, cell):
    return [(peer, results.row(cell.name, peer.name)) for peer in PEERS if results.row(cell.name, peer.name)]


def _grid(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---"] + ["--:"] * (len(head) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def times(results, workload):
    """Peers down, the workload's cells across: median (least – most) and ratio to the floor."""
    cells = [cell for cell in workloads.CELLS if cell.workload == workload and _rows(results, cell)]
    if not cells:
        return ""
    columns = []
    for cell in cells:
        columns.append((cell.name, None, f"{cell.title}, {cell.unit}"))
        if cell.also:
            columns.append((cell.name, *cell.also))
    rows = []
    for peer in PEERS:
        texts = [_text(results, cell, peer, metric) for cell, metric, _ in columns]
        if any(text != "–" for text in texts):
            rows.append([f"**{peer.title}**" if peer.group == "ferry" else peer.title, *texts])
    return _grid(["", *(title for _, _, title in columns)], rows)


def _text(results, cell, peer, metric):
    row, floor = results.row(cell, peer.name, metric), results.row(cell, "floor", metric)
    if not row:
        return "–"
    text = f"{number(row[0])} ({number(row[1])} – {number(row[2])})"
    if floor and peer.name != "floor" and floor[0] > 0:
        text += f" ×{row[0] / floor[0]:.2f}"
    return text


def counts(results, _=None):
    rows = []
    for line in results.lines:
        if line["cell"] != "counts":
            continue
        value, peer = line["value"], BY_NAME[line["peer"]]
        allocations = [f"{value['allocations'][key]:.2f}" for key in ("1", "10", "100")] if isinstance(
            next(iter(value["allocations"])), str) else [f"{count:.2f}" for count in value["allocations"].values()]
        calls = value.get("calls", {})
        texts = []
        for table in calls.values():
            texts.append(f"{sum(table.values()):.2f}")
        one = next(iter(calls.values()), {})
        what = ", ".join(f"{name} {count:.2f}" for name, count in one.items())
        instructions = f"{value['instructions']:,.0f}" if "instructions" in value else "–"
        rows.append((PEERS.index(peer), [f"**{peer.title}**" if peer.group == "ferry" else peer.title, instructions,
                                         *(texts or ["–", "–"]), what or "–", *allocations]))
    if not rows:
        return ""
    head = ["", "instructions, 10 connections", "system calls, 1", "system calls, 10", "which, at 1", "allocations, 1",
            "allocations, 10", "allocations, 100"]
    return _grid(head, [row for _, row in sorted(rows, key=lambda pair: pair[0])])


def _one(results, cell):
    return next((line["value"] for line in reversed(results.lines) if line["cell"] == cell), None)


def codec(results, _=None):
    table = _one(results, "W8")
    if not table:
        return ""
    peers = list(next(iter(table.values())))
    rows = []
    for peer in peers:
        texts = []
        for row in table.values():
            instructions = f", {row[peer]['instructions']:,} instructions" if row[peer]["instructions"] >= 0 else ""
            texts.append(f"{row[peer]['ns']:,} ns{instructions}, {row[peer]['allocations']} allocations")
        rows.append([f"**{peer}**" if peer.startswith("ferry") else peer, *texts])
    return _grid(["", *table], rows)


def growth(results, _=None):
    text = _one(results, "W9")
    return f"```\n{text.rstrip()}\n```" if text else ""


def sizes(results, _=None):
    value = _one(results, "footprint")
    if not value:
        return ""
    rows = [[name, f"{row['program'] / 1024:,.0f} KiB", f"{row['libraries']} of {row['library_bytes'] / 1024:,.0f} KiB",
             f"{(row['program'] + row['library_bytes']) / 1024:,.0f} KiB"] for name, row in value["sizes"].items()]
    return _grid(["", "program, stripped", "shared libraries beside C's and C++'s", "together"], rows)


def seconds(results, _=None):
    value = _one(results, "footprint")
    return _grid(["a file that includes", "seconds"],
                 [[f"`<{name}>`", f"{count:.2f}"] for name, count in value["seconds"].items()]) if value else ""


def machine(results, _=None):
    value = _one(results, "machine")
    if not value:
        return ""
    disturbed = results.disturbed()
    told = [f"{name}: {text}" for name, text in value.items()]
    told.append(f"runs with other programs at work beside them: {disturbed:.0%}" +
                (" – **the times are not to be trusted**" if disturbed > 0.1 else ""))
    return "\n".join(f"- {line}" for line in told)


TABLES = {"machine": machine, "W1": times, "W2": times, "W3": times, "W4": times, "W7": times, "counts": counts,
          "W8": codec, "W9": growth, "sizes": sizes, "seconds": seconds}


def text(results):
    """All tables, for a terminal."""
    found = [(name, table(results, name)) for name, table in TABLES.items()]
    return "\n\n".join(f"{name}\n{body}" for name, body in found if body)


def write(results, docs):
    """Puts the tables that there are into docs/benchmarks.md, and the plots beside it."""
    page = docs / "benchmarks.md"
    words = page.read_text()
    for name, table in TABLES.items():
        body = table(results, name)
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        if body and not pattern.search(words):
            raise SystemExit(f"bench: docs/benchmarks.md has no place for {name}")
        if body:
            words = pattern.sub(lambda match, body=body: match[1] + body + "\n" + match[2], words)
    page.write_text(words)
    folder = docs / "benchmarks"
    folder.mkdir(exist_ok=True)
    for name in PLOTS:
        cell = workloads.BY_NAME[name]
        rows = [(peer.title, peer.group, *row) for peer, row in _rows(results, cell)]
        if rows and results.row(name, "floor"):
            (folder / f"{name}.svg").write_text(plot.chart(f"{name}: {cell.title}", cell.unit, rows))
