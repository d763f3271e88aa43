"""scripts/demo's program: every step goes as it should, and one that does not is noticed."""

import os
import shutil
import subprocess
import unittest

from support import PATIENCE, TRANSPORTS, Folder

DEMO = os.environ["FERRY_DEMO"]


class Demo(unittest.TestCase):
    def test_all_is_as_it_should_be(self):
        done = subprocess.run([DEMO], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        rows = [line for line in done.stdout.splitlines() if "│" in line]
        self.assertEqual(len(rows), 8)
        for column in range(len(TRANSPORTS)):
            self.assertEqual(len({[i for i, c in enumerate(row) if c == "│"][column] for row in rows}), 1)
        for row, words in zip(
            rows,
            (
                ("step", *TRANSPORTS),
                ("✓", "200"),
                ("✓", "200"),
                ("✓",),
                ("✓", "HttpStatusError 404"),
                ("✓", "ConnectError"),
                ("✓", "ReadTimeout after 3"),
                ("✓", "100 x 200 over 10 connections"),
            ),
        ):
            for word in words:
                self.assertEqual(row.count(word), 1 if word in ("step", *TRANSPORTS) else len(TRANSPORTS), row)
        self.assertNotIn("\033", done.stdout)

    def test_an_origin_that_answers_wrongly_is_noticed(self):
        # The demonstration starts the ferry beside it: here, one that serves nothing.
        with Folder() as folder:
            demo = folder / "ferry-demo"
            shutil.copy(DEMO, demo)
            ferry = folder / "ferry"
            ferry.write_text(
                "#!/usr/bin/env python3\n"
                "import http.server, sys\n"
                "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.BaseHTTPRequestHandler)\n"
                "sys.stderr = open('/dev/null', 'w')\n"
                "print('serving on http://127.0.0.1:%d' % server.server_port, flush=True)\n"
                "server.serve_forever()\n"
            )
            ferry.chmod(0o755)
            done = subprocess.run([demo], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 1)
            self.assertIn("✗", done.stdout)
            ferry.unlink()
            done = subprocess.run([demo], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"^ferry-demo: .* did not start\n$")


if __name__ == "__main__":
    unittest.main()
