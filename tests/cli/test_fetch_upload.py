"""ferry fetch: uploads, retries, and a cap on what is downloaded."""

import json
import unittest

from support import Folder, RawServer, ServeTest, fetch


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
