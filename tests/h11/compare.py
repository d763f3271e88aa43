#!/usr/bin/python3
"""Holds the codec against h11: compare.py PEER [MESSAGES [SEED]]

What h11 writes, the codec reads; what the codec writes, h11 reads; and of thousands of broken messages both say whether
they accept them. Where the two disagree, the pair of reasons must be a row of the table in docs/http1.md, and each row
must have been met.
"""

import collections
import hashlib
import json
import pathlib
import random
import re
import subprocess
import sys

import h11

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "http1.md"


def documented():
    """The pairs (what the codec says, what h11 says) of the table "Where h11 reads differently"."""
    section = DOCUMENT.read_text().split("## Where h11 reads differently", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", section, re.MULTILINE))


class Codec:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def decode(self, role, data, method="GET", closed=False):
        self.process.stdin.write(b"decode %s %s %d %d\n" % (role.encode(), method.encode(), closed, len(data)) + data)
        self.process.stdin.flush()
        events = []
        while True:
            line = self.process.stdout.readline()
            if line in (b"\n", b""):
                return events
            events.append(json.loads(line))

    def encode(self, seed):
        self.process.stdin.write(b"encode %d\n" % seed)
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def h11_read(role, data, method="GET", closed=False):
    """What h11 makes of a stream, in the words of `ferry decode`; for errors the message."""
    # The start line of the codec has a limit of its own; the whole head of both has the same.
    connection = h11.Connection(h11.CLIENT if role == "client" else h11.SERVER, max_incomplete_event_size=100 * 1024)
    if role == "client":
        target = "h:1" if method == "CONNECT" else "/"
        fields = [("Host", "h")] if method == "CONNECT" else [("Host", "h"), ("Connection", "upgrade"), ("Upgrade", "any")]
        connection.send(h11.Request(method=method, target=target, headers=fields))
        connection.send(h11.EndOfMessage())
    ended = False
    result = {"heads": [], "body": b"", "trailers": [], "outcome": "incomplete"}
    try:
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if not closed:
                    break
                connection.receive_data(b"")
                closed, ended = False, True
            elif event is h11.PAUSED:
                if "switched" not in result["outcome"] and connection.their_state is not h11.DONE:
                    result["outcome"] = "switched"
                break
            elif isinstance(event, (h11.Response, h11.InformationalResponse, h11.Request)):
                result["heads"].append(event)
                if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                    result["outcome"] = "switched"
                    break
            elif isinstance(event, h11.Data):
                result["body"] += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                result["trailers"] = list(event.headers.raw_items())
                if connection.their_state is h11.SWITCHED_PROTOCOL or connection.their_state is h11.MIGHT_SWITCH_PROTOCOL:
                    result["outcome"] = "switched"
                else:
                    result["outcome"] = "complete"
                    # A body up to the end of the connection leaves h11 in DONE; it learns of the end with the next event.
                    result["keep_alive"] = connection.their_state is h11.DONE and not ended
                break
            elif isinstance(event, h11.ConnectionClosed):
                result["outcome"] = "closed"
                break
    except h11.RemoteProtocolError as error:
        result["outcome"] = "error"
        result["why"] = str(error)
    return result


def codec_read(codec, role, data, method="GET", closed=False):
    result = {"heads": [], "size": 0, "sha256": None, "trailers": [], "outcome": "incomplete"}
    for event in codec.decode(role, data, method, closed):
        kind = event["event"]
        if kind in ("head", "informational"):
            result["heads"].append(event)
        elif kind == "data":
            result["size"], result["sha256"] = event["size"], event["sha256"]
        elif kind == "trailers":
            result["trailers"] = event["headers"]
        elif kind == "end":
            result["outcome"] = "complete"
            result["keep_alive"] = event["keep_alive"]
            break  # The first message is enough.
        elif kind == "upgrade":
            result["outcome"] = "switched"
        elif kind == "closed":
            result["outcome"] = "closed"
        elif kind == "error":
            result["outcome"] = "error"
            result["why"] = event["code"]
    return result


def printed(value):
    """The Latin-1 or UTF-8 of `ferry decode`."""
    try:
        return bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        return bytes(value).decode("latin-1")


def shown(pairs):
    return [[printed(name), printed(value)] for name, value in pairs]


def same_message(ours, theirs):
    """A sentence about the first difference between two messages that both were accepted, or nothing."""
    if len(ours["heads"]) != len(theirs["heads"]):
        return "another number of heads"
    for mine, their in zip(ours["heads"], theirs["heads"]):
        if mine["headers"] != shown(their.headers.raw_items()):
            return "other fields: %r / %r" % (mine["headers"], shown(their.headers.raw_items()))
        if mine["version"] != bytes(their.http_version).decode():
            return "another version"
        if "status" in mine:
            if mine["status"] != their.status_code or mine["reason"] != printed(their.reason):
                return "another status line"
        elif mine["method"] != printed(their.method) or mine["target"] != printed(their.target):
            return "another request line"
    if ours["outcome"] == "complete":
        if ours["size"] != len(theirs["body"]):
            return "another body"
        if ours["size"] and ours["sha256"] != hashlib.sha256(theirs["body"]).hexdigest():
            return "another body"
        if ours["trailers"] != shown(theirs["trailers"]):
            return "other trailers"
    return None


def persistence(result):
    return "keeps" if result.get("keep_alive") else "closes"


def not_as_meant(role, meant, theirs):
    """A sentence about what h11 reads differently from what the codec meant to write, or nothing."""
    def fields(headers):
        return [(bytes(name), bytes(value)) for name, value in headers]

    def unhex(pairs):
        return [(bytes.fromhex(name), bytes.fromhex(value)) for name, value in pairs]

    if theirs["outcome"] != meant["outcome"]:
        return "another outcome"
    heads = meant.get("interim", []) + [meant]
    if len(theirs["heads"]) != len(heads):
        return "another number of heads"
    for mine, their in zip(heads, theirs["heads"]):
        if fields(their.headers.raw_items()) != unhex(mine["headers"]):
            return "other fields"
        if bytes(their.http_version) != b"1.1":
            return "another version"
        if role == "client":
            if (their.status_code, bytes(their.reason)) != (mine["status"], bytes.fromhex(mine["reason"])):
                return "another status line"
        elif (bytes(their.method), bytes(their.target)) != (mine["method"].encode(), bytes.fromhex(mine["target"])):
            return "another request line"
    if theirs["body"] != bytes.fromhex(meant["body"]):
        return "another body"
    if fields(theirs["trailers"]) != unhex(meant["trailers"]):
        return "other trailers"
    if meant["outcome"] == "complete" and theirs["keep_alive"] != meant["keep_alive"]:
        return "another persistence"
    return None


TOKEN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."


class Author:
    """Random messages, written by h11."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def token(self):
        return "".join(self.random.choice(TOKEN) for _ in range(self.random.randint(1, 12)))

    def fields(self):
        fields = []
        if self.random.random() < 0.2:
            fields.append(("Connection", self.random.choice(["close", "keep-alive", "x, Close", "x"])))
        for _ in range(self.random.randint(0, 6)):
            value = " ".join(self.token() for _ in range(self.random.randint(0, 3)))
            fields.append(("X-" + self.token(), value.encode() + (b"\xe4" if self.random.random() < 0.1 else b"")))
        return fields

    def body(self, fields, allowed=True):
        if not allowed:
            return b""
        data = self.random.randbytes(self.random.choice([0, 1, 10, 300, 5000]))
        if self.random.random() < 0.5:
            fields.append(("Content-Length", str(len(data))))
        else:
            fields.append(("Transfer-Encoding", "chunked"))
        return data

    def rest(self, connection, data, chunked):
        wire = b""
        while data:
            size = self.random.randint(1, len(data))
            wire += connection.send(h11.Data(data=data[:size])) or b""
            data = data[size:]
        trailers = [("X-" + self.token(), self.token())] if chunked and self.random.random() < 0.3 else []
        return wire + (connection.send(h11.EndOfMessage(headers=trailers)) or b"")

    def request(self):
        connection = h11.Connection(h11.CLIENT)
        method = self.random.choice(["GET", "HEAD", "POST", "PUT", "OPTIONS", "QUERY"])
        fields = [("Host", "h")] + self.fields()
        data = self.body(fields, method in ("POST", "PUT", "QUERY"))
        target = self.random.choice(["/", "/a%20b?c=d", "http://h/x"])
        wire = connection.send(h11.Request(method=method, target=target, headers=fields))
        return wire + self.rest(connection, data, fields[-1][0] == "Transfer-Encoding"), method

    def response(self, method):
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(b"%s / HTTP/1.1\r\nHost: h\r\n\r\n" % method.encode())
        while not isinstance(connection.next_event(), h11.EndOfMessage):
            pass
        wire = b""
        if self.random.random() < 0.2:
            wire += connection.send(h11.InformationalResponse(status_code=103, headers=self.fields(), reason=b"Hints"))
        fields = self.fields()
        status = self.random.choice([200, 200, 201, 204, 304, 404, 500, 599])
        data = self.body(fields, method != "HEAD" and status not in (204, 304))
        reason = self.random.choice([b"", b"OK", b"Not so good"])
        wire += connection.send(h11.Response(status_code=status, headers=fields, reason=reason))
        return wire + self.rest(connection, data, bool(fields) and fields[-1][0] == "Transfer-Encoding")


LINES = [
    b"Content-Length: 5", b"Content-Length: 5, 5", b"Content-Length: x", b"Content-Length: +5", b"Content-Length: 5\t",
    b"Content-Length:", b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: chunked\t",
    b"Transfer-Encoding: chunked, gzip", b"Transfer-Encoding:", b"Transfer-Encoding: x;a=\"b\"", b"Host: a", b"Host: a b",
    b" folded", b"\tfolded", b"Name : value", b"No colon", b": no name", b"Na(me: value", b"A: \x00", b"A: \x7f", b"A: \x01b",
    b"A: \xff", b"A:\t b \t", b"Connection: \"x, close, y\"", b"Connection: keep-alive", b"Connection: closed, not-close", b"A: b\rc", b"Connection: close", b"Connection: upgrade\r\nUpgrade: any", b"Expect: 100-continue",
    b"X" * 9000 + b": y",
]
STARTS = {
    "client": [
        b"HTTP/1.1 200 OK", b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.0 200 OK", b"HTTP/1.2 200 OK", b"HTTP/2.0 200 OK",
        b"HTTP/1.1 99 Low", b"HTTP/1.1 099 Low", b"HTTP/1.1 600 High", b"HTTP/1.1 999 High", b"HTTP/1.1 2000 OK", b"HTTP/1.1  200 OK",
        b"HTTP/1.1 200\tOK", b"HTTP/1.1 200 O\x00K", b"HTTP/1.1 200 O\x01K", b"HTTP/1.1 200 \xe4", b"http/1.1 200 OK", b"ICY 200 OK",
        b"\r\nHTTP/1.1 200 OK", b"HTTP/1.1 204 No", b"HTTP/1.1 304 No", b"HTTP/1.1 100 Go", b"HTTP/1.1 101 Switch", b"HTTP/1.1 200 O\rK",
    ],
    "server": [
        b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"GET / HTTP/1.0", b"GET / HTTP/1.2", b"GET / HTTP/2.0", b"GET /", b"GET  / HTTP/1.1",
        b"GET /  HTTP/1.1", b"GET /a b HTTP/1.1", b"GET /\x01 HTTP/1.1", b"GET /\xe4 HTTP/1.1", b"GET /#a HTTP/1.1", b"GET * HTTP/1.1",
        b"OPTIONS * HTTP/1.1", b"GET h:1 HTTP/1.1", b"CONNECT h:1 HTTP/1.1", b"CONNECT / HTTP/1.1", b"G(T / HTTP/1.1", b"get / HTTP/1.1",
        b"\r\nGET / HTTP/1.1", b" GET / HTTP/1.1", b"GET / http/1.1", b"PRI * HTTP/2.0", b"GET http://h/ HTTP/1.1", b"GET x HTTP/1.1",
        b"GET / HTTP/1.1 ",
    ],
}
CHUNKS = [
    b"5\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n", b"5;a=b\r\nhello\r\n0\r\n\r\n", b"5; a = b\r\nhello\r\n0\r\n\r\n",
    b"5;\r\nhello\r\n0\r\n\r\n", b"5\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello!\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n",
    b"0\r\nA: b\r\n\r\n", b"0\r\nA: b\r\n c\r\n\r\n", b"0\r\nContent-Length: 5\r\n\r\n", b"fffffffffffffffff\r\n", b"g\r\n", b"\r\n",
    b"0000000000000000000005\r\nhello\r\n0\r\n\r\n", b"5;a=\"\x01\"\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r0\r\n\r\n", b"-5\r\n", b"5;a\x00b\r\nhello\r\n0\r\n\r\n",
]


def every_start_and_line():
    """Each start line with each field line, so that no row of the table depends on chance."""
    for role, starts in STARTS.items():
        for start in starts:
            for line in [None] + LINES:
                hosts = [b"Host: h"] if role == "server" and not (line or b"").startswith(b"Host:") else []
                lines = hosts + ([line] if line else [])
                yield role, b"\r\n".join([start] + lines) + b"\r\n\r\nhello", [start, line]
        for body in CHUNKS:
            lines = [b"Host: h"] if role == "server" else []
            head = b"\r\n".join([STARTS[role][0]] + lines + [b"Transfer-Encoding: chunked"])
            yield role, head + b"\r\n\r\n" + body, [body[:40]]
    two = [b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip"]
    yield "client", b"\r\n".join([STARTS["client"][0]] + two) + b"\r\n\r\n0\r\n\r\n", two


def broken(generator, role):
    """A message with one or two things in it that may be wrong, and their names."""
    what = []
    start = STARTS[role][0]
    if generator.random() < 0.4:
        start = generator.choice(STARTS[role])
        what.append(start)
    lines = [b"Host: h"] if role == "server" and generator.random() < 0.95 else []
    if not lines and role == "server":
        what.append(b"no Host")
    for _ in range(generator.choice([0, 1, 1, 2])):
        line = generator.choice(LINES)
        what.append(line[:40])
        lines.insert(generator.randint(0, len(lines)), line)
    body = b"hello"
    if generator.random() < 0.4:
        body = generator.choice(CHUNKS)
        lines.append(b"Transfer-Encoding: chunked")
        what.append(body[:40])
    ending = b"\r\n"
    if generator.random() < 0.05:
        ending = b"\n"
        what.append(b"LF")
    return ending.join([start] + lines) + ending + ending + body, what


def main():
    codec = Codec(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 4000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    failures = []

    author = Author(seed)
    for number in range(count // 4):
        request, method = author.request()
        response = author.response(method)
        for role, data in (("server", request), ("client", response)):
            ours = codec_read(codec, role, data, method, True)
            theirs = h11_read(role, data, method, True)
            difference = same_message(ours, theirs)
            if not difference and ours["outcome"] == "complete" and persistence(ours) != persistence(theirs):
                difference = "another persistence"
            if ours["outcome"] != theirs["outcome"] or difference:
                failures.append(("written by h11", role, data, ours, theirs, difference))

        exchange = codec.encode(seed * 1_000_000 + number)
        for role, key in (("server", "request"), ("client", "response")):
            meant = exchange[key]
            data = bytes.fromhex(meant["bytes"])
            theirs = h11_read(role, data, exchange["request"]["method"], True)
            if difference := not_as_meant(role, meant, theirs):
                failures.append(("written by the codec", role, data, meant, theirs, difference))

    generator = random.Random(seed)
    disagreements = collections.defaultdict(list)
    messages = list(every_start_and_line())
    for _ in range(count):
        role = generator.choice(["client", "server"])
        messages.append((role,) + broken(generator, role))
    for role, data, what in messages:
        closed = generator.random() < 0.5
        ours = codec_read(codec, role, data, "GET", closed)
        theirs = h11_read(role, data, "GET", closed)
        wrong = [result["outcome"] == "error" for result in (ours, theirs)]
        if all(wrong):
            continue
        if any(wrong):
            say = lambda result: result["why"].split(":")[0] if result["outcome"] == "error" else "accepts"
            disagreements[(say(ours), say(theirs))].append(what)
        elif ours["outcome"] != theirs["outcome"]:
            disagreements[(ours["outcome"], theirs["outcome"])].append(what)
        elif difference := same_message(ours, theirs):
            disagreements[("accepts", difference.split(":")[0])].append(what)
        elif ours["outcome"] == "complete" and persistence(ours) != persistence(theirs):
            disagreements[(persistence(ours), persistence(theirs))].append(what)

    known = documented()
    for key, examples in sorted(disagreements.items()):
        mark = "" if key in known else "  NOT IN docs/http1.md"
        print("%5d  codec: %-38s h11: %-40s %r%s" % ((len(examples),) + key + (min(examples, key=len), mark)))
    for kind, role, data, ours, theirs, difference in failures[:10]:
        print("FAILED: %s, %s: %s\n  %r\n  codec: %s\n  h11: %s" % (kind, role, difference, data, ours, theirs))
    unknown = [key for key in disagreements if key not in known]
    stale = sorted(known - set(disagreements))
    for key in stale:
        print("NOT MET, though a row of docs/http1.md: %s | %s" % key)
    print("%d messages both ways, %d broken ones, %d kinds of disagreement, %d failures"
          % (count, len(messages), len(disagreements), len(failures)))
    sys.exit(1 if failures or unknown or stale else 0)


main()
