"""The routes of `ferry serve`, asked by a client that is not ferry."""

import base64
import json
import os
import signal
import subprocess
import time
import unittest

from support import FERRY, PATIENCE, Serve, ServeTest, run

AGENT = "Host: origin\r\nUser-Agent: test\r\n"


class Routes(ServeTest):
    def setUp(self):
        self.wire = self.serve.connect()

    def tearDown(self):
        self.wire.close()

    def ask(self, start, fields="", body=b""):
        if body:
            fields += f"Content-Length: {len(body)}\r\n"
        self.wire.send(f"{start} HTTP/1.1\r\n{AGENT}{fields}\r\n".encode() + body)
        return self.wire.response(bodiless=start.startswith("HEAD "))

    def ask_json(self, *arguments, status=200):
        got, fields, body = self.ask(*arguments)
        self.assertEqual((got, fields["content-type"]), (status, "application/json"))
        return json.loads(body)

    def test_get_tells_the_request_back(self):
        echo = self.ask_json("GET /get?a=1&b=x%20y&a=2&c")
        self.assertEqual(echo["args"], {"a": ["1", "2"], "b": "x y", "c": ""})
        self.assertEqual(echo["headers"], {"Host": "origin", "User-Agent": "test"})
        self.assertEqual(echo["method"], "GET")
        self.assertEqual(echo["origin"], "127.0.0.1")
        self.assertEqual(echo["url"], "http://origin/get?a=1&b=x%20y&a=2&c")
        self.assertEqual((echo["data"], echo["form"], echo["json"]), ("", {}, None))

    def test_each_method_has_its_route(self):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            echo = self.ask_json(f"{method} /{method.lower()}", "", b"body")
            self.assertEqual((echo["method"], echo["data"]), (method, "body"))

    def test_anything_takes_any_method_and_path(self):
        echo = self.ask_json("BREW-COFFEE /anything/a/b?c=d", "", b"milk")
        self.assertEqual((echo["method"], echo["data"]), ("BREW-COFFEE", "milk"))
        self.assertEqual(echo["url"], "http://origin/anything/a/b?c=d")

    def test_bodies_are_told_as_what_they_are(self):
        kind = "Content-Type: application/json\r\n"
        echo = self.ask_json("POST /post", kind, b'{"a": [1, 2, {"b": null}]}')
        self.assertEqual((echo["json"], echo["data"]), ({"a": [1, 2, {"b": None}]}, '{"a": [1, 2, {"b": null}]}'))
        self.assertIsNone(self.ask_json("POST /post", kind, b'{"a":')["json"])
        self.assertEqual(self.ask_json("POST /post", kind, b"\xef\xbb\xbf[1]")["json"], [1])

        form = self.ask_json("POST /post", "Content-Type: application/x-www-form-urlencoded\r\n", b"a=1&b=x+y&a=2")
        self.assertEqual((form["form"], form["data"], form["json"]), ({"a": ["1", "2"], "b": "x y"}, "", None))

        raw = b"\x00\xff\xfe\x80"
        data = self.ask_json("POST /post", "", raw)["data"]
        self.assertEqual(data, "data:application/octet-stream;base64," + base64.b64encode(raw).decode())

    def test_an_answer_that_the_socket_does_not_take_at_once(self):
        text = "".join(f"{i:08}" for i in range(1_500_000))
        self.wire.send(f"POST /post HTTP/1.1\r\n{AGENT}Content-Length: {len(text)}\r\n\r\n{text}")
        time.sleep(0.3)
        self.assertTrue(json.loads(self.wire.response()[2])["data"] == text)

    def test_json_that_is_nested_deeply_does_no_harm(self):
        deep = b"[" * 100_000 + b"]" * 100_000
        status, _, body = self.ask("POST /post", "", deep)
        self.assertEqual(status, 200)
        self.assertEqual(body.count(b"["), 200_000)

    def test_headers_join_what_repeats_and_escape_what_must_be(self):
        seen = self.ask_json("GET /headers", 'X-A: 1\r\nx-b: "\\\r\nx-a: 2\r\nX-C: \xe9\r\n')["headers"]
        self.assertEqual(seen, {"Host": "origin", "User-Agent": "test", "X-A": "1, 2", "x-b": '"\\', "X-C": "é"})

    def test_status(self):
        for status in (200, 201, 204, 304, 400, 418, 451, 500, 599, 999):
            self.assertEqual(self.ask(f"GET /status/{status}")[0], status)
        self.assertEqual(self.ask("DELETE /status/404")[0], 404)
        self.assertEqual(self.ask("GET /status/302")[1]["location"], "/get")
        self.assertIn("www-authenticate", self.ask("GET /status/401")[1])
        self.assertEqual(self.ask("GET /status/204")[1].get("content-length"), None)
        for bad in ("1", "100", "199", "1000", "abc", "20x", "-200"):
            self.assertIn(bad, self.ask_json(f"GET /status/{bad}", status=400)["error"])

    def test_bytes_are_the_same_for_the_same_seed(self):
        status, fields, first = self.ask("GET /bytes/100000?seed=7")
        self.assertEqual((status, fields["content-length"], len(first)), (200, "100000", 100_000))
        self.assertEqual(self.ask("GET /bytes/100000?seed=7")[2], first)
        self.assertEqual(self.ask("GET /bytes/100003?seed=7")[2][:99_999], first[:99_999])
        self.assertNotEqual(self.ask("GET /bytes/100000?seed=8")[2], first)
        self.assertNotEqual(self.ask("GET /bytes/64")[2], self.ask("GET /bytes/64")[2])
        # SplitMix64 of seed 7, as anyone can compute it.
        self.assertEqual(first[:8], (0x63CBE1E459320DD7).to_bytes(8, "little"))
        self.assertEqual(self.ask("GET /bytes/0")[2], b"")
        for bad in ("x", "-1", "99999999999999999999", "1?seed=z"):
            self.assertEqual(self.ask(f"GET /bytes/{bad}")[0], 400)

    def test_stream_sends_lines_in_chunks(self):
        status, fields, body = self.ask("GET /stream/20?q=1")
        self.assertEqual((status, fields["transfer-encoding"]), (200, "chunked"))
        lines = [json.loads(line) for line in body.splitlines()]
        self.assertEqual([line["id"] for line in lines], list(range(20)))
        self.assertEqual(lines[0]["args"], {"q": "1"})
        self.assertEqual(self.ask("GET /stream/0")[2], b"")
        self.assertEqual(len(self.ask("GET /stream/5000")[2].splitlines()), 5000)
        self.assertEqual(self.ask("GET /stream/many")[0], 400)

    def test_delay_waits(self):
        start = time.monotonic()
        self.assertEqual(self.ask_json("GET /delay/0.3")["method"], "GET")
        self.assertGreaterEqual(time.monotonic() - start, 0.3)
        self.assertEqual(self.ask_json("POST /delay/0", "", b"now")["data"], "now")
        for bad in ("x", "-1", "nan", "inf", "1e9"):
            self.assertEqual(self.ask(f"GET /delay/{bad}")[0], 400)

    def test_delays_do_not_hold_up_others(self):
        others = [self.serve.connect() for _ in range(20)]
        for wire in others:
            wire.send(f"GET /delay/1.5 HTTP/1.1\r\n{AGENT}\r\n")
        self.assertEqual(self.ask("GET /get")[0], 200)
        for wire in others:
            self.assertEqual(wire.response()[0], 200)
            wire.close()

    def test_drip_comes_slowly(self):
        start = time.monotonic()
        self.wire.send(f"GET /drip?numbytes=4&duration=2&delay=0.2&code=206 HTTP/1.1\r\n{AGENT}\r\n")
        status, fields = self.wire.head()
        self.assertEqual((status, fields["content-length"]), (206, "4"))
        self.assertGreaterEqual(time.monotonic() - start, 0.2)
        self.assertEqual(self.wire.file.read(1), b"*")
        self.assertEqual(self.wire.file.read(3), b"***")
        self.assertGreaterEqual(time.monotonic() - start, 1.7)
        for bad in ("numbytes=0", "numbytes=x", "duration=-1", "delay=x", "code=204", "code=99"):
            self.assertEqual(self.ask(f"GET /drip?{bad}")[0], 400)

    def test_head_has_the_fields_of_get_and_no_body(self):
        for path in ("/get", "/bytes/1000?seed=1", "/", "/stats"):
            _, expected, _ = self.ask(f"GET {path}")
            status, fields, _ = self.ask(f"HEAD {path}")
            self.assertEqual(status, 200)
            self.assertEqual(fields["content-type"], expected["content-type"])
            self.assertIn("content-length", fields)
        self.assertEqual(self.ask("HEAD /stream/3")[1]["transfer-encoding"], "chunked")
        self.assertEqual(self.ask("GET /get")[0], 200)

    def test_what_is_not_there(self):
        for path in ("/nothing", "/get/more", "/bytes", "/bytes/", "/bytes/1/2", "/getx"):
            self.assertEqual(self.ask_json(f"GET {path}", status=404)["status"], 404)

    def test_a_method_that_is_not_allowed_is_told_which_are(self):
        status, fields, body = self.ask("POST /get", "", b"data")
        self.assertEqual((status, fields["allow"]), (405, "GET, HEAD, OPTIONS"))
        self.assertIn("POST", json.loads(body)["error"])
        self.assertEqual(self.ask("GET /post")[1]["allow"], "POST, OPTIONS")
        self.assertEqual(self.ask("get /get")[0], 405)
        status, fields, _ = self.ask("OPTIONS /get")
        self.assertEqual((status, fields["allow"]), (204, "GET, HEAD, OPTIONS"))
        self.assertEqual(self.ask("OPTIONS *")[0], 204)

    def test_the_front_page_lists_the_routes(self):
        status, _, body = self.ask("GET /")
        self.assertEqual(status, 200)
        for route in (b"/get", b"/anything", b"/drip", b"/stats"):
            self.assertIn(route, body)

    def test_stats_count(self):
        before = self.ask_json("GET /stats")
        self.ask("GET /get")
        with self.serve.connect() as other:
            other.send(f"GET /get HTTP/1.1\r\n{AGENT}\r\n")
            other.response()
            after = self.ask_json("GET /stats")
        self.assertEqual(after["connections_accepted"], before["connections_accepted"] + 1)
        self.assertEqual(after["requests"], before["requests"] + 3)
        self.assertEqual(after["this_connection"]["number"], before["this_connection"]["number"])
        self.assertEqual(after["this_connection"]["requests"], before["this_connection"]["requests"] + 2)

    def test_every_response_has_a_date_and_a_server(self):
        for path in ("/get", "/nothing", "/status/204"):
            fields = self.ask(f"GET {path}")[1]
            self.assertRegex(fields["date"], r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
            self.assertEqual(fields["server"], "ferry")


class Life(unittest.TestCase):
    def test_it_ends_with_either_signal(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.assertEqual(Serve().stop(number), 0)

    def test_it_ends_although_whoever_started_it_ignores_the_signal(self):
        process = subprocess.Popen(
            ["sh", "-c", 'trap "" INT; exec "$0" serve', FERRY], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)
        process.stdout.close()

    def test_it_finishes_an_answer_first_and_closes_idle_connections(self):
        serve = Serve()
        idle, busy = serve.connect(), serve.connect()
        busy.send(f"GET /delay/0.5 HTTP/1.1\r\n{AGENT}\r\n")
        while serve.stats()["requests"] < 2:  # that of asking among them
            time.sleep(0.01)
        os.kill(serve.process.pid, signal.SIGINT)
        self.assertTrue(idle.ended())
        status, fields, _ = busy.response()
        self.assertEqual((status, fields["connection"]), (200, "close"))
        self.assertTrue(busy.ended())
        idle.close()
        busy.close()
        self.assertEqual(serve.stop(), 0)

    def test_it_does_not_wait_long(self):
        serve = Serve()
        with serve.connect() as wire:
            wire.send(f"GET /delay/60 HTTP/1.1\r\n{AGENT}\r\n")
            time.sleep(0.1)
            self.assertEqual(serve.stop(), 0)  # which does not wait for a minute

    def test_an_idle_connection_is_closed(self):
        serve = Serve("--idle-timeout", "0.3")
        with serve.connect() as silent, serve.connect() as asked:
            start = time.monotonic()
            asked.send(f"GET /delay/0.6 HTTP/1.1\r\n{AGENT}\r\n")
            self.assertTrue(silent.ended())
            self.assertGreaterEqual(time.monotonic() - start, 0.25)
            self.assertEqual(asked.response()[0], 200)  # waiting for an answer is not idleness
            self.assertTrue(asked.ended())
        self.assertEqual(serve.stop(), 0)

    def test_it_listens_where_it_is_told_to(self):
        serve = Serve("--host", "::1")
        self.assertTrue(serve.url.startswith("http://[::1]:"))
        again = run("serve", "--host", "::1", "--port", str(serve.port))
        self.assertEqual(again.returncode, 1)
        self.assertRegex(again.stderr, r"^ferry: cannot listen on ::1 port \d+: Address already in use\n$")
        self.assertEqual(serve.stop(), 0)
        self.assertIn("cannot listen on", run("serve", "--host", "no.such.host.invalid").stderr)

    def test_the_log_has_a_line_a_request(self):
        serve = Serve("--log")
        with serve.connect() as wire:
            wire.send(f"GET /get HTTP/1.1\r\n{AGENT}\r\nGET /no HTTP/1.1\r\n{AGENT}\r\n")
            wire.response()
            wire.response()
        serve.stop()
        self.assertEqual(serve.stderr, "127.0.0.1 GET /get 200\n127.0.0.1 GET /no 404\n")

    def ticks(self, process):
        """The processor time that it has used."""
        with open(f"/proc/{process.pid}/stat") as file:
            return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))

    def test_more_connections_than_descriptors(self):
        process = subprocess.Popen(
            ["sh", "-c", 'ulimit -n 40; exec "$0" serve', FERRY], stdout=subprocess.PIPE, text=True
        )
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        serve = Serve.__new__(Serve)
        serve.port = port
        wires = [serve.connect() for _ in range(60)]
        for wire in wires:
            wire.send(f"GET /get HTTP/1.1\r\n{AGENT}\r\n")
        before = self.ticks(process)
        time.sleep(0.5)
        self.assertLess(self.ticks(process) - before, 0.2 * os.sysconf("SC_CLK_TCK"))  # it does not spin meanwhile
        for wire in wires:  # each that ends lets another one in
            self.assertEqual(wire.response()[0], 200)
            wire.close()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)
        process.stdout.close()


if __name__ == "__main__":
    unittest.main()
