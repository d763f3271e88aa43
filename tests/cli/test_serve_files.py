"""The files of `ferry serve DIR`."""

import hashlib
import os
import unittest

from support import Folder, Serve

HOST = "Host: origin\r\n"


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = Folder()
        folder = cls.temporary.__enter__()
        cls.root = folder / "root"
        (cls.root / "site").mkdir(parents=True)
        (cls.root / "a b").mkdir()
        (cls.root / "hello.txt").write_text("hello\n")
        (cls.root / "page.HTML").write_text("<p>")
        (cls.root / "empty").write_bytes(b"")
        (cls.root / "site" / "index.html").write_text("<p>site")
        (cls.root / "a b" / "<x> & \"y\".json").write_text("{}")
        (cls.root / "a b" / "http:c").write_text("c")
        cls.big = os.urandom(1 << 16) * 512
        (cls.root / "big.bin").write_bytes(cls.big)
        (folder / "secret").write_text("secret")
        (folder / "root-too").mkdir()
        (folder / "root-too" / "secret").write_text("secret")
        (cls.root / "out").symlink_to(folder / "secret")
        (cls.root / "out-too").symlink_to(folder / "root-too")
        (cls.root / "inside").symlink_to("hello.txt")
        (cls.root / "loop").symlink_to("loop")
        os.mkfifo(cls.root / "pipe")
        cls.serve = Serve(cls.root)

    @classmethod
    def tearDownClass(cls):
        assert cls.serve.stop() == 0
        assert cls.serve.stderr == "", cls.serve.stderr
        cls.temporary.__exit__()

    def setUp(self):
        self.wire = self.serve.connect()

    def tearDown(self):
        self.wire.close()

    def ask(self, path, method="GET"):
        self.wire.send(f"{method} {path} HTTP/1.1\r\n{HOST}\r\n")
        return self.wire.response(bodiless=method == "HEAD")

    def test_a_file(self):
        status, fields, body = self.ask("/hello.txt")
        self.assertEqual((status, body), (200, b"hello\n"))
        self.assertEqual(fields["content-type"], "text/plain; charset=utf-8")
        self.assertRegex(fields["last-modified"], r"GMT$")
        self.assertEqual(self.ask("/hello.txt?query=is+ignored")[2], b"hello\n")
        self.assertEqual(self.ask("/%68ello%2Etxt")[2], b"hello\n")
        self.assertEqual(self.ask("/./site/../hello.txt")[0], 404)
        self.assertEqual(self.ask("/empty")[2], b"")

    def test_content_types(self):
        types = {"/page.HTML": "text/html; charset=utf-8", "/big.bin": "application/octet-stream"}
        types["/a%20b/%3Cx%3E%20%26%20%22y%22.json"] = "application/json"
        for path, expected in types.items():
            self.assertEqual(self.ask(path)[1]["content-type"], expected)

    def test_a_large_file(self):
        status, fields, body = self.ask("/big.bin")
        self.assertEqual((status, fields["content-length"]), (200, str(len(self.big))))
        self.assertEqual(hashlib.sha256(body).digest(), hashlib.sha256(self.big).digest())

    def test_head(self):
        status, fields, _ = self.ask("/big.bin", "HEAD")
        self.assertEqual((status, fields["content-length"]), (200, str(len(self.big))))
        self.assertEqual(self.ask("/hello.txt")[2], b"hello\n")

    def test_other_methods_are_not_allowed(self):
        self.assertEqual(self.ask("/hello.txt", "DELETE")[0], 405)
        self.assertEqual(self.ask("/hello.txt", "DELETE")[1]["allow"], "GET, HEAD, OPTIONS")

    def test_folders(self):
        status, fields, _ = self.ask("/site")
        self.assertEqual((status, fields["location"]), (301, "./site/"))
        self.assertEqual(self.ask("//site")[1].get("location"), "./site/")
        self.assertEqual(self.ask("/site/")[2], b"<p>site")
        status, fields, body = self.ask("/a%20b/")
        self.assertEqual((status, fields["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b'<a href="./%3Cx%3E%20%26%20%22y%22.json">&lt;x&gt; &amp; &quot;y&quot;.json</a> 2 bytes', body)
        self.assertIn(b'<a href="./http%3Ac">', body)
        self.assertIn(b'<a href="../">', body)
        self.assertIn(b'<a href="./a%20b/">a b/</a>', self.ask("/")[2])

    def test_routes_come_first(self):
        self.assertEqual(self.ask("/get")[1]["content-type"], "application/json")

    def test_nothing_outside_can_be_had(self):
        for path in (
            "/nothing",
            "/hello.txt/",
            "/hello.txt/x",
            "/../secret",
            "/site/../../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "/site/%2e%2e/%2e%2e/secret",
            "/out",
            "/out-too/",
            "/out-too/secret",
            "/../root-too/secret",
            "/" + str(self.root.parent / "secret"),
            "//" + str(self.root.parent / "secret"),
            "/%00",
            "/hello.txt%00",
            "/%",
            "/%zz",
            "/loop",
        ):
            with self.subTest(path=path):
                status, _, body = self.ask(path)
                self.assertEqual(status, 404)
                self.assertNotIn(b"secret", body)
        self.assertEqual(self.ask("/inside")[2], b"hello\n")

    def test_what_is_no_regular_file_does_not_stop_the_server(self):
        self.assertEqual(self.ask("/pipe")[0], 403)

    def test_a_file_that_shrinks_ends_the_connection(self):
        path = self.root / "shrinks"
        path.write_bytes(bytes(100_000_000))
        self.wire.send(f"GET /shrinks HTTP/1.1\r\n{HOST}\r\n")
        self.wire.head()
        os.truncate(path, 50_000_000)
        length = 0
        while some := self.wire.file.read1(1 << 20):
            length += len(some)
        self.assertLessEqual(length, 50_000_000)


if __name__ == "__main__":
    unittest.main()
