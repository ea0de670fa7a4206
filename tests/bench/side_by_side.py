#!/usr/bin/env python3
"""What a proxied request costs, beside nginx.

    cargo build --profile dist
    tests/bench/side_by_side.py --binary target/dist/ficus [--rounds 5] [--seconds 4] [--connections 64] [--check]

Ficus (one core, 200 routes in its flags, metrics on, access log off) and nginx (one worker, keep-alive to the upstream) stand in
front of the same nginx, which answers from memory, and are driven by the same `wrk` in turn. What counts is processor time per
request, read from /proc: it holds on a busy machine, where a throughput does not. The median of the rounds is printed, and the
median of the ratios of each round; `--check` makes the exit code a judge of the aims. Needs nginx and wrk.
"""

import argparse
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
HEALTH = '{"status":"ok","service":"legacy","items":[{"id":"a1","name":"alpha"},{"id":"b2","name":"beta"}],"total":2}'
# Path, and the most that a request may cost of what nginx takes for it.
AIMS = [("/api/health", 1.0), ("/64k.bin", 0.75), ("/1m.bin", 0.70)]

NGINX = """
worker_processes 1; daemon off; {main} pid {directory}/{name}.pid; error_log {directory}/{name}.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; {http} }}
"""
BACKEND = """server {{ listen 127.0.0.1:{port} backlog=4096;
  location = /api/health {{ default_type application/json; return 200 '{health}'; }}
  location / {{ root {directory}/files; }} }}"""
PROXY = """upstream app {{ server 127.0.0.1:{backend}; keepalive 256; keepalive_requests 1000000000; }}
server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://app; proxy_http_version 1.1;
  proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; }} }}"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def family(process):
    """The process and all that it has started."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return [process] + [member for child in children for member in family(int(child))]


def processor_seconds(process):
    total = 0
    for member in family(process):
        fields = Path(f"/proc/{member}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def drive(target, path, arguments):
    """Microseconds of processor time a request, and the 99th percentile of its time in milliseconds."""
    process, port = target
    before = processor_seconds(process)
    command = ["wrk", "-t1", f"-c{arguments.connections}", f"-d{arguments.seconds}s", "--latency", f"http://127.0.0.1:{port}{path}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = processor_seconds(process) - before
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"not every request was answered:\n{said}")
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    return used / requests * 1e6, milliseconds(re.search(r"\s99%\s+(\S+)", said).group(1))


def flags(count):
    """A flag file of so many routes, most of them legacy still, none of them with a native handler here."""
    lines = ["version: 1", "routes:", "  - { route: GET /api/health, stage: legacy }"]
    lines += [f"  - {{ route: \"GET /api/area{number % 20}/things{number}/[id]\", stage: legacy }}" for number in range(count - 1)]
    return "\n".join(lines) + "\n"


class Servers:
    """Everything that runs meanwhile."""

    def __init__(self, directory):
        self.directory = directory
        self.running = []

    def start(self, command, port):
        process = subprocess.Popen(command, start_new_session=True)
        self.running.append(process)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return process.pid, port
            if process.poll() is not None:
                break
            time.sleep(0.05)
        sys.exit(f"{command[0]} does not listen")

    def nginx(self, name, port, http, main="", **values):
        http = http.format(directory=self.directory, port=port, **values)
        file = self.directory / f"{name}.conf"
        file.write_text(NGINX.format(directory=self.directory, name=name, http=http, main=main), encoding="ascii")
        return self.start(["nginx", "-c", str(file)], port)

    def ficus(self, binary, port, legacy):
        (self.directory / "flags.yaml").write_text(flags(200), encoding="ascii")
        (self.directory / "ficus.yaml").write_text(f"cores: 1\nlegacy:\n  url: http://127.0.0.1:{legacy}\n", encoding="ascii")
        command = [binary, "run", "--config", str(self.directory / "ficus.yaml"), "--flags", str(self.directory / "flags.yaml")]
        command += ["--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{free_port()}"]
        command += ["--log", "error", "--quiet"]
        return self.start(command, port)

    def stop(self):
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running:
            process.wait()


def compare(path, aim, ficus, nginx, arguments):
    pairs = [(drive(ficus, path, arguments), drive(nginx, path, arguments)) for _ in range(arguments.rounds)]
    cost = statistics.median(ours / theirs for (ours, _), (theirs, _) in pairs)
    slow = statistics.median(ours / theirs for (_, ours), (_, theirs) in pairs)
    for name, side in (("ficus", 0), ("nginx", 1)):
        micros, tail = (statistics.median(pair[side][figure] for pair in pairs) for figure in (0, 1))
        print(f"{path:<12} {name}  {micros:8.2f} us a request   p99 {tail:8.2f} ms")
    good = cost <= aim and slow <= 1
    print(f"{path:<12} ratio  {cost:.2f} (aim {aim:.2f})   p99 ratio {slow:.2f} (aim 1.00)   {'as aimed' if good else 'NOT AS AIMED'}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/dist/ficus")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        # The workers of nginx may be of another user.
        directory.chmod(0o755)
        (directory / "files").mkdir()
        (directory / "files/64k.bin").write_bytes(os.urandom(64 * 1024))
        (directory / "files/1m.bin").write_bytes(os.urandom(1024 * 1024))
        servers = Servers(directory)
        try:
            _, legacy = servers.nginx("backend", free_port(), BACKEND, health=HEALTH)
            nginx = servers.nginx("proxy", free_port(), PROXY, backend=legacy)
            ficus = servers.ficus(arguments.binary, free_port(), legacy)
            good = [compare(path, aim, ficus, nginx, arguments) for path, aim in AIMS]
        finally:
            servers.stop()
    sys.exit(1 if arguments.check and not all(good) else 0)


if __name__ == "__main__":
    main()
