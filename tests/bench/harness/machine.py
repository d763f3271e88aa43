"""The place where it is measured: a network of its own, servers on core 1, clients on core 0, and who else is there."""
import contextlib
import os
import pathlib
import re
import resource
import subprocess
import sys
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")


def enter_own_network():
    """Runs this program again in a network namespace whose congestion control is reno, if that can be had."""
    if os.environ.get("FERRY_BENCH_NETWORK"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        # Fresh clients leave thousands of sockets in TIME_WAIT behind: ports for all, and not too many of them.
        settings = {"tcp_congestion_control": "reno", "ip_local_port_range": "2000 65000", "tcp_max_tw_buckets": "1000"}
        told = []
        for name, value in settings.items():
            with contextlib.suppress(OSError):
                pathlib.Path("/proc/sys/net/ipv4", name).write_text(value)
            told.append(pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip())
        return f"own namespace, {told[0]}"
    for command in (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"]):
        if subprocess.run(command + ["true"], capture_output=True).returncode == 0:
            os.environ["FERRY_BENCH_NETWORK"] = "1"
            os.execvp(command[0], command + [sys.executable] + sys.argv)
    return "the host's, " + pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()


def on_core(core, command):
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[min(core, len(cores) - 1)])] + command


class Server:
    """nginx with one worker, or the origin; on core 1."""

    def __init__(self, kind, build, place):
        self.url = ""
        self.kind = kind
        if kind == "origin":
            program = str(build / "tests/bench/origin")
            self.process = subprocess.Popen(on_core(1, [program]), stdout=subprocess.PIPE, text=True)
            self.url = self.process.stdout.readline().strip()
        else:
            self._nginx(place)
        self._wait()

    def _nginx(self, place):
        port = 18080
        place.mkdir(parents=True, exist_ok=True)
        (place / "200").write_bytes(b"x" * 200)
        with open(place / "256m", "wb") as file:
            file.truncate(256 * 1024 * 1024)
        files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65536)
        user = "user root;" if os.getuid() == 0 else ""
        (place / "nginx.conf").write_text(f"""
            daemon off; worker_processes 1; worker_rlimit_nofile {files}; pid {place}/pid; error_log stderr error; {user}
            events {{ worker_connections 8192; }}
            http {{
                access_log off; default_type application/octet-stream; sendfile on; tcp_nopush off; tcp_nodelay on;
                keepalive_requests 1000000000; keepalive_timeout 600s; open_file_cache max=16; reset_timedout_connection on;
                client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
                uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
                server {{
                    listen 127.0.0.1:{port} backlog=4096;
                    location / {{ root {place}; }}
                    location = /post {{ return 200 "ok"; }}
                }}
            }}""")
        self.process = subprocess.Popen(on_core(1, ["nginx", "-p", str(place), "-c", str(place / "nginx.conf")]))
        self.url = f"http://127.0.0.1:{port}"

    def _wait(self):
        for _ in range(100):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                urllib.request.urlopen(self.url + "/200").read()
                return
            time.sleep(0.05)
        raise SystemExit(f"bench: {self.kind} does not answer at {self.url}")

    def cpu(self):
        """Seconds that it and its workers have used."""
        total = 0
        pids = [self.process.pid]
        with contextlib.suppress(OSError):
            children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            pids += [int(child) for child in children]
        for pid in pids:
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
        return total / TICK

    def stop(self):
        self.process.terminate()
        self.process.wait()


def busy():
    """Seconds that all cores together have worked since the machine started, interrupts left out."""
    words = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, _, _, steal = (int(word) for word in words[:8])
    return (user + nice + system + steal) / TICK


def describe():
    """What a reader must know of the machine."""
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    tell = {"processor": model.group(1) if model else os.uname().machine, "cores": str(os.cpu_count()),
            "kernel": os.uname().release}
    with contextlib.suppress(OSError):
        tell["system"] = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text()).group(1)
    for name, command, pattern in [("compiler", ["c++", "--version"], r"^(.*)$"), ("nginx", ["nginx", "-v"], r"nginx/(\S+)"),
                                   ("libcurl", ["pkg-config", "--modversion", "libcurl"], r"(\S+)"),
                                   ("libuv", ["pkg-config", "--modversion", "libuv"], r"(\S+)"),
                                   ("node", ["node", "--version"], r"v(\S+)")]:
        with contextlib.suppress(OSError):
            out = subprocess.run(command, capture_output=True, text=True)
            if found := re.search(pattern, out.stdout + out.stderr, re.MULTILINE):
                tell[name] = found.group(1)
    return tell
