"""What `ferry fetch` sends, as its own `ferry serve` saw it."""

import base64
import json
import unittest

from support import Folder, RawServer, ServeTest, fetch

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Requests(ServeTest):
    def anything(self, *arguments, path="/anything", **options):
        return self.fetch_json(*arguments, self.url + path, **options)

    def test_get_is_the_default(self):
        echo = self.anything()
        self.assertEqual((echo["method"], echo["data"]), ("GET", ""))
        self.assertEqual(echo["headers"]["Accept"], "*/*")
        self.assertRegex(echo["headers"]["User-Agent"], r"^ferry/\d")

    def test_http_is_the_default_scheme(self):
        self.assertEqual(self.fetch_json(self.url.removeprefix("http://") + "/get")["method"], "GET")
        self.assertEqual(self.fetch_json(f"localhost:{self.serve.port}/get?u=http://x/")["args"], {"u": "http://x/"})

    def test_request_sets_the_method(self):
        for method in ("PUT", "DELETE", "OPTIONS", "BREW"):
            self.assertEqual(self.anything("-X", method)["method"], method)
        self.assertEqual(self.anything("-XPATCH", "-d", "x")["method"], "PATCH")
        self.assertEqual(self.anything("--request", "LIST")["method"], "LIST")
        self.assertEqual(self.anything("--request=GET", "--data=x")["method"], "GET")

    def test_the_last_of_an_option_counts(self):
        echo = self.anything("-X", "PUT", "-m", "0.001", "-X", "PATCH", "-m", "20", "--read-timeout=9", "--read-timeout=8")
        self.assertEqual(echo["method"], "PATCH")

    def test_resolve_names_the_addresses_of_a_host(self):
        port = self.serve.port
        url = f"http://api.test:{port}/anything"
        for entry in (f"api.test:{port}:127.0.0.1", f"+API.test:{port}:[127.0.0.1]", f"api.test:{port}:[::1],127.0.0.1"):
            echo = self.fetch_json("--resolve", entry, url)
            self.assertEqual(echo["headers"]["Host"], f"api.test:{port}")

    def test_a_bad_entry_of_resolve_is_wrong_usage_that_names_it(self):
        for entry, fault in (("api.test", "is not HOST:PORT:ADDRESS"), ("api.test:80", "is not HOST:PORT:ADDRESS"),
                             ("api.test:0:10.0.0.1", "has no port"), ("api.test:x:10.0.0.1", "has no port"),
                             ("api.test:80:localhost", "'localhost' where an address is due"),
                             ("api.test:80:", "'' where an address is due"), ("a b:80:10.0.0.1", "does not begin with a host"),
                             ("*:80:10.0.0.1", "is for all hosts"), ("-api.test:80", "is not HOST")):
            done = fetch(f"--resolve={entry}", self.url)
            self.assertEqual(done.returncode, 2)
            self.assertIn(fault, done.stderr)

    def test_headers_are_added_replaced_removed_and_sent_empty(self):
        seen = self.anything("-H", "X-A: 1", "-H", "X-B:2", "-H", "x-a: 3", "--header", "Accept: text/plain")["headers"]
        self.assertEqual((seen["X-A"], seen["X-B"], seen["Accept"]), ("1, 3", "2", "text/plain"))
        seen = self.anything("-H", "User-Agent:", "-H", "accept:", "-H", "X-Empty;")["headers"]
        self.assertEqual(seen["X-Empty"], "")
        self.assertNotIn("User-Agent", seen)
        self.assertNotIn("Accept", seen)
        seen = self.anything("-H", "Host: example.org", "-H", "X-Colons: a:b: c ")["headers"]
        self.assertEqual((seen["Host"], seen["X-Colons"]), ("example.org", "a:b: c"))

    def test_data_is_a_form_by_post(self):
        echo = self.anything("-d", "a=1", "--data", "b=x y")
        self.assertEqual((echo["method"], echo["form"]), ("POST", {"a": "1", "b": "x y"}))
        self.assertEqual(echo["headers"]["Content-Type"], "application/x-www-form-urlencoded")
        echo = self.anything("-d", "text", "-H", "content-type: text/plain")
        self.assertEqual(echo["data"], "text")
        self.assertEqual(self.anything("-d", "")["headers"]["Content-Length"], "0")
        self.assertEqual(self.anything("-d", "-x", "-H", "Content-Type: a/b")["data"], "-x")
        self.assertEqual(self.anything("-d", "[1,2]", "-H", "Content-Type: a/b")["data"], "[1,2]")

    def test_data_from_files_and_stdin(self):
        plain = ("-H", "Content-Type: text/plain")
        with Folder() as folder:
            file = folder / "data"
            file.write_bytes(b"one\r\ntwo\n\0three\n")
            self.assertEqual(self.anything("-d", f"@{file}", *plain)["data"], "onetwothree")
            self.assertEqual(self.anything("--data-binary", f"@{file}", *plain)["data"], "one\r\ntwo\n\0three\n")
            self.assertEqual(self.anything("-d", "a", "-d", f"@{file}", "-d", "b", *plain)["data"], "a&onetwothree&b")
        self.assertEqual(self.anything("-d", "@-", *plain, stdin=b"from\nstdin")["data"], "fromstdin")
        self.assertEqual(self.anything("--data-binary", "@-", *plain, stdin=b"a\n")["data"], "a\n")

    def test_kinds_of_data_keep_the_order_of_the_command_line(self):
        echo = self.anything("--data-binary", "1", "-d", "2", "--data-binary", "3", "-H", "Content-Type: a/b")
        self.assertEqual(echo["data"], "1&2&3")

    def test_json(self):
        echo = self.anything("--json", '{"a": [1,', "--json", " 2]}")
        self.assertEqual((echo["method"], echo["json"]), ("POST", {"a": [1, 2]}))
        self.assertEqual(echo["headers"]["Content-Type"], "application/json")
        self.assertEqual(echo["headers"]["Accept"], "application/json")
        self.assertEqual(self.anything("--json", "[1, [2]]")["json"], [1, [2]])
        seen = self.anything("--json", "1", "-H", "Accept: a/b", "-H", "Content-Type:")["headers"]
        self.assertEqual(seen["Accept"], "a/b")
        self.assertNotIn("Content-Type", seen)

    def test_get_puts_data_into_the_query(self):
        with RawServer(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
            self.assertEqual(fetch("-G", "-d", "", server.url + "/none").returncode, 0)
            self.assertTrue(server.requests[0].startswith(b"GET /none HTTP/1.1\r\n"), server.requests)
        echo = self.anything("-G", "-d", "a=1", "-d", "b=2")
        self.assertEqual((echo["method"], echo["args"], echo["data"]), ("GET", {"a": "1", "b": "2"}, ""))
        self.assertNotIn("Content-Type", echo["headers"])
        echo = self.anything("--get", "-d", "b=2", path="/anything?a=1#fragment")
        self.assertEqual(echo["args"], {"a": "1", "b": "2"})

    def test_head(self):
        done = fetch("-I", self.url + "/bytes/1000")
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertIn(b"\r\nContent-Length: 1000\r\n", done.stdout)
        self.assertTrue(done.stdout.endswith(b"\r\n\r\n"))
        self.assertEqual(fetch("-I", "-G", "-d", "seed=1", self.url + "/bytes/10").returncode, 0)

    def test_compressed_is_accepted(self):
        self.assertEqual(self.anything("--compressed")["method"], "GET")

    def test_urls_are_fetched_in_order_by_one_client(self):
        before = self.serve.stats()["connections_accepted"]
        done = fetch(*[f"{self.url}/anything/{i}" for i in range(20)])
        found = [line for line in done.stdout.decode().splitlines() if '"url"' in line]
        self.assertEqual(found, [f'  "url": "{self.url}/anything/{i}"' for i in range(20)])
        self.assertEqual(self.serve.stats()["connections_accepted"], before + 2)

    def test_urls_may_be_options_and_keep_their_order(self):
        urls = [f"{self.url}/anything/{i}" for i in range(4)]
        with Folder() as folder:
            files = [folder / "0", folder / "1"]
            done = fetch(
                "-o", files[0], "--url", urls[0], "-o", files[1], urls[1], "--url", urls[2], "-w", "%{url} ", urls[3]
            )
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual([json.loads(file.read_text())["url"] for file in files], urls[:2])
        self.assertEqual(fetch("--url=" + urls[2], "-o", "/dev/null", "-w", "%{url}").stdout.decode(), urls[2])

    def test_urls_are_sent_as_they_are(self):
        with RawServer(OK) as server:
            self.assertEqual(fetch(f"{server.url}/a%20b/ö?x={{}}<&y=1%2F2#part").returncode, 0)
            start = server.requests[0].split(b"\r\n")[0]
            self.assertEqual(start, b"GET /a%20b/%C3%B6?x={}%3C&y=1%2F2 HTTP/1.1")

    def test_a_user_in_the_url_is_sent_and_never_shown(self):
        done = fetch("-v", self.url.replace("http://", "http://me:secret@") + "/headers")
        self.assertEqual(json.loads(done.stdout)["headers"].get("Authorization"), "Basic bWU6c2VjcmV0")
        self.assertNotIn("secret@", done.stderr)
        self.assertNotIn("bWU6c2VjcmV0", done.stderr)

    def authorization(self, *arguments, url=None):
        headers = self.fetch_json(*arguments, url or self.url + "/headers")["headers"]
        return {name.lower(): value for name, value in headers.items()}.get("authorization")

    def test_user_is_sent_as_basic_credentials(self):
        for user, sent in (("me:secret", "me:secret"), ("me:a:b", "me:a:b"), (":secret", ":secret"), ("ü:ß", "ü:ß"),
                           ("me", "me:"), ("", ":"), (":", ":")):
            with self.subTest(user=user):
                self.assertEqual(self.authorization("-u", user), "Basic " + base64.b64encode(sent.encode()).decode())
        self.assertEqual(self.authorization("--user=a:b", "-u", "me:secret"), "Basic bWU6c2VjcmV0")

    def test_user_goes_before_the_url_and_behind_a_header(self):
        url = self.url.replace("http://", "http://other:word@") + "/headers"
        self.assertEqual(self.authorization("-u", "me:secret", url=url), "Basic bWU6c2VjcmV0")
        self.assertEqual(self.authorization("-u", "me:secret", "-H", "authorization: Other x"), "Other x")
        self.assertIsNone(self.authorization("-u", "me:secret", "-H", "Authorization:", url=url))

    def test_user_is_for_all_urls_and_never_shown(self):
        done = fetch("-v", "-u", "me:secret", self.url + "/headers", self.url + "/headers")
        self.assertEqual(done.stdout.count(b'"Basic bWU6c2VjcmV0"'), 2)
        self.assertEqual(done.stderr.count("Authorization: [secure]"), 2, done.stderr)
        self.assertNotIn("secret", done.stderr)
        self.assertNotIn("bWU6c2VjcmV0", done.stderr)

    def test_a_large_body_is_sent(self):
        data = b"x" * 10_000_000
        echo = self.anything("--data-binary", "@-", "-H", "Content-Type: text/plain", stdin=data)
        self.assertEqual(len(echo["data"]), len(data))


if __name__ == "__main__":
    unittest.main()
