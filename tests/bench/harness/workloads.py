"""What is measured: cells, each one row of work that every peer does."""
import dataclasses

MIB = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Cell:
    name: str  # "W2-100"
    title: str
    mode: str  # A peer's mode; "collect" is a download with --collect.
    path: str
    metric: str = "cpu_us_per_req"  # Of the line of JSON.
    unit: str = "µs"
    scale: float = 1.0  # From the metric to the unit.
    server: str = "nginx"  # Or "origin".
    requests: int = 0  # Of a peer whose speed is 1.
    concurrency: int = 1
    body_size: int = 0
    expect: int = -1  # Bytes of a response's body.
    also: tuple = ()  # A second metric of the same line: its name, its title with the unit.
    rounds: int = 0  # Fewer than the others; 0: as many.

    @property
    def workload(self):
        return self.name.split("-")[0]

    def arguments(self, peer, url, moment=False):
        """The command line for a peer; `moment` makes it as short as can be."""
        scaled = max(round(self.requests * peer.speed), 1)
        words = ["--url", url + self.path, "--mode", "download" if self.mode == "collect" else self.mode]
        concurrency = self.concurrency
        requests = scaled
        if self.mode == "fresh":
            requests = concurrency
            words += ["--repeat", str(2 if moment else max(round(50 * peer.speed), 5))]
        elif self.mode == "idle":
            requests = self.requests
        elif self.mode in ("get", "post"):
            requests = max(scaled, 2 * concurrency)
            words += ["--warmup", str(max(concurrency * 2, min(200, requests // 5)))]
        else:
            # Once, so that the memory is there, then so often.
            requests = max(scaled, 1)
            words += ["--warmup", "1"]
        if moment:
            requests = 20 if self.mode in ("get", "post", "idle") else min(requests, 2)
            concurrency = min(concurrency, 10)
        if self.mode == "collect":
            words += ["--collect"]
        if self.body_size:
            words += ["--body-size", str(self.body_size)]
        if self.mode == "get" or self.mode == "post" or self.mode == "fresh" or self.mode == "idle":
            words += ["--bufsize", "16384"]
        return words + ["--requests", str(requests), "--concurrency", str(concurrency)]


CELLS = [
    Cell("W1-fresh", "a fresh client, 100 GETs at once", "fresh", "/200", metric="batch_ms_med", unit="ms",
         concurrency=100, expect=200, also=("batch_cpu_ms", "the same in CPU time, ms")),
    Cell("W2-1", "GET, 1 connection", "get", "/200", requests=6000, concurrency=1, expect=200),
    Cell("W2-10", "GET, 10 connections", "get", "/200", requests=25000, concurrency=10, expect=200),
    Cell("W2-100", "GET, 100 connections", "get", "/200", requests=25000, concurrency=100, expect=200),
    Cell("W2-fast", "GET, 100 connections, fastest server", "get", "/200", requests=50000, concurrency=100,
         server="origin", expect=200),
    Cell("W3-length", "download of 1 GiB, Content-Length, dropped", "download", "/256m", unit="ms", scale=4e-3,
         requests=4, expect=256 * MIB),
    Cell("W3-chunked", "download of 1 GiB, chunked, dropped", "download", f"/chunked/{256 * MIB}", unit="ms",
         scale=4e-3, server="origin", requests=4, expect=256 * MIB),
    Cell("W3-collect", "download of 256 MiB into memory", "collect", "/256m", unit="ms", scale=1e-3, requests=2,
         expect=256 * MIB),
    Cell("W4-post", "POST of 1 KiB of JSON, 10 connections", "post", "/post", requests=25000, concurrency=10,
         body_size=1024, expect=2),
    Cell("W4-upload", "upload of 256 MiB", "upload", "/upload", unit="ms", scale=1e-3, server="origin", requests=4,
         body_size=256 * MIB, expect=2),
    Cell("W7-idle", "memory of an idle connection, of 2,000", "idle", "/together", metric="rss_per_conn_kb", unit="KiB",
         server="origin", requests=2000, concurrency=2000, expect=200, rounds=2),
]
BY_NAME = {cell.name: cell for cell in CELLS}

# What is not a cell of the table: W8 and W9 are programs of their own.
OTHERS = {"W8": "the codec alone", "W9": "how the work of an engine grows", "counts": "instructions, system calls, allocations",
          "footprint": "sizes and compile times"}
