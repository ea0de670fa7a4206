#!/usr/bin/env python3
"""How many instructions a proxied request takes outside the kernel, beside nginx.

    cargo build --profile dist
    tests/bench/instructions.py --binary target/dist/ficus [--requests 3200] [--connections 64] [--keep DIRECTORY]

The same two servers in front of the same app as in `side_by_side.py`, but one after the other and under callgrind, which counts. The
count says nothing of the kernel or of memory that is not there, and it is the same on a busy machine and a quiet one: a change
of one percent shows. `--keep` leaves what was counted there, for `callgrind_annotate`. Needs nginx and valgrind.
"""

import argparse
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from side_by_side import BACKEND, HEALTH, PROXY, Servers, free_port


def ask(port, connections, requests):
    """Requests in turns: all connections ask, then all are read."""
    request = f"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode("ascii")
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    for _ in range(requests // connections):
        for client in sockets:
            client.sendall(request)
        for client in sockets:
            answer = b""
            while not answer.endswith(HEALTH.encode("ascii")):
                piece = client.recv(65536)
                if not piece:
                    sys.exit(f"the answer broke off: {answer!r}")
                answer += piece
    for client in sockets:
        client.close()


class Counted(Servers):
    """Servers of which some run under callgrind."""

    counted = None

    def start(self, command, port):
        if self.counted:
            command = ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={self.counted}"] + command
        return super().start(command, port)

    def count(self, name, begin, arguments):
        """Instructions a request of the server that `begin` starts."""
        self.counted = self.directory / f"{name}.callgrind"
        process, port = begin()
        self.counted = None

        def control(*words):
            subprocess.run(["callgrind_control", *words, str(process)], capture_output=True, check=True)

        ask(port, arguments.connections, 10 * arguments.connections)
        control("-i", "on")
        ask(port, arguments.connections, 10 * arguments.connections)
        control("-z")
        ask(port, arguments.connections, arguments.requests)
        control("-d")
        dump = Path(f"{self.directory}/{name}.callgrind.1")
        if arguments.keep:
            shutil.copy(dump, arguments.keep)
        total = re.search(r"^(?:summary|totals): (\d+)", dump.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
        return int(total.group(1)) / arguments.requests


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--requests", type=int, default=3200)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        servers = Counted(Path(directory))
        try:
            _, app = servers.nginx("app", free_port(), BACKEND, health=HEALTH)
            ficus = servers.count("ficus", lambda: servers.ficus(arguments.binary, free_port(), app), arguments)
            front = lambda: servers.nginx("nginx", free_port(), PROXY, main="master_process off;", backend=app)
            nginx = servers.count("nginx", front, arguments)
        finally:
            servers.stop()
    print(f"ficus  {ficus:8.0f} instructions a request")
    print(f"nginx  {nginx:8.0f} instructions a request")
    print(f"ratio  {ficus / nginx:8.2f}")


if __name__ == "__main__":
    main()
