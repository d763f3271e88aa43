"""Who is measured: the programs, what they can do, and how fast they are, roughly, so that each runs as long."""
import dataclasses
import os
import pathlib
import shutil

HERE = pathlib.Path(__file__).resolve().parent.parent / "peers"
PYTHON = "/usr/bin/python3"  # Debian's: it has Debian's packages.
ALL = frozenset({"get", "fresh", "post", "download", "collect", "upload", "idle"})


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    title: str
    group: str  # "reference", "peer" or "ferry"
    speed: float = 1.0  # Requests in a given time, a C++ client being 1.
    modes: frozenset = ALL
    script: str = ""  # In peers/; else the program of that name is built from C++.
    most: int = 0  # Concurrency that it can be asked for; 0: any.

    def command(self, build):
        if self.script.endswith(".py"):
            return [PYTHON, str(HERE / self.script)]
        if self.script:
            return ["node", "--expose-gc", str(HERE / self.script)]
        return [str(build / "tests/bench/peer" / self.name)]

    def missing(self, build):
        """Why it cannot run here; empty if it can."""
        if self.name == "wrk":
            return "" if shutil.which("wrk") else "wrk is not installed"
        if self.name == "undici":
            if not shutil.which("node"):
                return "node is not installed"
            return "" if (build / "node/node_modules/undici").exists() else "undici is not installed"
        if self.script:
            module = self.name
            found = os.system(f"{PYTHON} -c 'import {module}' >/dev/null 2>&1") == 0
            return "" if found else f"python3-{module} is not installed"
        return "" if os.access(self.command(build)[0], os.X_OK) else "not built: its library is not installed"


PEERS = [
    Peer("floor", "floor: epoll, prebuilt request, known length", "reference"),
    Peer("bare-asio", "bare Asio + llhttp, nothing stored", "reference", modes=ALL - {"collect"}),
    Peer("bare-uv", "bare libuv + llhttp, nothing stored", "reference", modes=ALL - {"collect"}),
    Peer("wrk", "wrk", "reference", modes=frozenset({"get"}), script="wrk.py"),
    Peer("beast-raw", "Beast, raw sockets, no timeouts", "peer"),
    Peer("beast-stream", "Beast, tcp_stream with timeouts", "peer"),
    Peer("beast-coro", "Beast, coroutines on tcp_stream", "peer"),
    Peer("httplib", "cpp-httplib", "peer", speed=0.4),
    Peer("curl-socket", "libcurl multi, socket_action on epoll", "peer", speed=0.5),
    Peer("curl-poll", "libcurl multi, perform and poll", "peer", speed=0.4),
    Peer("undici", "node undici", "peer", speed=0.3, script="undici.cjs"),
    Peer("aiohttp", "python aiohttp on uvloop", "peer", speed=0.05, script="aiohttp_peer.py"),
    # It takes minutes for 2,000 connections at once.
    Peer("httpx", "python httpx", "peer", speed=0.012, modes=ALL - {"idle"}, script="httpx_peer.py"),
    Peer("ferry-own-loop", "ferry, own_loop example", "ferry"),
    Peer("ferry-blocking", "ferry, blocking (gather)", "ferry"),
    Peer("ferry-uv", "ferry, libuv", "ferry"),
    Peer("ferry-asio", "ferry, Asio callbacks", "ferry"),
    Peer("ferry-asio-coro", "ferry, Asio coroutines", "ferry"),
]
BY_NAME = {peer.name: peer for peer in PEERS}
