"""The dashboard as a process of its own, for browser tests, benchmarks and pictures."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Server", "serve"]

ROOT = Path(__file__).parents[1]

STARTS_WITHIN = 60.0
"""Seconds; a machine that needs longer has another problem."""


@dataclass(frozen=True, slots=True)
class Server:
    """A dashboard that answers.

    Attributes:
        address: Where, without a slash at the end.
        process: The server process.
    """

    address: str
    process: subprocess.Popen[bytes]


@contextmanager
def serve(script: str = "app.py") -> Iterator[Server]:
    """Start the dashboard on a free port of this machine; ended when the block is left.

    Args:
        script: Another one to serve in its place, from the repository's root.

    Raises:
        RuntimeError: It ended at once, or does not answer.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script]
    settings = {"server.address": "127.0.0.1", "server.port": port, "server.headless": "true"}
    process = subprocess.Popen(
        [*command, *(f"--{name}={value}" for name, value in settings.items())],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("OPTVIZ_SERVER_LOG") else subprocess.DEVNULL,
    )
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        _wait(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(server: Server) -> None:
    limit = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < limit and server.process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(
        "The dashboard did not start; OPTVIZ_SERVER_LOG=1 shows what it says meanwhile."
    )
