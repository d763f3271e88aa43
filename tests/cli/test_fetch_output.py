"""What `ferry fetch` writes, and where."""

import os
import pty
import re
import subprocess
import unittest

from support import FERRY, PATIENCE, RESET, SANITIZED, STALL, Folder, RawServer, ServeTest, fetch, unused_port

HEAD = b"HTTP/1.1 200 Fine\r\nX-One:  1 \r\nx-two: 2\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"


class Output(ServeTest):
    def test_the_body_and_nothing_else(self):
        done = fetch(self.url + "/bytes/100000?seed=3")
        self.assertEqual((done.returncode, done.stderr, len(done.stdout)), (0, "", 100_000))
        again = fetch(self.url + "/bytes/100000?seed=3", self.url + "/bytes/10?seed=3")
        self.assertEqual(again.stdout, done.stdout + done.stdout[:10])

    def test_errors_of_the_server_are_no_errors(self):
        done = fetch(self.url + "/status/404", self.url + "/status/500", self.url + "/status/418")
        self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", b"I'm a teapot.\n"))

    def test_fail_makes_them_errors(self):
        done = fetch("-f", self.url + "/status/418")
        self.assertEqual((done.returncode, done.stdout), (22, b""))
        self.assertEqual(done.stderr, f"ferry: GET {self.url}/status/418 was answered with 418 I'm a teapot\n")
        done = fetch("--fail", self.url + "/status/500", self.url + "/bytes/5?seed=1")
        self.assertEqual((done.returncode, len(done.stdout)), (22, 5))
        self.assertEqual(fetch("-f", self.url + "/status/304").returncode, 0)

    def test_what_a_server_sends_does_not_steer_the_terminal(self):
        head = b"HTTP/1.1 200 F\xc2\x9b31m\r\nX-One: caf\xc3\xa9 \xe9\x9b1m \xe2\x80\xae\r\nContent-Length: 0\r\n\r\n"
        with RawServer(head) as server:
            done = fetch("-v", server.url)
        self.assertIn("200 F\\xc2\\x9b31m\n", done.stderr)
        self.assertIn("caf\u00e9 \\xe9\\x9b1m \\xe2\\x80\\xae\n", done.stderr)
        with RawServer(head.replace(b"200", b"500")) as server:
            done = fetch("-f", server.url)
        self.assertIn("was answered with 500 F\\xc2\\x9b31m\n", done.stderr)

    def test_include_shows_the_head(self):
        with RawServer(HEAD + b"hello") as server:
            done = fetch("-i", server.url)
            self.assertEqual(done.stdout.split(b"\r\n\r\n")[1], b"hello")
            self.assertEqual(done.stdout.split(b"\r\n")[0], b"HTTP/1.1 200 Fine")
            self.assertRegex(done.stdout, rb"\r\nX-One: ?1\r\nx-two: ?2\r\nContent-Length: ?5\r\n")

    def test_output_files(self):
        with Folder() as folder:
            one, two = folder / "one", folder / "two"
            one.write_text("is overwritten, however long it was")
            done = fetch(
                "-o", one, self.url + "/bytes/3?seed=1", "--output", two, self.url + "/status/200", self.url + "/bytes/2?seed=1"
            )
            self.assertEqual((done.returncode, done.stderr, len(done.stdout)), (0, "", 2))
            self.assertEqual((len(one.read_bytes()), two.read_bytes()), (3, b""))
            self.assertEqual(len(fetch("-o", "-", self.url + "/bytes/4").stdout), 4)
            self.assertEqual(fetch("-i", "-o" + str(one), self.url + "/status/204").stdout, b"")
            self.assertTrue(one.read_bytes().startswith(b"HTTP/1.1 204 No Content\r\n"))
            with_fail = folder / "none"
            self.assertEqual(fetch("-f", "-o", with_fail, self.url + "/status/404").returncode, 22)
            self.assertFalse(with_fail.exists())

    def test_write_out(self):
        line = "%{http_code} %{http_version} %{size_download} %{num_connects} %{url}\\n"
        done = fetch("-o", "/dev/null", "-o", "/dev/null", "-w", line, self.url + "/bytes/7", self.url + "/status/404")
        self.assertEqual(
            done.stdout.decode(), f"200 1.1 7 1 {self.url}/bytes/7\n404 1.1 0 0 {self.url}/status/404\n"
        )

    def test_write_out_times(self):
        line = "%{time_namelookup} %{time_connect} %{time_starttransfer} %{time_total}"
        url = f"http://localhost:{self.serve.port}/drip?numbytes=3&delay=0.2&duration=0.3"
        times = [float(part) for part in fetch("-o", "/dev/null", "-w", line, url).stdout.split()]
        self.assertEqual(times, sorted(times))
        lookup, connect, start, total = times
        self.assertGreaterEqual(lookup, 0)
        self.assertGreater(connect, 0)
        self.assertGreaterEqual(start, 0.2)
        self.assertGreaterEqual(total, 0.4)
        self.assertRegex(fetch("-o", "/dev/null", "-w", "%{time_total}", url).stdout, rb"^\d+\.\d{6}$")

    def test_write_out_text(self):
        written = fetch("-w", "\\ta%%b\\\\n\\r\\x%x%", self.url + "/status/200").stdout
        self.assertEqual(written, b"\ta%b\\n\r\\x%x%")
        self.assertEqual(fetch("-w", "|", self.url + "/bytes/1?seed=1", self.url + "/status/200").stdout[1:], b"||")

    def test_write_out_from_a_file(self):
        line = "%{method} %{response_code} %{content_type} %{url_effective} [%{errormsg}]\\n"
        expected = f"GET 200 application/json {self.url}/get []\n".encode()
        done = fetch("-o", "/dev/null", "-w", "@-", self.url + "/get", stdin=line.encode())
        self.assertEqual(done.stdout, expected)

    def test_write_out_of_what_is_not_known(self):
        done = fetch("-w", "a%{nothing}b", self.url + "/status/200")
        self.assertEqual((done.returncode, done.stdout), (0, b"ab"))
        self.assertIn("nothing", done.stderr)

    def test_write_out_of_a_failure(self):
        holder, port = unused_port()
        done = fetch("-w", "%{http_code} %{http_version} %{exitcode} %{num_connects}", f"127.0.0.1:{port}")
        holder.close()
        self.assertEqual((done.returncode, done.stdout), (7, b"000 0 7 0"))

    def test_write_out_tells_how_far_a_failure_came(self):
        line = "%{http_code} %{size_download} %{num_connects} %{time_connect} %{time_starttransfer} %{time_total}"
        begun = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"
        refused = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"
        for pieces, arguments, code, status, size, answered in (
            ((STALL,), ("--read-timeout", "0.3"), 28, "000", "0", False),
            ((begun, STALL), ("--read-timeout", "0.3"), 28, "200", "5", True),
            ((begun,), (), 18, "200", "5", True),
            ((begun, 0.2, RESET), (), 56, "200", "5", True),
            ((refused,), ("-f",), 22, "413", "0", True),
        ):
            with self.subTest(code=code, status=status), RawServer(*pieces) as server:
                done = fetch("-s", "-o", "/dev/null", "-w", line, *arguments, server.url)
                words = done.stdout.decode().split()
                self.assertEqual((done.returncode, *words[:3]), (code, status, size, "1"))
                connect, start, total = map(float, words[3:])
                self.assertGreater(connect, 0)
                self.assertEqual(start > 0, answered)
                self.assertGreaterEqual(total, max(connect, start))

    def test_write_out_has_the_url_as_it_was_given(self):
        bare = self.url.removeprefix("http://")
        written = fetch("-o", "/dev/null", "-w", "%{url}", bare + "/status/200").stdout.decode()
        self.assertEqual(written, bare + "/status/200")
        written = fetch("-G", "-d", "a=b", "-w", "%{url}", bare + "/status/200").stdout.decode()
        self.assertEqual(written, self.url + "/status/200?a=b")
        done = fetch("-s", "-w", "[%{url}]", "")
        self.assertEqual(done.returncode, 3)

    def test_fail_begins_at_400(self):
        with RawServer(b"HTTP/1.1 600 Odd\r\nContent-Length: 4\r\n\r\nbody") as server:
            done = fetch("-f", server.url)
            self.assertEqual((done.returncode, done.stdout), (22, b""))
            self.assertIn("600 Odd", done.stderr)
            self.assertEqual(fetch(server.url).returncode, 0)

    def test_fail_shows_a_head_that_was_asked_for(self):
        for arguments in (("-I",), ("-i",)):
            done = fetch("-f", *arguments, self.url + "/status/404")
            self.assertEqual(done.returncode, 22)
            self.assertTrue(done.stdout.startswith(b"HTTP/1.1 404 Not Found\r\n"), done.stdout)
            self.assertTrue(done.stdout.endswith(b"\r\n\r\n"), done.stdout)

    def test_head_shows_the_head_alone_whatever_the_method(self):
        done = fetch("-I", "-X", "GET", "-w", "%{size_download} %{num_connects}", self.url + "/get", self.url + "/get")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        heads = done.stdout.decode().split("\r\n\r\n")
        self.assertTrue(heads[0].startswith("HTTP/1.1 200 OK\r\n"))
        self.assertTrue(heads[1].startswith("0 1HTTP/1.1 200 OK\r\n"))
        self.assertRegex(heads[2], r"^0 [01]$")

    def test_silent(self):
        holder, port = unused_port()
        url = f"http://127.0.0.1:{port}/"
        self.assertRegex(fetch(url).stderr, r"^ferry: .*\n$")
        self.assertEqual(fetch("-s", url).stderr, "")
        self.assertRegex(fetch("-sS", url).stderr, r"^ferry: .*\n$")
        self.assertEqual(fetch("--silent", "--show-error", url).returncode, 7)
        holder.close()

    def test_verbose_tells_what_happens_without_secrets(self):
        done = fetch(
            "-v", "-H", "Authorization: Bearer secret1", "-H", "Cookie: secret2", self.url + "/get", self.url + "/status/404"
        )
        self.assertEqual(done.returncode, 0)
        lines = [re.sub(r" +", " ", line) for line in done.stderr.splitlines()]
        self.assertTrue(all(re.match(r"[*<>] ", line) for line in lines), done.stderr)
        self.assertTrue(any("connect" in line and line.startswith("*") for line in lines), done.stderr)
        self.assertTrue(any(line.startswith(">") and "GET /get HTTP/1.1" in line for line in lines), done.stderr)
        self.assertTrue(any(line.startswith("<") and "HTTP/1.1 404" in line for line in lines), done.stderr)
        self.assertTrue(any("reusing" in line for line in lines), done.stderr)
        self.assertNotIn("secret", done.stderr)

    def test_an_output_that_cannot_be_written(self):
        for path, reason in (("/no/such/folder/file", "No such file"), ("/dev/full", "No space"), ("/", "directory")):
            done = fetch("-o", path, self.url + "/bytes/10")
            self.assertEqual(done.returncode, 23)
            self.assertRegex(done.stderr, f"^ferry: cannot write to {path}: .*{reason}.*\n$")
        with open("/dev/full", "w") as file:
            full = subprocess.run([FERRY, "fetch", self.url + "/bytes/10"], stdout=file, stderr=subprocess.PIPE)
        self.assertEqual(full.returncode, 23)

    def test_a_reader_that_goes_away(self):
        shell = f'{{ "$0" fetch {self.url}/bytes/100000000 {self.url}/delay/60; echo "code $?" >&2; }} | head -c 3'
        done = subprocess.run(["sh", "-c", shell, FERRY], capture_output=True, text=False, timeout=PATIENCE)
        self.assertEqual(len(done.stdout), 3)
        self.assertIn(b"code 23", done.stderr)

    def test_stdout_that_is_closed_is_no_socket(self):
        for closed in (">&-", ">&- <&-", ">&- <&- 2>&-"):
            shell = f'"$0" fetch {self.url}/bytes/10 {closed}'
            done = subprocess.run(["sh", "-c", shell, FERRY], stderr=subprocess.DEVNULL, timeout=PATIENCE)
            self.assertEqual(done.returncode, 23)

    def test_bodies_are_not_collected(self):
        process = subprocess.Popen([FERRY, "fetch", self.url + "/bytes/10000000000"], stdout=subprocess.PIPE)
        process.stdout.read(100_000_000)
        with open(f"/proc/{process.pid}/status") as file:
            peak = int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))
        process.kill()
        process.wait()
        process.stdout.close()
        if not SANITIZED:  # which keeps what was freed
            self.assertLess(peak, 50_000)  # KiB

    def test_pieces_are_written_as_they_come(self):
        process = subprocess.Popen(
            [FERRY, "fetch", self.url + "/drip?numbytes=2&duration=20"], stdout=subprocess.PIPE, bufsize=0
        )
        self.assertEqual(process.stdout.read(1), b"*")
        process.kill()
        process.wait()
        process.stdout.close()


class Terminal(ServeTest):
    """With a terminal for stderr, and stdout elsewhere."""

    def run_in_terminal(self, *arguments, stdout=subprocess.DEVNULL):
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [FERRY, "fetch", *arguments], stdout=follower if stdout is None else stdout, stderr=follower
        )
        os.close(follower)
        shown = b""
        try:
            while some := os.read(leader, 65536):
                shown += some
        except OSError:  # how a terminal ends
            pass
        os.close(leader)
        self.assertEqual(process.wait(PATIENCE), 0)
        return shown.decode()

    SLOW = "/drip?numbytes=40&duration=2"

    def test_a_slow_download_has_a_progress_bar_that_goes_away(self):
        shown = self.run_in_terminal(self.url + self.SLOW)
        self.assertRegex(shown, r"\d+ % \[=+> *\] .*B/s .* left")
        self.assertTrue(shown.endswith("\r\033[K"))

    def test_there_is_none_where_nobody_wants_it(self):
        self.assertEqual(self.run_in_terminal(self.url + "/bytes/1000000"), "")
        self.assertEqual(self.run_in_terminal("-s", self.url + self.SLOW), "")
        self.assertEqual(self.run_in_terminal(self.url + self.SLOW, stdout=None), "*" * 40)
        self.assertEqual(fetch(self.url + self.SLOW).stderr, "")


if __name__ == "__main__":
    unittest.main()
