"""What was measured, one line of JSON a run, in a file that an interrupted round is taken up from."""
import json
import statistics


class Results:
    def __init__(self, path, again):
        self.path = path
        self.lines = []
        if again:
            path.unlink(missing_ok=True)
        if path.exists():
            self.lines = [json.loads(line) for line in path.read_text().splitlines() if line]
        path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, **line):
        self.lines.append(line)
        with open(self.path, "a") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def has(self, **what):
        return any(all(line.get(key) == value for key, value in what.items()) for line in self.lines)

    def values(self, cell, peer):
        return [line["value"] for line in self.lines if line.get("cell") == cell and line.get("peer") == peer]

    def row(self, cell, peer, metric=None):
        """Median, least and most of its value, or of another metric; nothing if it was not measured."""
        values = self.values(cell, peer)
        if metric:
            values = [line["line"][metric] for line in self.lines if line.get("cell") == cell and line.get("peer") == peer]
        return (statistics.median(values), min(values), max(values)) if values else None

    def noisy(self, cell, peer, bound=0.15):
        row = self.row(cell, peer)
        return row is not None and row[0] > 0 and (row[2] - row[1]) / row[0] > bound

    def disturbed(self):
        """The part of the runs during which somebody else used the machine."""
        runs = [line for line in self.lines if "foreign" in line]
        return sum(line["foreign"] > FOREIGN for line in runs) / len(runs) if runs else 0.0


# Of one core, while a peer runs: more than this, and the run is repeated.
FOREIGN = 0.08
