"""What the tests of the command line share: ferry as a process, `ferry serve`, and servers that misbehave on purpose."""

import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

FERRY = os.environ["FERRY"]
SANITIZED = bool(os.environ.get("FERRY_SANITIZED"))
TRANSPORTS = os.environ["FERRY_TRANSPORTS"].split(",")  # that were built
TRANSPORT = os.environ.get("FERRY_TRANSPORT")  # that all fetches use, if it is not the default
PATIENCE = 30  # seconds, for what should take none


def run(*arguments, stdin=b"", **options):
    """Runs ferry to its end; stdin is bytes or a file, stdout and stderr of what is given back are bytes and str."""
    options |= {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    done = subprocess.run([FERRY, *map(str, arguments)], capture_output=True, timeout=PATIENCE, **options)
    done.stderr = done.stderr.decode()
    assert "Sanitizer" not in done.stderr, done.stderr
    return done


def fetch(*arguments, **options):
    transport = ("--transport", TRANSPORT) if TRANSPORT else ()
    return run("fetch", *transport, *arguments, **options)


class Serve:
    """`ferry serve` on a free port, ended by its pid."""

    def __init__(self, *arguments):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [FERRY, "serve", *map(str, arguments)], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        line = self.process.stdout.readline()
        assert line.startswith("serving on http://"), line
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self, signal_number=signal.SIGINT):
        """Ends it and gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.log.seek(0)
        self.stderr = self.log.read().decode()
        self.log.close()
        assert "Sanitizer" not in self.stderr, self.stderr
        return status

    def connect(self):
        return Wire(self.port)

    def stats(self):
        return json.loads(fetch(self.url + "/stats").stdout)


class ServeTest(unittest.TestCase):
    """A test against one `ferry serve`, shared by the tests of a class."""

    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.serve = Serve(*cls.arguments)
        cls.url = cls.serve.url

    @classmethod
    def tearDownClass(cls):
        assert cls.serve.stop() == 0
        assert cls.serve.stderr == "", cls.serve.stderr

    def fetch_json(self, *arguments, **options):
        done = fetch(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)


class Wire:
    """A client that sends whatever bytes it is told to."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def head(self):
        """The next head: (status, {name in lower case: value})."""
        start = self.file.readline().decode()
        assert start.startswith("HTTP/1.1 "), repr(start)
        fields = {}
        for line in iter(self.file.readline, b"\r\n"):
            assert line, "the head ends early"
            name, value = line.decode().rstrip("\r\n").split(": ", 1)
            fields[name.lower()] = value
        return int(start.split()[1]), fields

    def response(self, bodiless=False):
        """The next response: (status, fields, body)."""
        status, fields = self.head()
        if bodiless or status in (204, 304):
            return status, fields, b""
        if fields.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.file.readline(), 16):
                body += self.file.read(size)
                assert self.file.readline() == b"\r\n"
            assert self.file.readline() == b"\r\n"
            return status, fields, body
        if "content-length" in fields:
            return status, fields, self.file.read(int(fields["content-length"]))
        return status, fields, self.file.read()

    def ended(self):
        """True if the server says nothing more and ends the connection."""
        return self.file.read() == b""


RESET = object()  # as the last of a RawServer's pieces: reset the connection
STALL = object()  # hold the connection, and say nothing more
ECHO = object()  # the head that was read


class RawServer:
    """Answers each connection with the given pieces, after it has read a request's head. Keeps what it has read. With a path
    it listens on a Unix domain socket."""

    def __init__(self, *pieces, read_request=True, path=None):
        self.pieces = pieces
        self.read_request = read_request
        self.requests = []
        self.connections = 0
        self.held = []
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            self.listener.listen()
        else:
            self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
            self.port = self.listener.getsockname()[1]
            self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE)
        self.listener.close()
        for connection in self.held:
            connection.close()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                self.answer(connection)
            except OSError:
                connection.close()

    def answer(self, connection):
        connection.settimeout(PATIENCE)
        head = b""
        if self.read_request:
            while b"\r\n\r\n" not in head:
                if not (some := connection.recv(65536)):
                    break
                head += some
            self.requests.append(head)
        for piece in self.pieces:
            if piece is RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif piece is STALL:
                self.held.append(connection)
                return
            elif piece is ECHO:
                connection.sendall(head)
            elif isinstance(piece, float):
                time.sleep(piece)
            else:
                connection.sendall(piece)
        connection.close()


def unused_port():
    """A port that is taken but not listened on, and the socket that keeps it so."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder, holder.getsockname()[1]


class Folder:
    """A folder that goes away, as a pathlib.Path."""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="ferry-test-")
        return Path(self.temporary.name)

    def __exit__(self, *_):
        self.temporary.cleanup()
