"""The cluster's side of a job: what a Dask worker runs, between our server and a process.

A task never runs inside the Dask worker itself: a thread of it cannot be ended, and what a task
prints, breaks or imports would stay. Each Dask worker keeps a :class:`WorkerBackend` of its own,
as a server without a cluster does, and this module only carries messages: what a task tells goes
into the server's queue, what its user says comes out of a queue of the job's own. So cancelling
works as it does at home, willing or not.

Why queues (:class:`distributed.Queue`) and not topics (``log_event``): a queue is bounded, so a
task that tells more than the network takes has to wait, and what has been read is gone; a
topic keeps its last thousand messages in the scheduler's memory for ever, and nobody waits.
"""

from __future__ import annotations

import hashlib
import os
import queue
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from distributed import Queue, get_client, get_worker, secede

from optviz.core.problem import Problem
from optviz.jobs import frames
from optviz.jobs.interface import State
from optviz.jobs.local import WorkerBackend
from optviz.jobs.record import Record

__all__ = ["relay", "versions", "warm"]

PATIENCE = 30.0
"""Seconds after which a server that does not answer, or does not read, is taken to be gone."""

LOOK_SECONDS = 0.5
"""How often to see whether the cluster still wants the job."""

MOST_UNSENT = 8
"""So many messages of events may wait for the network; then the task waits too."""

_UNDER_WAY = (("state", "running"), ("state", "paused"))

_ROOT = Path(__file__).parents[1]
_PACKAGES = ("numpy", "pandas", "torch", "scikit-learn")

_lock = threading.Lock()
_backends: dict[tuple[str, Sequence[str]], WorkerBackend] = {}


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """What must be the same here and there: the same bits come from the same programs."""
    found = {"Python": ".".join(map(str, sys.version_info[:2]))}
    digest = hashlib.sha256()
    for path in sorted(_ROOT.rglob("*.py")):
        digest.update(path.relative_to(_ROOT).as_posix().encode() + path.read_bytes())
    found["optviz"] = digest.hexdigest()[:8]
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "–"
    return found


def warm(modules: Sequence[str], paths: Sequence[str], dask_worker: Any) -> None:
    """Have modules imported in a process of this Dask worker, which Dask hands over."""
    _backend(dask_worker, paths).warm(*modules)


def relay(
    home: str,
    id: str,
    task: str,
    arguments: bytes,
    paths: Sequence[str],
    wanted: Mapping[str, str],
) -> None:
    """Run one job on this Dask worker, and carry its messages until it ends.

    Args:
        home: Name of the server's queue.
        id: The job's name.
        task: ``"module:function"``.
        arguments: From :func:`~optviz.jobs.handle.packed`.
        paths: Further folders to import tasks from.
        wanted: The server's :func:`versions`.

    Raises:
        Problem: This worker has other programs than the server.
    """
    worker = get_worker()
    for name, here in wanted.items():
        there = versions()[name]
        if there != here:
            raise Problem(
                "problem.jobs.cluster_version",
                name=name, here=here, there=there, worker=worker.address,
            )  # fmt: skip
    client = get_client()
    attempt = uuid.uuid4().hex
    out, into = Queue(home, client=client), Queue(attempt, client=client)
    try:
        _Carrier(id, task, arguments, attempt, _backend(worker, paths), worker).carry(out, into)
    finally:
        into.close()
        out.close()


def _backend(worker: Any, paths: Sequence[str]) -> WorkerBackend:
    key = worker.address, tuple(paths)
    with _lock:
        if key not in _backends:
            # A thread of the Dask worker is a job, and a core: Dask sets this to 1 by itself.
            threads = int(os.environ.get("OMP_NUM_THREADS") or 1)
            _backends[key] = WorkerBackend(worker.state.nthreads, threads=threads, paths=paths)
        return _backends[key]


class _Carrier(Record):
    """The record of a job that keeps nothing: it hands on what it is told."""

    def __init__(
        self,
        id: str,
        task: str,
        arguments: bytes,
        attempt: str,
        backend: WorkerBackend,
        worker: Any,
    ) -> None:
        super().__init__(id, task)
        self._arguments = arguments
        self._attempt = attempt
        self._backend = backend
        self._worker = worker
        self._key = worker.get_current_task()
        self._seceded = False
        self._heard = 0  # words of the user's so far
        self._outbox: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._room = threading.Semaphore(MOST_UNSENT)

    # ── told by the backend ──

    def enter(self, state: State) -> bool:
        """Tell the server, with the words heard so far: news that a later word overtakes is old."""
        changed = super().enter(state)
        if changed and state in ("running", "paused", "cancelled"):
            self._outbox.put(("state", state, self._heard))
        return changed

    def take(self, events: Sequence[bytes], progress: tuple[float, float] | None) -> bool:
        """Hand on, unread; called where waiting is allowed."""
        self._room.acquire()
        self._outbox.put(("events", events, progress))
        return True

    def settle(self, word: str, body: bytes) -> None:
        """Hand on, unread."""
        if super().enter("done"):
            self._outbox.put((word, body))

    def fail(self, error: Exception) -> None:
        """Its process is gone."""
        self.settle("failed", frames.dumps(error))

    # ── between the two ──

    def carry(self, out: Any, into: Any) -> None:
        """Run the job to its end.

        Args:
            out: The server's queue.
            into: The queue of what the user says.
        """
        self._outbox.put(("begin",))
        threading.Thread(target=self._listen, args=(into,), daemon=True).start()
        try:
            while self._pass_on(out):
                task = self._worker.state.tasks.get(self._key)
                if task is None or task.state not in ("executing", "long-running"):
                    return  # cancelled, or the server has gone
        finally:
            self._room.release(MOST_UNSENT)  # whoever waits for room
            into.put(frames.dumps(("end",)), timeout=PATIENCE)

    def _listen(self, into: Any) -> None:
        """Obey the user until the end. The body of a thread."""
        try:
            while True:
                # Without a timeout: each that passes is an error in the scheduler's log.
                word, *message = frames.loads(into.get())
                if word == "end":
                    return
                if word == "go":
                    self._go(message[0])
                    continue
                self._heard += 1
                self._backend.control(self.id, word, *message)
                if word == "cancel":
                    return
        except Exception:
            return  # the scheduler has gone
        finally:
            self._backend.control(self.id, "cancel")
            self.enter("cancelled")

    def _go(self, words: list[tuple[Any, ...]]) -> None:
        """Begin, knowing what the user has said already: to an earlier try, perhaps."""
        self._heard = len(words)
        self._backend.run(self, self._arguments, held=True)
        turns = [word for word, *_ in words if word != "tell"]
        for word, *message in words:
            if word == "tell":
                self._backend.control(self.id, word, *message)
        if turns[-1:] == ["pause"]:
            self.enter("paused")
        else:
            self._backend.control(self.id, "resume")
        if "stop" in turns:
            self._backend.control(self.id, "stop")

    def _pass_on(self, out: Any) -> bool:
        """Send what waits; False after the last word."""
        try:
            waiting = [self._outbox.get(timeout=LOOK_SECONDS)]
        except queue.Empty:
            return True
        while not self._outbox.empty():
            waiting.append(self._outbox.get())
        if not self._seceded and ("state", "paused") in [message[:2] for message in waiting]:
            secede()  # a paused job keeps its process, not its turn
            self._seceded = True
        out.put([frames.dumps((self.id, self._attempt, *m)) for m in waiting], timeout=PATIENCE)
        for message in waiting:
            if message[0] == "events":
                self._room.release()
        last = waiting[-1]
        return last[0] in ("begin", "events") or last[:2] in _UNDER_WAY
