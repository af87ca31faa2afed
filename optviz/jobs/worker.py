"""The worker process: ``python -m optviz.jobs.worker``, spoken to over its stdin and stdout.

Messages to it are ``("run", id, task, arguments)``, ``("warm", modules)`` and
``("pause" | "resume" | "stop" | "cancel", id)`` and ``("tell", id, message)``; messages from it are
``("events", id, [event, …], progress)``, ``("held", id, turns)`` when the task has paused itself,
and ``("done" | "failed" | "cancelled", id, body)``.
When stdin ends, the server has gone and the process goes too, whatever it is doing.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from importlib import import_module
from io import FileIO
from queue import Empty, SimpleQueue
from typing import Any

from optviz.core.problem import Problem
from optviz.core.task import Cancelled
from optviz.jobs import frames

__all__ = ["WorkerContext", "main", "run_task"]

FLUSH_SECONDS = 0.025
"""Events wait this long for company, so that the server reads few large messages."""

MAX_WAITING_BYTES = 16 * 2**20
"""A task that sends faster than the server reads waits at this much unsent data."""

NICENESS = 5
"""The server, which answers the browser, goes before the workers."""


class WorkerContext:
    """The task's side of a job inside a worker (see :class:`optviz.core.task.TaskContext`).

    Args:
        id: The job's name.
        pipe: Where messages to the server go.
    """

    def __init__(self, id: str, pipe: FileIO) -> None:
        self._id = id
        self._pipe = pipe
        self._start = time.perf_counter()
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._progress: tuple[float, float] | None = None
        self._ended = False
        self._go = threading.Event()
        self._go.set()
        self._cancelled = False
        self._turn = threading.Lock()
        self._turns = 0  # words obeyed so far
        self._told: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.stop_requested = False

    # ── asked by the task ──

    def emit(self, kind: str, **data: Any) -> None:
        """Send one event; the data is copied now, so the task may go on changing its arrays."""
        body = frames.dumps((kind, data, time.perf_counter() - self._start))
        with self._changed:
            self._changed.wait_for(lambda: self._waiting_bytes < MAX_WAITING_BYTES)
            self._waiting.append(body)
            self._waiting_bytes += len(body)
            self._changed.notify_all()

    def progress(self, done: float, total: float) -> None:
        """Say how far the work is; only the latest word is sent."""
        with self._changed:
            self._progress = (float(done), float(total))
            self._changed.notify_all()

    def checkpoint(self) -> None:
        """Wait while paused, leave when cancelled."""
        self._go.wait()
        if self._cancelled:
            raise Cancelled(self._id)

    def hold(self) -> None:
        """Pause; one that is to end does not."""
        with self._turn:
            if self.stop_requested or self._cancelled:
                return
            self._go.clear()
            turns = self._turns
        self.flush()
        with self._sending:
            frames.write(self._pipe, frames.dumps(("held", self._id, turns)))

    def messages(self) -> list[dict[str, Any]]:
        """What its user has told it since it asked last."""
        found = []
        with contextlib.suppress(Empty):
            while True:
                found.append(self._told.get_nowait())
        return found

    # ── told by the server ──

    def tell(self, message: dict[str, Any]) -> None:
        """Keep a message of the user's until the task asks."""
        self._told.put(message)

    def control(self, word: str) -> None:
        """Obey ``pause``, ``resume``, ``stop`` or ``cancel``."""
        with self._turn:
            self._turns += 1
            if word == "pause":
                self._go.clear()
                return
            self.stop_requested = self.stop_requested or word == "stop"
            self._cancelled = self._cancelled or word == "cancel"
            self._go.set()

    # ── sending ──

    def flush(self) -> None:
        """Send all that waits."""
        with self._sending:
            with self._changed:
                events, self._waiting, self._waiting_bytes = self._waiting, [], 0
                progress, self._progress = self._progress, None
                self._changed.notify_all()
            if events or progress:
                frames.write(self._pipe, frames.dumps(("events", self._id, events, progress)))

    def send_as_they_come(self) -> None:
        """Flush whenever something waits, until :meth:`close`. The body of a thread."""
        with contextlib.suppress(OSError, ValueError):
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._waiting or self._progress or self._ended)
                    if self._ended:
                        return
                self.flush()
                time.sleep(FLUSH_SECONDS)

    def close(self, outcome: str, body: bytes) -> None:
        """Send the rest, then how the task ended."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self.flush()
        with self._sending:
            frames.write(self._pipe, frames.dumps((outcome, self._id, body)))


def run_task(context: WorkerContext, task: str, arguments: bytes) -> tuple[str, bytes]:
    """Run one task to its end: the outcome's name and what goes with it, pickled.

    A problem is the user's to read and travels as it is. Any other exception is logged here
    and travels as its name and message only.
    """
    try:
        module, _, name = task.partition(":")
        function = getattr(import_module(module), name)
        return "done", frames.dumps(function(context, **frames.loads(arguments)))
    except Cancelled:
        return "cancelled", b""
    except Problem as problem:
        with contextlib.suppress(Exception):
            return "failed", frames.dumps(problem)
        values = {name: str(value) for name, value in problem.values.items()}
        return "failed", frames.dumps(Problem(problem.key, **values))
    except BaseException as error:
        traceback.print_exc()
        return "failed", frames.dumps((type(error).__name__, str(error)))


def _listen(pipe: FileIO, out: FileIO, inbox: SimpleQueue[Any]) -> None:
    """Take the server's messages: controls are obeyed at once, the rest goes to the inbox."""
    contexts: dict[str, WorkerContext] = {}
    try:
        while True:
            word, *rest = frames.loads(frames.read(pipe))
            if word == "run":
                id, task, arguments = rest
                # Made here, so that a control sent right behind it finds it.
                contexts = {id: WorkerContext(id, out)}
                inbox.put((contexts[id], task, arguments))
            elif word == "warm":
                inbox.put(rest[0])
            elif rest[0] not in contexts:
                continue  # a word for a task that has ended
            elif word == "tell":
                contexts[rest[0]].tell(rest[1])
            else:
                contexts[rest[0]].control(word)
    except BaseException as error:
        if not isinstance(error, EOFError):
            traceback.print_exc()
        # Not sys.exit: the main thread may be deep in a task, and nobody waits for it now.
        os._exit(0)


def _private_pipes() -> tuple[FileIO, FileIO]:
    """Take stdin and stdout for our messages; what a task prints goes to stderr, the log."""
    into, out = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return FileIO(into, "r"), FileIO(out, "w")


def main() -> None:
    """Serve one server until it goes."""
    into, out = _private_pipes()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    inbox: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_listen, args=(into, out, inbox), daemon=True).start()
    while True:
        message = inbox.get()
        if isinstance(message, list):
            for module in message:
                with contextlib.suppress(Exception):  # the task that needs it will say so
                    import_module(module)
            continue
        context, task, arguments = message
        threading.Thread(target=context.send_as_they_come, daemon=True).start()
        try:
            context.close(*run_task(context, task, arguments))
        except OSError:
            return  # nobody reads any more


if __name__ == "__main__":
    main()
