"""`ferry decode` as a process: its arguments, what it reads and where it prints. Events are tested without processes."""

import json
import subprocess
import unittest

from support import FERRY, PATIENCE, Folder, run

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"


def events(done):
    return [json.loads(line)["event"] for line in done.stdout.splitlines()]


class Decode(unittest.TestCase):
    def decode(self, *arguments, stdin=b"", code=0):
        done = run("decode", *arguments, stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (code, ""))
        return events(done)

    def test_reads_standard_input_or_a_file(self):
        with Folder() as folder:
            (folder / "capture").write_bytes(OK + b"abc")
            for source in ([], ["-"]):
                self.assertEqual(
                    self.decode("--role", "client", *source, stdin=OK + b"abc"), ["head", "data", "end"]
                )
            self.assertEqual(self.decode("--role", "client", folder / "capture"), ["head", "data", "end"])

    def test_a_file_may_follow_any_option(self):
        with Folder() as folder:
            (folder / "head").write_bytes(OK)
            file = folder / "head"
            for arguments in (
                ("--role", "client", "--method", "HEAD", file),
                (file, "--role", "client", "--method", "HEAD"),
                ("--method=HEAD", "--role=client", file),
                ("--role", "client", "--method", "HEAD", "--repeat", file),
                ("--role", "client", "--method", "HEAD", "--split", "1", file),
            ):
                self.assertEqual(self.decode(*arguments), ["head", "end"], arguments)

    def test_methods_are_answered_in_order(self):
        both = ["head", "end", "head", "data", "end"]
        self.assertEqual(self.decode("--role", "client", "--method", "HEAD,GET", stdin=OK + OK + b"abc"), both)
        again = self.decode("--role", "client", "--method", "GET,HEAD", "--repeat", "--eof", stdin=OK + b"abc" + OK + OK)
        self.assertEqual(again, ["head", "data", "end", "head", "end", "head", "end", "closed"])

    def test_an_error_event_is_exit_status_1(self):
        self.assertEqual(self.decode("--role", "client", "--eof", stdin=OK, code=1), ["head", "error"])
        self.assertEqual(self.decode("--role", "server", stdin=b"\0", code=1), ["error"])
        self.assertEqual(self.decode("--role", "client", stdin=OK), ["head"])

    def test_a_split_larger_than_any_stream_is_none(self):
        for split in ("1", "1000000", "18446744073709551616"):
            self.assertEqual(self.decode("--role", "client", "--split", split, stdin=OK + b"abc"), ["head", "data", "end"])

    def test_bad_usage_is_exit_status_3(self):
        for words, arguments in (
            (["--role"], []),
            (["--role"], ["--role", "proxy"]),
            (["--method"], ["--role", "server", "--method", "GET"]),
            (["--repeat"], ["--role", "server", "--repeat"]),
            (["''"], ["--role", "client", "--method", ""]),
            (["''"], ["--role", "client", "--method", "GET,"]),
            (["''"], ["--role", "client", "--method", "GET,,HEAD"]),
            (["'G T'"], ["--role", "client", "--method", "G T"]),
            (["--method needs"], ["--role", "client", "--method"]),
            (["--split", "'0'"], ["--role", "client", "--split", "0"]),
            (["--split", "'-1'"], ["--role", "client", "--split", "-1"]),
            (["--split", "'x'"], ["--role", "client", "--split", "x"]),
            (["--frobnicate"], ["--role", "client", "--frobnicate"]),
            (["'b'"], ["--role", "client", "a", "b"]),
            (["/no/such/file"], ["--role", "client", "/no/such/file"]),
            (["directory"], ["--role", "client", "/"]),
        ):
            with self.subTest(arguments=arguments):
                done = run("decode", *arguments)
                self.assertEqual((done.returncode, done.stdout), (3, b""), done.stderr)
                self.assertRegex(done.stderr, r"^ferry: [^\n]{10,}\n$")
                for word in words:
                    self.assertIn(word.lower(), done.stderr.lower())

    def test_events_that_cannot_be_written_are_no_success(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [FERRY, "decode", "--role", "client"], input=OK, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE
            )
        self.assertEqual(done.returncode, 3)
        self.assertIn(b"cannot write", done.stderr)


if __name__ == "__main__":
    unittest.main()
