#!/usr/bin/env python3
"""What one idle keep-alive connection costs in memory.

    cargo build --release
    tests/bench/idle_connections.py --binary target/release/ficus [--connections 10000]

Starts ficus in front of a small server of its own, makes one request on each connection, leaves all of them open, and divides
the growth of the resident memory by their number. Client and legacy are in this process, so they do not count.
"""

import argparse
import http.server
import resource
import socket
import subprocess
import sys
import threading
import time


class Legacy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def resident_kib(process):
    with open(f"/proc/{process}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1])


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ask(connection):
    connection.sendall(b"GET / HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: idle-connections\r\n\r\n")
    answer = b""
    while not answer.endswith(b"\r\n\r\nok"):
        piece = connection.recv(4096)
        if not piece:
            sys.exit(f"a connection was closed after {answer!r}")
        answer += piece


def connect(port):
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit("ficus does not listen")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/ficus")
    parser.add_argument("--connections", type=int, default=10_000)
    arguments = parser.parse_args()
    files = arguments.connections + 600
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, max(files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    legacy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Legacy)
    threading.Thread(target=legacy.serve_forever, daemon=True).start()
    port = free_port()
    command = [arguments.binary, "run", "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{free_port()}"]
    command += ["--legacy", f"http://127.0.0.1:{legacy.server_address[1]}", "--log", "error", "--quiet"]
    ficus = subprocess.Popen(command)
    try:
        # What is made once (threads, pools, tables) is no cost of a connection.
        warm = [connect(port) for _ in range(200)]
        for connection in warm:
            ask(connection)
        before = resident_kib(ficus.pid)
        started = time.monotonic()
        idle = []
        for _ in range(arguments.connections):
            # Asked at once: a client that says nothing for too long is cut off.
            idle.append(connect(port))
            ask(idle[-1])
        time.sleep(1)
        after = resident_kib(ficus.pid)
        took = time.monotonic() - started
        each = (after - before) / arguments.connections
        print(f"{arguments.connections} idle connections: {before} KiB before, {after} KiB after, {each:.2f} KiB each ({took:.0f} s)")
    finally:
        ficus.terminate()
        ficus.wait()
        legacy.shutdown()


if __name__ == "__main__":
    main()
