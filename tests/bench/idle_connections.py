#!/usr/bin/env python3
"""What one idle keep-alive connection costs in memory.

    cargo build --release
    tests/bench/idle_connections.py --binary target/release/ficus [--connections 10000] [--tls]

Starts ficus in front of a small server of its own, makes one request on each connection, leaves all of them open, and divides
the growth of the resident memory by their number. With `--tls` they are TLS connections (that needs openssl). Client and legacy are in this process, so they do not count.
"""

import argparse
import http.server
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path


class Legacy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one write: otherwise each answer waits for a delayed acknowledgement.
    wbufsize = 8 * 1024

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


def connect(port, tls):
    for _ in range(200):
        try:
            connection = socket.create_connection(("127.0.0.1", port))
            return tls.wrap_socket(connection) if tls else connection
        except ConnectionRefusedError:
            time.sleep(0.05)
    sys.exit("ficus does not listen")


def any_certificate():
    """A client that believes everybody: nobody is proven here."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


def configuration(directory, port, legacy, tls):
    """The file that ficus is started with."""
    lines = ["legacy:", f"  url: http://127.0.0.1:{legacy}", "listeners:", f"  - address: 127.0.0.1:{port}"]
    if tls:
        certificate, key = directory / "certificate.pem", directory / "key.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
        command += ["-subj", "/CN=bench.test", "-addext", "subjectAltName=DNS:bench.test", "-out", str(certificate), "-keyout", str(key)]
        subprocess.run(command, check=True, capture_output=True)
        lines += ["    protocol: https", f"    tls: {{ certificates: [{{ certificate: {certificate}, key: {key} }}] }}"]
    file = directory / "ficus.yaml"
    file.write_text("\n".join(lines) + "\n", encoding="ascii")
    return file


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/ficus")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--tls", action="store_true")
    arguments = parser.parse_args()
    files = arguments.connections + 600
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, max(files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    legacy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Legacy)
    threading.Thread(target=legacy.serve_forever, daemon=True).start()
    port = free_port()
    tls = any_certificate() if arguments.tls else None
    directory = tempfile.TemporaryDirectory()
    file = configuration(Path(directory.name), port, legacy.server_address[1], arguments.tls)
    command = [arguments.binary, "run", "--config", str(file), "--admin", f"127.0.0.1:{free_port()}", "--log", "error", "--quiet"]
    ficus = subprocess.Popen(command)
    try:
        # What is made once (threads, pools, tables) is no cost of a connection.
        warm = [connect(port, tls) for _ in range(200)]
        for connection in warm:
            ask(connection)
        before = resident_kib(ficus.pid)
        started = time.monotonic()
        idle = []
        for _ in range(arguments.connections):
            # Asked at once: a client that says nothing for too long is cut off.
            idle.append(connect(port, tls))
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
        directory.cleanup()


if __name__ == "__main__":
    main()
