"""ferry fetch: uploads, retries, and a cap on what is downloaded."""

import json
import os
import re
import socket
import struct
import threading
import unittest

from support import PATIENCE, RESET, STALL, Folder, RawServer, ServeTest, fetch, unused_port


class Upload(ServeTest):
    def test_a_file_is_put_with_its_length(self):
        with Folder() as folder:
            (folder / "body").write_bytes(b"some bytes\n")
            seen = self.fetch_json("-T", folder / "body", self.url + "/anything")
        self.assertEqual((seen["method"], seen["data"]), ("PUT", "some bytes\n"))
        self.assertEqual(seen["headers"]["Content-Length"], "11")
        self.assertNotIn("Expect", seen["headers"])

    def test_stdin_is_put_in_chunks_after_asking(self):
        seen = self.fetch_json("-T", "-", "--expect100-timeout", "0.1", self.url + "/anything", stdin=b"from a pipe")
        self.assertEqual((seen["method"], seen["data"]), ("PUT", "from a pipe"))
        self.assertEqual(seen["headers"]["Transfer-Encoding"], "chunked")
        self.assertEqual(seen["headers"]["Expect"], "100-continue")

    def test_another_method_goes_with_it(self):
        self.assertEqual(self.fetch_json("-T", "-", "-X", "POST", self.url + "/anything", stdin=b"x")["method"], "POST")

    def test_what_cannot_be_sent_is_told(self):
        missing = fetch("-T", "/nowhere/at/all", self.url)
        self.assertEqual(missing.returncode, 26)
        self.assertIn("/nowhere/at/all", missing.stderr)
        self.assertEqual(fetch("-T", "-", "-d", "x", self.url).returncode, 2)
        several = fetch("-T", "a", "-T", "b", self.url)
        self.assertEqual(several.returncode, 2)
        self.assertIn("'b'", several.stderr)
        self.assertEqual(fetch("-T", "-", "-T", "-", self.url, self.url).returncode, 2)

    def test_each_file_goes_to_its_url_and_other_urls_are_got(self):
        with Folder() as folder:
            for name in ("one", "two"):
                (folder / name).write_bytes(name.encode())
            outputs = [folder / str(i) for i in range(4)]
            urls = [self.url + "/anything"] * 4
            files = ("-T", folder / "one", "-T", "", "-T", folder / "two")
            done = fetch(*files, *[x for o in outputs for x in ("-o", o)], *urls)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            seen = [json.loads(output.read_text()) for output in outputs]
        self.assertEqual([s["method"] for s in seen], ["PUT", "GET", "PUT", "GET"])
        self.assertEqual([s["data"] for s in seen], ["one", "", "two", ""])

    def test_a_url_that_ends_in_a_slash_gets_the_name_of_the_file(self):
        with Folder() as folder:
            name = "a b\u00e9%2f?.txt"
            (folder / name).write_bytes(b"x")
            (folder / "plain").write_bytes(b"x")

            def path(file, url, **options):
                with RawServer(b"HTTP/1.1 204 No\r\nConnection: close\r\n\r\n") as server:
                    self.assertEqual(fetch("-T", file, server.url + url, **options).returncode, 0)
                    return server.requests[0].split(b" ")[1].decode()

            self.assertEqual(path(folder / name, "/folder/"), "/folder/a%20b%C3%A9%252f%3F.txt")
            self.assertEqual(path(folder / "plain", "/folder/#part"), "/folder/plain")
            self.assertEqual(path(folder / "plain", ""), "/plain")
            self.assertEqual(path(folder / "plain", "/folder"), "/folder")
            self.assertEqual(path(folder / "plain", "/folder/?a=b"), "/folder/?a=b")
            self.assertEqual(path("-", "/folder/", stdin=b""), "/folder/")


class Meanwhile:
    """A server that does something when it has a request's head, and then takes the body. Made for one request."""

    def __init__(self, action):
        self.action = action
        self.body = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d/" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE)
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, self.body = received.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"Content-Length: (\d+)", head).group(1))
        self.action()
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.body) < length and (some := connection.recv(65536)):
            self.body += some
        if len(self.body) == length:
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            connection.recv(1)
        connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join(PATIENCE)
        self.listener.close()


class Unreadable(ServeTest):
    """What can be opened, and then not read to its end."""

    def check(self, done, sentence):
        self.assertEqual(done.returncode, 26, done.stderr)
        self.assertRegex(done.stderr, rf"^ferry: cannot read {sentence}\n$")

    def test_a_file_whose_reading_fails(self):
        file = "/proc/self/mem"  # Nothing is mapped at its beginning.
        arguments = ("--expect100-timeout", "0.1", "-T", file, "-w", "%{http_code} %{exitcode} %{size_upload}")
        done = fetch(*arguments, self.url + "/anything")
        self.check(done, f"{file}: Input/output error")
        self.assertEqual(done.stdout, b"000 26 0")
        self.assertEqual(fetch("-s", *arguments, self.url + "/anything").stderr, "")
        with RawServer(b"HTTP/1.1 100 Continue\r\n\r\n", STALL) as server:
            self.check(fetch("-T", file, server.url), f"{file}: Input/output error")
            self.assertEqual(server.connections, 1)

    def test_the_other_transfers_go_on(self):
        done = fetch("--expect100-timeout", "0.1", "-T", "/proc/self/mem", self.url + "/anything", self.url + "/bytes/7")
        self.check(done, "/proc/self/mem: Input/output error")
        self.assertEqual(len(done.stdout), 7)

    def test_stdin_whose_reading_fails(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            reader = socket.create_connection(listener.getsockname())
            writer, _ = listener.accept()
            writer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.close()
        with reader:
            done = fetch("--expect100-timeout", "0.1", "-T", "-", self.url + "/anything", stdin=reader)
        self.check(done, "stdin: Connection reset by peer")

    def test_a_file_that_shrinks(self):
        with Folder() as folder:
            file = folder / "file"
            file.write_bytes(bytes(20_000_000))
            with Meanwhile(lambda: os.truncate(file, 1_500_000)) as server:
                done = fetch("-T", file, "--expect100-timeout", 20, server.url)
            self.check(done, f"{file}: it ends after 1500000 of 20000000 bytes")
            self.assertLessEqual(len(server.body), 1_500_000)

    def test_a_file_that_grows_is_sent_as_it_was(self):
        with Folder() as folder:
            file = folder / "file"
            file.write_bytes(b"a" * 2_000_000)
            with Meanwhile(lambda: file.write_bytes(b"a" * 2_000_000 + b"b" * 100_000)) as server:
                done = fetch("-T", file, "--expect100-timeout", 20, "-w", "%{http_code} %{size_upload}", server.url)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"204 2000000", ""))
            self.assertEqual(server.body, b"a" * 2_000_000)

    def test_a_file_that_does_not_know_its_size(self):
        seen = self.fetch_json("--expect100-timeout", "0.1", "-T", "/proc/version", self.url + "/anything")
        with open("/proc/version") as file:
            self.assertEqual(seen["data"], file.read())
        seen = self.fetch_json("-T", "/dev/null", "--expect100-timeout", "0.1", self.url + "/anything")
        self.assertEqual(seen["data"], "")
        with Folder() as folder:
            (folder / "empty").touch()
            seen = self.fetch_json("-T", folder / "empty", self.url + "/anything")
            self.assertEqual((seen["data"], seen["headers"]["Content-Length"]), ("", "0"))


class SizeUpload(ServeTest):
    """What -w tells of the body that was sent."""

    def size(self, *arguments, url=None, **options):
        done = fetch("-s", "-o", "/dev/null", "-w", "%{size_upload}", *arguments, url or self.url + "/anything", **options)
        return int(done.stdout)

    def test_bodies_without_their_framing(self):
        self.assertEqual(self.size(), 0)
        self.assertEqual(self.size("-d", "abc"), 3)
        self.assertEqual(self.size("-d", ""), 0)
        self.assertEqual(self.size("-G", "-d", "a=b"), 0)
        self.assertEqual(self.size("--data-binary", "@-", "-H", "X-Long: " + "y" * 5_000, stdin=bytes(3_000_000)), 3_000_000)
        chunked = ("--expect100-timeout", "0.1", "-T", "-")
        self.assertEqual(self.size(*chunked, stdin=b""), 0)
        self.assertEqual(self.size(*chunked, stdin=b"abc"), 3)
        self.assertEqual(self.size(*chunked, stdin=bytes(1_000_000)), 1_000_000)
        with Folder() as folder:
            for length in (0, 1, 100_000, 3_000_000):
                (folder / "file").write_bytes(bytes(length))
                self.assertEqual(self.size(*chunked[:2], "-T", folder / "file"), length)

    def test_each_transfer_has_its_own(self):
        with Folder() as folder:
            (folder / "file").write_bytes(b"12345")
            done = fetch("-T", folder / "file", "-o", "/dev/null", "-o", "/dev/null", "-w", "%{size_upload} ",
                         self.url + "/anything", self.url + "/anything")
            self.assertEqual(done.stdout, b"5 0 ")

    def test_what_was_not_sent_does_not_count(self):
        holder, port = unused_port()
        self.assertEqual(self.size("-d", "abc", url=f"127.0.0.1:{port}"), 0)
        holder.close()
        refusal = b"HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        with RawServer(refusal) as server:
            self.assertEqual(self.size("-d", "abc", "-H", "Expect: 100-continue", url=server.url), 0)
            self.assertEqual(self.size("-T", "-", stdin=b"abc", url=server.url), 0)
        with RawServer(0.2, RESET) as server:
            for arguments in (("--data-binary", "@-"), ("-T", "-", "--expect100-timeout", "0.01")):
                size = self.size(*arguments, stdin=bytes(20_000_000), url=server.url)
                self.assertTrue(0 < size < 20_000_000, size)

    def test_a_body_that_is_sent_again_counts_once(self):
        busy = b"HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        with Folder() as folder, RawServer(busy) as server:
            (folder / "file").write_bytes(b"12345")
            self.assertEqual(self.size("--retry", 2, "-T", folder / "file", url=server.url), 5)
            self.assertEqual(self.size("--retry", 2, "-d", "1234", url=server.url), 4)
            self.assertEqual(server.connections, 6)


class Retry(unittest.TestCase):
    def test_a_server_in_trouble_is_asked_again(self):
        busy = b"HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy"
        with RawServer(busy) as server:
            done = fetch("--retry", 2, server.url)
            self.assertEqual((done.returncode, done.stdout), (0, b"busy"))
            self.assertEqual(len(server.requests), 3)
            self.assertEqual(fetch(server.url).stdout, b"busy")
            self.assertEqual(len(server.requests), 4)


class MaxFilesize(ServeTest):
    def test_a_larger_body_is_a_failure(self):
        self.assertEqual(len(fetch("--max-filesize", 1000, self.url + "/bytes/1000").stdout), 1000)
        self.assertEqual(fetch("--max-filesize", 999, self.url + "/bytes/1000").returncode, 63)


if __name__ == "__main__":
    unittest.main()
