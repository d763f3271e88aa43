"""The command line itself: help, and everything that is refused before anything is sent."""

import unittest

from support import RawServer, fetch, run

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Help(unittest.TestCase):
    def test_version(self):
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, rb"^ferry \d+\.\d+\.\d+\n$")

    def test_help(self):
        top = run("--help").stdout.decode()
        for word in ("fetch", "serve", "--version"):
            self.assertIn(word, top)
        help = run("fetch", "--help").stdout.decode()
        for word in (
            "URL --url -u,--user -X,--request -H,--header -d,--data --data-binary --json -G,--get -I,--head --compressed -o,--output "
            "-i,--include -w,--write-out -s,--silent -S,--show-error -v,--verbose -f,--fail -m,--max-time "
            "--connect-timeout --read-timeout -Z,--parallel --parallel-max %{http_code} %{http_version} "
            "%{size_download} %{size_upload} %{num_connects} %{time_namelookup} %{time_connect} %{time_starttransfer} %{time_total} "
            "%{url} codes".split()
        ):
            self.assertIn(word, help)
        self.assertLessEqual(max(map(len, help.splitlines())), 120)
        serve = run("serve", "--help").stdout.decode()
        for word in ("DIR", "--port", "--host", "/drip", "SIGINT"):
            self.assertIn(word, serve)

    def test_a_host_may_have_the_name_of_a_command(self):
        self.assertEqual(fetch("serve.invalid").returncode, 6)

    def test_a_host_may_be_a_bare_address(self):
        self.assertNotIn(fetch("-m", "5", "[::1]").returncode, (2, 3))


class Refused(unittest.TestCase):
    def check(self, code, done, *words):
        self.assertEqual((done.returncode, done.stdout), (code, b""), done.stderr)
        self.assertRegex(done.stderr, r"^ferry: [^\n]{10,}\n$")
        for word in words:
            self.assertIn(word.lower(), done.stderr.lower())

    def check_fetch(self, code, *arguments, words=()):
        """Refused, and the server that comes first on the command line is not asked."""
        with RawServer(OK) as server:
            self.check(code, fetch(server.url + "/first", *arguments), *words)
            self.assertEqual(server.connections, 0)

    def test_commands(self):
        self.check(2, run(), "command")
        self.check(2, run("frobnicate"), "frobnicate")
        self.check(2, run("--frobnicate"), "--frobnicate")

    def test_options(self):
        self.check_fetch(2, "--frobnicate", words=["--frobnicate", "ferry fetch --help"])
        self.check_fetch(2, "-q", words=["-q"])
        self.check_fetch(2, "-o", words=["--output needs"])
        self.check_fetch(2, "-X", words=["--request needs"])
        self.check_fetch(2, "--url", words=["--url needs"])
        self.check_fetch(2, "--url", "-q", words=["'-q'"])
        self.check_fetch(2, "-u", words=["--user needs"])
        self.check(2, fetch(), "URL is required")
        self.check(2, fetch("-s"), "URL is required")
        for option in ("-m", "--connect-timeout", "--read-timeout"):
            for bad in ("x", "-1", "1x", "nan", "inf", ""):
                self.check_fetch(2, option, bad, words=[option, bad])
        self.check_fetch(2, "-4", "http://127.0.0.1:1/", words=["'-4'", "--help"])
        for hint in ("-L", "-k", "-O"):
            self.check_fetch(2, hint, words=[hint])
        self.check_fetch(2, "-w", "%{url", words=["%{url"])
        self.check_fetch(2, "-I", "-d", "x", words=["-I", "HEAD"])
        self.check_fetch(2, "-o", "a", "-o", "b", words=["'b'"])
        self.check_fetch(2, "-o", "", words=["-o", "empty"])
        self.check_fetch(2, "-d", "@", words=["'@'"])

    def test_usage_is_told_even_when_silent(self):
        self.assertIn("--frobnicate", fetch("-s", "--frobnicate", "127.0.0.1").stderr)

    def test_methods(self):
        for bad in ("", "G T", "GET\r\nX: y", "GÉT", "G(T"):
            self.check_fetch(2, "-X", bad, words=["method"])

    def test_headers(self):
        self.check_fetch(2, "-H", "no colon", words=["'no colon'"])
        self.check_fetch(2, "-H", "", words=["-H"])
        self.check_fetch(2, "-H", "Na me: x", words=["Na me"])
        self.check_fetch(2, "-H", ": x", words=["-H"])
        self.check_fetch(2, "-H", "host:", words=["-H", "Host"])
        self.check_fetch(2, "-H", "Name: a\r\nInjected: b", words=["Name"])
        self.check_fetch(2, "-H", "Näme: x", words=["-H"])
        self.check_fetch(2, "-H", "Content-Length: 5", "-d", "abc", words=["Content-Length"])
        self.check_fetch(2, "-H", "Content-Length: x", "-d", "abc", words=["Content-Length"])

    def test_urls(self):
        for bad in (
            "http://",
            "http:///path",
            "http://h:99999/",
            "http://h:port/",
            "http://[::1/",
            "http://[xyz]/",
            "http://127.1/",
            "http://2130706433/",
            "http://1.2.3.4.5/",
            "http://a b/",
            "http://h/\x01",
            "http://h/\r\nX: y",
            "http://exa%mple/",
            "http://" + "a" * 70_000 + "/",
            "",
        ):
            with self.subTest(url=bad[:40]):
                self.check_fetch(3, bad)
        self.check(3, fetch("http://me:secret@h:port/"), "h:port")
        self.assertNotIn("secret", fetch("http://me:secret@h:port/").stderr)

    def test_schemes(self):
        for url in ("ftp://h/", "ws://h/", "abc://h/"):
            self.check_fetch(1, url, words=[url.split(":")[0]])

    def test_serve(self):
        self.check(2, run("serve", "--port", "x"), "--port")
        self.check(2, run("serve", "--port", "70000"), "--port")
        self.check(2, run("serve", "--idle-timeout", "-1"), "--idle-timeout")
        self.check(2, run("serve", "/no/such/folder"), "/no/such/folder")
        self.check(2, run("serve", "/dev/null"), "/dev/null")
        self.check(2, run("serve", "/tmp", "/tmp"), "/tmp")


if __name__ == "__main__":
    unittest.main()
