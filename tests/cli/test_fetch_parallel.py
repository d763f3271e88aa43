"""`ferry fetch --parallel`."""

import resource
import subprocess
import time
import unittest

from support import FERRY, PATIENCE, SANITIZED, TRANSPORT, Folder, ServeTest, fetch, unused_port


class Parallel(ServeTest):
    def test_transfers_run_at_once(self):
        before = self.serve.stats()["connections_accepted"]
        done = fetch("-Z", *[f"{self.url}/delay/2?i={i}" for i in range(20)])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        # One after another they would have shared one connection. Each stats() takes one, too.
        self.assertEqual(self.serve.stats()["connections_accepted"] - before - 1, 20)

    def test_no_more_than_the_limit(self):
        before = self.serve.stats()["connections_accepted"]
        start = time.monotonic()
        done = fetch("--parallel", "--parallel-max", "4", *[f"{self.url}/delay/0.2?i={i}" for i in range(12)])
        self.assertEqual(done.returncode, 0)
        self.assertGreaterEqual(time.monotonic() - start, 0.6)
        # Each stats() takes one, too.
        self.assertLessEqual(self.serve.stats()["connections_accepted"] - before - 1, 4)

    def test_stdout_is_in_the_order_of_the_command_line(self):
        urls = [f"{self.url}/bytes/{i * 10_000}?seed={i}" for i in range(30)]
        done = fetch("-Z", "-w", "[%{size_download}]", *urls[:3])
        alone = [fetch(url).stdout for url in urls[:3]]
        self.assertEqual(done.stdout, b"".join(body + b"[%d]" % len(body) for body in alone))
        serial, parallel = fetch(*urls), fetch("-Z", *urls)
        self.assertEqual(serial.stdout, parallel.stdout)

    def test_a_slow_one_first(self):
        done = fetch("-Z", f"{self.url}/drip?numbytes=3&duration=0.5", f"{self.url}/bytes/500000?seed=1", f"{self.url}/status/418")
        self.assertTrue(done.stdout.startswith(b"***"))
        self.assertTrue(done.stdout.endswith(b"I'm a teapot.\n"))
        self.assertEqual(len(done.stdout), 3 + 500_000 + 14)

    def test_files(self):
        with Folder() as folder:
            arguments = []
            for i in range(40):
                arguments += ["-o", folder / str(i), f"{self.url}/bytes/{100_000 + i}?seed={i}"]
            done = fetch("-Z", *arguments)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", ""))
            for i in range(40):
                self.assertEqual((folder / str(i)).stat().st_size, 100_000 + i)
            self.assertEqual((folder / "7").read_bytes(), fetch(f"{self.url}/bytes/100007?seed=7").stdout)

    @unittest.skipIf(SANITIZED, "sanitizers want all the address space there is")
    def test_no_room_for_so_many_threads(self):
        # Each has a stack of 8 MiB, of which some hundred do not fit.
        limit = 400 * 1024 * 1024
        urls = [f"{self.url}/bytes/1" for _ in range(100)]
        done = subprocess.run(
            [FERRY, "fetch", *(("--transport", TRANSPORT) if TRANSPORT else ()), "-s", "-Z", "--parallel-max", "100", *urls],
            capture_output=True,
            timeout=PATIENCE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        )
        self.assertEqual((done.returncode, len(done.stdout)), (0, 100), done.stderr)

    def test_failures_among_successes(self):
        holder, port = unused_port()
        urls = [f"{self.url}/bytes/10?seed=1", f"127.0.0.1:{port}", f"{self.url}/status/404", f"{self.url}/bytes/10?seed=1"]
        done = fetch("-Z", "-f", *urls)
        self.assertEqual((done.returncode, len(done.stdout), done.stderr.count("\n")), (22, 20, 2))
        holder.close()

    def test_the_limit_must_make_sense(self):
        for bad in ("0", "x", "-1", "100000"):
            done = fetch("-Z", "--parallel-max", bad, self.url)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--parallel-max", done.stderr)


if __name__ == "__main__":
    unittest.main()
