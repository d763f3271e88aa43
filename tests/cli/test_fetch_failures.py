"""Servers and networks that fail `ferry fetch`, and curl's exit codes for them."""

import socket
import time
import unittest

from support import RESET, STALL, RawServer, Serve, fetch, unused_port

OK = b"HTTP/1.1 200 OK\r\n"


class Failures(unittest.TestCase):
    def check(self, code, done, *words):
        """One sentence on stderr that has all the words, and the exit code."""
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, r"^ferry: [^\n]{10,}\n$")
        for word in words:
            self.assertIn(word.lower(), done.stderr.lower())

    def check_raw(self, code, *pieces, words=(), body=b"", arguments=(), **options):
        with RawServer(*pieces, **options) as server:
            done = fetch("--read-timeout", 10, *arguments, server.url + "/path")
            self.check(code, done, *words)
            self.assertEqual(done.stdout, body)

    def test_1_protocols_that_are_not_supported(self):
        for url in ("ftp://127.0.0.1/", "file:///etc/passwd", "gopher://h/"):
            self.check(1, fetch(url), url.split(":")[0])

    def test_6_names_that_do_not_exist(self):
        self.check(6, fetch("http://no.such.host.invalid/"), "no.such.host.invalid")

    def test_7_nobody_listens(self):
        holder, port = unused_port()
        self.check(7, fetch(f"127.0.0.1:{port}"), f"127.0.0.1:{port}")
        holder.close()

    def test_8_malformed_responses(self):
        for response in (
            b"rubbish\r\n\r\n",
            b"HTTP/1.1 20 OK\r\n\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
            b"HTTP/2.0 200 OK\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            OK + b"No colon\r\n\r\n",
            OK + b"Name : x\r\n\r\n",
            OK + b"A: b\r\n folded\r\n\r\n",
            OK + b"A: \0\r\n\r\n",
            OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
            OK + b"Content-Length: -1\r\n\r\n",
            OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
            OK + b"X: y\r\n" * 1000 + b"\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" * 200,
            OK + b"Content-Le",
        ):
            with self.subTest(response=response[:50]):
                self.check_raw(8, response)

    def test_8_a_bad_chunk_after_good_ones(self):
        self.check_raw(8, OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n", body=b"hello")

    def test_18_bodies_cut_short(self):
        self.check_raw(18, OK + b"Content-Length: 10\r\n\r\nhello", body=b"hello")
        self.check_raw(18, OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", body=b"hello")

    def test_52_empty_replies(self):
        self.check_raw(52, words=("/path",))

    def test_56_resets(self):
        self.check_raw(56, OK + b"Content-Length: 10\r\n\r\nhello", 0.2, RESET, body=b"hello")

    def test_28_nothing_comes(self):
        with RawServer(STALL) as server:
            start = time.monotonic()
            self.check(28, fetch("--read-timeout", "0.3", server.url), "300 ms", "read")
            self.assertTrue(0.3 <= time.monotonic() - start < 15)
        with RawServer(OK + b"Content-Length: 10\r\n\r\nhello", STALL) as server:
            done = fetch("--read-timeout", "0.3", server.url)
            self.check(28, done)
            self.assertEqual(done.stdout, b"hello")

    def test_28_it_takes_too_long_as_a_whole(self):
        serve = Serve()
        start = time.monotonic()
        self.check(28, fetch("-m", "0.5", serve.url + "/drip?numbytes=100&duration=60"), "500 ms")
        self.assertTrue(0.5 <= time.monotonic() - start < 15)
        self.check(28, fetch("--max-time", "0.2", serve.url + "/delay/60"))
        self.assertEqual(fetch("-m0", "--read-timeout=0", "--connect-timeout=0", serve.url + "/delay/0.1").returncode, 0)
        serve.stop()

    def test_28_nobody_answers_a_connect(self):
        # A listener whose queue is full answers no more.
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        time.sleep(0.1)
        start = time.monotonic()
        self.check(28, fetch("--connect-timeout", "0.4", "127.0.0.1:%d" % listener.getsockname()[1]), "connect")
        self.assertTrue(0.4 <= time.monotonic() - start < 15)
        for filler in (listener, *fillers):
            filler.close()

    def test_23_is_tested_with_output_and_26_is_a_file_that_is_not_there(self):
        done = fetch("-d", "@/no/such/file", "127.0.0.1:1")
        self.check(26, done, "/no/such/file", "No such file")
        self.check(26, fetch("-T", "/", "127.0.0.1:1"), "cannot read /", "is a directory")

    def test_3_is_told_with_what_was_typed(self):
        self.check(3, fetch(""), "empty")
        self.check(3, fetch("h:99999/"), "h:99999", '"http://" was put before it')
        done = fetch("http://h:99999/")
        self.check(3, done)
        self.assertNotIn("was put before", done.stderr)

    def test_a_server_that_never_stops_sending_fields(self):
        self.check_raw(8, OK + b"".join(b"X-%d: y\r\n" % i for i in range(100_000)))

    def test_an_early_answer_to_a_large_upload_is_shown(self):
        with RawServer(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlong", 0.5, RESET) as server:
            done = fetch("--data-binary", "@-", "-w", "%{http_code}", server.url, stdin=bytes(20_000_000))
            self.assertEqual((done.returncode, done.stdout), (0, b"long413"), done.stderr)

    def test_55_an_upload_that_breaks(self):
        with RawServer(0.1, RESET) as server:
            self.check(55, fetch("--data-binary", "@-", server.url, stdin=bytes(20_000_000)), "while the request was sent")

    def test_bodies_that_end_with_the_connection(self):
        with RawServer(b"HTTP/1.1 200 OK\r\n\r\nhello") as server:
            self.assertEqual(fetch(server.url).stdout, b"hello")
        with RawServer(b"HTTP/1.0 200 OK\r\n\r\nold") as server:
            done = fetch("-w", " %{http_version}", server.url)
            self.assertEqual((done.returncode, done.stdout), (0, b"old 1.0"))

    def test_interim_responses_are_passed_over(self):
        with RawServer(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nhi") as server:
            done = fetch("-i", server.url)
            self.assertTrue(done.stdout.startswith(b"HTTP/1.1 200 OK"), done.stdout)
            self.assertTrue(done.stdout.endswith(b"hi"))

    def test_the_exit_code_is_that_of_the_last_failure(self):
        holder, port = unused_port()
        serve = Serve()
        refused, missing, fine = f"127.0.0.1:{port}", serve.url + "/status/404", serve.url + "/bytes/1"
        self.assertEqual(fetch("-f", missing, refused, fine).returncode, 7)
        self.assertEqual(fetch("-f", refused, missing, fine).returncode, 22)
        done = fetch(refused, fine, refused)
        self.assertEqual((done.returncode, len(done.stdout), done.stderr.count("\n")), (7, 1, 2))
        serve.stop()
        holder.close()

    def test_a_connection_that_was_closed_meanwhile_is_not_noticed(self):
        answer = OK + b"Content-Length: 1\r\n\r\nx"
        with RawServer(answer) as server:
            done = fetch(server.url + "/1", server.url + "/2", server.url + "/3")
            self.assertEqual((done.returncode, done.stdout), (0, b"xxx"), done.stderr)
            self.assertEqual(server.connections, 3)


if __name__ == "__main__":
    unittest.main()
