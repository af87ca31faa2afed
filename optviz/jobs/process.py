"""The server's side of one worker process: starting it, talking to it, ending it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import Any, cast

from optviz.jobs import frames

__all__ = ["WorkerProcess"]

_ROOT = Path(__file__).parents[2]
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class WorkerProcess:
    """One worker process with the thread that reads from it.

    Args:
        receive: Called with every message, on the reading thread.
        ended: Called once when the process has ended, on the reading thread.
        threads: Threads that torch, BLAS and OpenMP may use in the worker.
        paths: Further folders to import tasks from.
    """

    def __init__(
        self,
        receive: Callable[[WorkerProcess, tuple[Any, ...]], None],
        ended: Callable[[WorkerProcess], None],
        threads: int,
        paths: Sequence[str] = (),
    ) -> None:
        self.warmed: set[str] = set()
        self._receive = receive
        self._ended = ended
        self._writing = threading.Lock()
        environment = dict(os.environ)
        inherited = [path for path in [environment.get("PYTHONPATH")] if path]
        environment["PYTHONPATH"] = os.pathsep.join([str(_ROOT), *paths, *inherited])
        environment.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
        # -P: a stray random.py in the folder the app was started from must not be imported.
        # A session of its own: Ctrl-C in the terminal is the server's to handle.
        # (Not multiprocessing: it imports __main__ anew, which Streamlit replaces by a page.)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "optviz.jobs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment,
            start_new_session=True,
        )
        self._into = cast(FileIO, self._process.stdin)
        self._out = cast(FileIO, self._process.stdout)
        self._reader = threading.Thread(target=self._read, name="optviz-worker", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    def send(self, *message: Any) -> None:
        """Send a message; to a worker that has ended it is lost, and ``ended`` tells of that."""
        with self._writing, contextlib.suppress(OSError, ValueError):
            frames.write(self._into, frames.dumps(message))

    def kill(self) -> None:
        """End the process, and what it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def retire(self) -> None:
        """Let an idle process end by itself."""
        with contextlib.suppress(OSError):
            self._into.close()

    def join(self, timeout: float) -> bool:
        """Wait until the process has ended and been tidied up; False if it has not by then."""
        self._reader.join(timeout)
        return not self._reader.is_alive()

    def _read(self) -> None:
        try:
            while True:
                self._receive(self, frames.loads(frames.read(self._out)))
        except (EOFError, OSError):
            pass
        finally:
            # Whatever went wrong here, the worker is of no use once nobody reads from it.
            self.kill()
            self._process.wait()
            self._out.close()
            self.retire()
            self._ended(self)
