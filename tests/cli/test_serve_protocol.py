"""How `ferry serve` speaks HTTP/1.1: framing, persistence, pipelining, and clients that do it wrong."""

import json
import random
import socket
import time
import unittest

from support import SANITIZED, ServeTest

HOST = "Host: origin\r\n"
LIMIT = 100_000


class Protocol(ServeTest):
    arguments = ("--max-body", LIMIT)

    def setUp(self):
        self.wire = self.serve.connect()

    def tearDown(self):
        self.wire.close()

    def test_connections_are_kept(self):
        for _ in range(50):
            self.wire.send(f"GET /get HTTP/1.1\r\n{HOST}\r\n")
            status, fields, _ = self.wire.response()
            self.assertEqual((status, fields.get("connection")), (200, None))

    def test_one_write_is_one_response(self):
        self.wire.send(f"GET /bytes/1000?seed=1 HTTP/1.1\r\n{HOST}\r\n")
        self.assertGreater(len(self.wire.socket.recv(65536)), 1000)

    def test_pipelined_requests_are_answered_in_order(self):
        requests = [f"GET /anything/{i} HTTP/1.1\r\n{HOST}\r\n" for i in range(200)]
        requests[100] = f"POST /anything/100 HTTP/1.1\r\n{HOST}Content-Length: 4\r\n\r\nbody"
        requests[150] = f"GET /delay/0.1?id=150 HTTP/1.1\r\n{HOST}\r\n"
        self.wire.send("".join(requests))
        for i in range(200):
            _, _, body = self.wire.response()
            self.assertTrue(json.loads(body)["url"].endswith(f"/{i}") or i == 150)

    def test_any_split_gives_the_same(self):
        text = (
            f"POST /anything/1 HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\nhello"
            f"POST /anything/2 HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n"
            f"GET /anything/3 HTTP/1.1\r\n{HOST}\r\n"
        )
        chance = random.Random(1)
        for sizes in ([1] * len(text), [chance.randrange(1, 30) for _ in range(len(text))]):
            at = 0
            for size in sizes:
                self.wire.send(text[at : at + size])
                at += size
                time.sleep(0.0005)
            bodies = [json.loads(self.wire.response()[2]) for _ in range(3)]
            self.assertEqual([body["data"] for body in bodies], ["hello", "abcde", ""])

    def test_http_1_0(self):
        self.wire.send("GET /get HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        status, fields, _ = self.wire.response()
        self.assertEqual((status, fields["connection"]), (200, "keep-alive"))
        # Without chunks the end of the connection is the end of the body.
        self.wire.send("GET /stream/3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        status, fields, body = self.wire.response()
        self.assertEqual((status, fields["connection"], len(body.splitlines())), (200, "close", 3))
        self.assertNotIn("transfer-encoding", fields)
        with self.serve.connect() as wire:
            wire.send("GET /get HTTP/1.0\r\n\r\n")
            self.assertEqual(wire.response()[1]["connection"], "close")
            self.assertTrue(wire.ended())

    def test_connection_close(self):
        self.wire.send(f"GET /get HTTP/1.1\r\n{HOST}Connection: close\r\n\r\nGET /get HTTP/1.1\r\n{HOST}\r\n")
        status, fields, _ = self.wire.response()
        self.assertEqual((status, fields["connection"]), (200, "close"))
        self.assertTrue(self.wire.ended())

    def test_a_client_may_end_its_half_first(self):
        self.wire.send(f"GET /delay/0.2 HTTP/1.1\r\n{HOST}\r\n")
        self.wire.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(self.wire.response()[0], 200)
        self.assertTrue(self.wire.ended())

    def test_expect_continue(self):
        self.wire.send(f"POST /post HTTP/1.1\r\n{HOST}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(self.wire.head(), (100, {}))
        self.wire.send("body")
        self.assertEqual(json.loads(self.wire.response()[2])["data"], "body")
        # With the body in sight nobody needs to be told to go on.
        self.wire.send(f"POST /post HTTP/1.1\r\n{HOST}Content-Length: 0\r\nExpect: 100-continue\r\n\r\n")
        self.assertEqual(self.wire.response()[0], 200)

    def test_a_body_that_is_too_long_gets_413(self):
        for start in (f"Content-Length: {LIMIT + 1}\r\n\r\n", f"Content-Length: {LIMIT + 1}\r\nExpect: 100-continue\r\n\r\n"):
            with self.serve.connect() as wire:
                wire.send(f"POST /post HTTP/1.1\r\n{HOST}{start}")
                status, fields, body = wire.response()
                self.assertEqual((status, fields["connection"]), (413, "close"))
                self.assertIn(str(LIMIT), json.loads(body)["error"])
                self.assertTrue(wire.ended())
        with self.serve.connect() as wire:
            wire.send(f"POST /post HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(3):
                wire.send(b"%x\r\n%s\r\n" % (LIMIT // 2, b"x" * (LIMIT // 2)))
            self.assertEqual(wire.response()[0], 413)

    def test_413_arrives_although_the_client_goes_on_sending(self):
        self.wire.send(f"POST /post HTTP/1.1\r\n{HOST}Content-Length: 50000000\r\n\r\n")
        piece = b"x" * 1_000_000
        for _ in range(50):
            self.wire.send(piece)
        self.assertEqual(self.wire.response()[0], 413)

    def test_the_longest_body_allowed(self):
        body = "x" * LIMIT
        self.wire.send(f"POST /post HTTP/1.1\r\n{HOST}Content-Length: {LIMIT}\r\n\r\n{body}")
        self.assertEqual(json.loads(self.wire.response()[2])["data"], body)

    def test_mistakes_get_their_status_and_end_the_connection(self):
        mistakes = {
            "GET /get\r\n\r\n": 505,
            "A" * 20_000: 501,
            "GET  /get HTTP/1.1\r\n" + HOST + "\r\n": 400,
            "G@T /get HTTP/1.1\r\n" + HOST + "\r\n": 400,
            "GET /get HTTP/1.1\r\n\r\n": 400,
            "GET /get HTTP/1.1\r\n" + HOST + HOST + "\r\n": 400,
            "GET /get HTTP/1.1\r\n" + HOST + "A : b\r\n\r\n": 400,
            "GET /get HTTP/1.1\r\n" + HOST + "A: b\r\n c\r\n\r\n": 400,
            "GET /get HTTP/1.1\r\n" + HOST + "A: \0\r\n\r\n": 400,
            "GET /get HTTP/1.1\n" + HOST + "\r\n": 400,
            "POST /post HTTP/1.1\r\n" + HOST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n": 400,
            "POST /post HTTP/1.1\r\n" + HOST + "Content-Length: x\r\n\r\n": 400,
            "POST /post HTTP/1.1\r\n" + HOST + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n": 400,
            "POST /post HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n": 400,
            "POST /post HTTP/1.1\r\n" + HOST + "Transfer-Encoding: gzip, chunked, what\r\n\r\n": 400,
            "GET /" + "a" * 20_000 + " HTTP/1.1\r\n" + HOST + "\r\n": 414,
            "GET /get HTTP/1.1\r\n" + HOST + "A: " + "a" * 200_000 + "\r\n\r\n": 431,
            "GET /get HTTP/1.1\r\n" + HOST + "A: b\r\n" * 200 + "\r\n": 431,
            "GET /get HTTP/2.0\r\n" + HOST + "\r\n": 505,
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": 505,
        }
        for request, expected in mistakes.items():
            with self.subTest(request=request[:60]), self.serve.connect() as wire:
                wire.send(request)
                status, fields, body = wire.response()
                self.assertEqual((status, fields["connection"]), (expected, "close"))
                self.assertGreater(len(json.loads(body)["error"]), 10)
                self.assertTrue(wire.ended())

    def test_a_transfer_coding_that_is_not_known_gets_501(self):
        self.wire.send(f"POST /post HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
        self.assertEqual(self.wire.response()[0], 501)

    def test_a_mistake_after_a_request_does_not_take_its_answer_away(self):
        self.wire.send(f"GET /get HTTP/1.1\r\n{HOST}\r\n\x01rubbish\r\n\r\n")
        self.assertEqual(self.wire.response()[0], 200)
        self.assertEqual(self.wire.response()[0], 400)
        self.assertTrue(self.wire.ended())

    def test_a_request_that_breaks_off_harms_nobody(self):
        for part in ("GET /ge", f"POST /post HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\nabc"):
            with self.serve.connect() as wire:
                wire.send(part)
        with self.serve.connect() as wire:
            wire.send(part)
            wire.socket.shutdown(socket.SHUT_WR)
            wire.file.read()
        self.wire.send(f"GET /get HTTP/1.1\r\n{HOST}\r\n")
        self.assertEqual(self.wire.response()[0], 200)

    def test_the_absolute_form(self):
        self.wire.send(f"GET http://elsewhere/get?a=b HTTP/1.1\r\nHost: elsewhere\r\n\r\n")
        self.assertEqual(json.loads(self.wire.response()[2])["args"], {"a": "b"})
        self.wire.send("CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n")
        self.assertIn(self.wire.response()[0], (404, 405))

    def resident(self):
        if SANITIZED:  # which keeps what was freed
            return 0
        with open(f"/proc/{self.serve.process.pid}/statm") as file:
            return int(file.read().split()[1]) * 4096

    def test_a_client_that_does_not_read_does_not_fill_the_server(self):
        before = self.resident()
        self.wire.send(f"GET /bytes/40000000?seed=5 HTTP/1.1\r\n{HOST}\r\n")
        with self.serve.connect() as other:
            other.send(f"GET /bytes/40000000?seed=5 HTTP/1.1\r\n{HOST}\r\n")
            expected = other.response()[2]
        self.assertLess(self.resident() - before, 20_000_000)
        self.assertEqual(self.wire.response()[2], expected)

    def test_a_client_that_asks_without_reading_does_not_fill_the_server(self):
        before = self.resident()
        self.wire.send(f"GET /delay/1 HTTP/1.1\r\n{HOST}\r\n")
        request = f"GET /status/200 HTTP/1.1\r\n{HOST}\r\n".encode()
        self.wire.socket.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            for _ in range(1000):
                self.wire.socket.sendall(request * 1000)
        self.assertLess(self.resident() - before, 10_000_000)

    def test_a_client_that_was_told_to_go_and_stays_is_closed(self):
        self.wire.send(f"GET /get HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n")
        self.wire.response()
        with self.serve.connect() as other:
            start = time.monotonic()
            while True:
                other.send(f"GET /stats HTTP/1.1\r\n{HOST}\r\n")
                if json.loads(other.response()[2])["connections_open"] == 1:
                    break
                time.sleep(0.1)
        self.assertGreater(time.monotonic() - start, 1)

    def test_a_fast_reader_does_not_starve_others(self):
        self.wire.send(f"GET /bytes/300000000 HTTP/1.1\r\n{HOST}\r\n")
        self.wire.head()
        with self.serve.connect() as other:
            left = 300_000_000
            other.send(f"GET /get HTTP/1.1\r\n{HOST}\r\n")
            other.socket.setblocking(False)
            while left > 0:
                left -= len(self.wire.file.read1(1 << 20))
                try:
                    other.socket.recv(65536)
                    break
                except BlockingIOError:
                    pass
            self.assertGreater(left, 0)

    def test_thousands_of_connections(self):
        wires = [self.serve.connect() for _ in range(1500)]
        for wire in wires:
            wire.send(f"GET /status/200 HTTP/1.1\r\n{HOST}\r\n")
        for wire in wires:
            self.assertEqual(wire.response()[0], 200)
        for wire in wires:
            wire.close()


if __name__ == "__main__":
    unittest.main()
