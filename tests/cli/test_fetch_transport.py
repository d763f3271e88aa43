"""`ferry fetch --transport` and `--unix-socket`."""

import json
import unittest

from support import ECHO, TRANSPORTS, Folder, RawServer, ServeTest, run

ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


class Transport(ServeTest):
    def test_each_transport_fetches(self):
        for transport in TRANSPORTS:
            done = run("fetch", "--transport", transport, "-v", self.url + "/get?on=" + transport)
            self.assertEqual(done.returncode, 0)
            self.assertEqual(json.loads(done.stdout)["args"], {"on": transport})
            self.assertIn(f" GET /get?on={transport} HTTP/1.1\n", done.stderr)

    def test_what_was_not_built_is_refused_by_name(self):
        done = run("fetch", "--transport", "carrier-pigeon", self.url)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        for word in ("carrier-pigeon", *TRANSPORTS):
            self.assertIn(word, done.stderr)

    def test_large_bodies_go_to_their_files(self):
        for transport in TRANSPORTS:
            with Folder() as folder:
                output = folder / "large"
                urls = [f"{self.url}/bytes/20000000?seed={i}" for i in range(3)]
                done = run("fetch", "--transport", transport, "-Z", "-o", output, "-o", folder / "2", "-o", folder / "3", *urls)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(output.stat().st_size, 20_000_000)

    def test_a_unix_domain_socket(self):
        for transport in TRANSPORTS:
            with Folder() as folder, RawServer(ANSWER, ECHO, path=folder / "socket"):
                arguments = ("fetch", "--transport", transport, "--unix-socket", folder / "socket")
                done = run(*arguments, "http://some.host/a", "http://another.host/b")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(b"GET /a HTTP/1.1\r\nHost: some.host\r\n", done.stdout)
                self.assertIn(b"GET /b HTTP/1.1\r\nHost: another.host\r\n", done.stdout)

    def test_a_unix_domain_socket_that_is_not_there(self):
        for transport in TRANSPORTS:
            with Folder() as folder:
                done = run("fetch", "--transport", transport, "--unix-socket", folder / "none", "http://some.host/")
                self.assertEqual((done.returncode, done.stdout), (7, b""))
                self.assertEqual(done.stderr.count("\n"), 1)
            done = run("fetch", "--transport", transport, "--unix-socket", "/" + 300 * "x", "http://some.host/")
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn("xxx", done.stderr)
        self.assertEqual(run("fetch", "--unix-socket", "", self.url).returncode, 2)


if __name__ == "__main__":
    unittest.main()
