"""The backend that needs nothing else: worker processes on this machine."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from optviz.core.problem import Problem
from optviz.jobs.handle import RecordedJob, packed
from optviz.jobs.interface import JobFailed, State
from optviz.jobs.process import WorkerProcess
from optviz.jobs.record import Record

__all__ = ["CANCEL_GRACE", "IDLE_SECONDS", "MOST_WORKERS", "WorkerBackend", "cores"]

CANCEL_GRACE = 0.4
"""Seconds a cancelled task has to leave by itself; then its process is killed."""

IDLE_SECONDS = 300.0
"""A worker without work goes after this long, and gives its memory back."""

LOOK_SECONDS = 1.0
"""While jobs wait, so often it is looked whether one that nobody looks at holds a turn."""

PAUSED_SECONDS = 600.0
"""So long a paused job whose page is open keeps its worker though others wait for one."""

MOST_WORKERS = 4
"""As many as this by default, even on a big machine: torch takes 220 MiB in each."""


def cores() -> int:
    """The processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(eq=False)
class _Work:
    """A job inside the backend."""

    record: Record
    arguments: bytes
    told: list[Any] = field(default_factory=list)  # before it began
    turns: int = 0  # words sent to the worker
    worker: WorkerProcess | None = None
    held: bool = False  # paused before it began
    aside: bool = False  # has begun, and waits for its turn again

    @property
    def running(self) -> bool:
        """Whether it has a turn."""
        return self.worker is not None and not self.aside and self.record.state != "paused"


@dataclass(eq=False)
class _Seat:
    """A worker inside the backend."""

    work: _Work | None = None
    deadline: float | None = None  # to be killed (with work) or retired (without) at this time
    retiring: bool = False


class WorkerBackend:
    """Runs tasks in worker processes of our own, each of which serves many jobs in turn.

    Workers start when they are first needed and end when idle for long, when this process
    ends, or when a task will not leave after :meth:`Job.cancel`. Jobs beyond ``max_workers``
    wait in the order of asking. A paused job keeps its worker (the model lives in it) but not
    its turn: up to ``2 * max_workers`` further workers may start while others rest so.
    When all turns are taken, a job that nobody looks at (its page was left, or closed a moment
    ago) gives its own to the next one that somebody waits for, and has it back after that.
    When there is no worker left for one that somebody waits for, a job without a turn fails:
    the one that has rested longest of those that nobody looks at, or else one that has been
    paused for :data:`PAUSED_SECONDS`.

    Args:
        max_workers: Jobs that run at the same time; as many as there are cores, at most
            :data:`MOST_WORKERS`, when None.
        idle_seconds: A worker without work goes after this long.
        cancel_grace: Seconds a cancelled task has to leave by itself.
        threads: Threads that torch and BLAS may use in each worker; when None, the cores are
            shared out, so that all workers together do not starve the server.
        paths: Further folders to import tasks from.

    Raises:
        Problem: ``max_workers`` is not at least 1.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        idle_seconds: float = IDLE_SECONDS,
        cancel_grace: float = CANCEL_GRACE,
        threads: int | None = None,
        paths: Sequence[str] = (),
    ) -> None:
        if max_workers is None:
            max_workers = min(cores(), MOST_WORKERS)
        if max_workers < 1:
            raise Problem("problem.jobs.worker_count", value=max_workers)
        self.max_workers = max_workers
        self._idle_seconds = idle_seconds
        self._cancel_grace = cancel_grace
        self._paths = tuple(paths)
        self._threads = threads or max(1, cores() // max_workers)
        self._works: dict[str, _Work] = {}  # in the order of asking
        self._seats: dict[WorkerProcess, _Seat] = {}
        self._warm: tuple[str, ...] = ()
        self._closed = False
        self._lock = threading.RLock()  # for all of the above
        self._keeper: threading.Thread | None = None
        # Wakes the keeper: with the name of a job that nobody holds, or with None to look at
        # the clock. Python may drop a handle in the middle of anything, under any lock; this
        # kind of queue is the one that can be written to from there.
        self._wake: SimpleQueue[str | None] = SimpleQueue()

    # ── asked from outside ──

    def submit(self, task: str, /, **arguments: Any) -> RecordedJob:
        """Queue a task; see :meth:`optviz.jobs.interface.Backend.submit`."""
        record = Record(uuid.uuid4().hex, task)
        record.look()
        self.run(record, packed(arguments))
        job = RecordedJob(record, self.control)
        weakref.finalize(job, self._wake.put, record.id).atexit = False
        return job

    def run(self, record: Record, arguments: bytes, *, held: bool = False) -> None:
        """Queue a task for whoever keeps its record.

        Args:
            record: Is told what happens; it may be called under locks, and must not wait.
            arguments: From :func:`~optviz.jobs.handle.packed`.
            held: Whether to hold it in the queue until :meth:`control` says ``"resume"``.

        Raises:
            Problem: The backend has shut down.
        """
        with self._lock:
            if self._closed:
                raise Problem("problem.jobs.closed")
            work = _Work(record, arguments, held=held)
            self._works[record.id] = work
            self._dispatch()
            if work.worker is None:
                self._wake.put(None)

    def warm(self, *modules: str) -> None:
        """Have modules imported in one idle worker, starting it if need be."""
        with self._lock:
            self._warm = tuple(dict.fromkeys(self._warm + modules))
            self._rewarm()

    def shutdown(self) -> None:
        """End all jobs and workers, at once."""
        with self._lock:
            self._closed = True
            for id in list(self._works):
                self.control(id, "cancel")
            workers = list(self._seats)
        self._wake.put(None)
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.join(5.0)

    def control(self, id: str, word: str, *message: Any) -> None:
        """Say ``pause``, ``resume``, ``stop``, ``cancel`` or ``tell`` (and what) to a job.

        To a job that has ended, nothing is said.
        """
        with self._lock:
            work = self._works.get(id)
            if work is None:
                return
            queued = work.worker is None
            if word != "tell":
                work.aside = False  # what the user says goes first
            if word == "tell":
                work.told.extend(message if queued else ())
            elif word == "cancel" or (word == "stop" and queued):
                work.record.enter("cancelled")
                del self._works[id]
                if not queued:
                    self._set_deadline(work.worker, self._cancel_grace)
            elif queued:
                work.held = word == "pause"
                work.record.enter("paused" if work.held else "queued")
            else:
                self._say(work, word, "paused" if word == "pause" else "running")
            if work.worker is not None and word in ("tell", "cancel"):
                work.worker.send(word, id, *message)
            self._dispatch()

    # ── the rest holds the lock ──

    def _dispatch(self) -> None:
        """Give turns to waiting jobs, starting workers while there is room."""
        if self._closed:
            return
        for work in self._waiting():
            running = [other for other in self._works.values() if other.running]
            spare = None
            if len(running) >= self.max_workers:
                # The one that began last gives way.
                spare = next((job for job in reversed(running) if not job.record.attended), None)
                if spare is None or not work.record.attended:
                    return
            if work.worker is None:
                worker = self._idle_worker()
                if worker is None:
                    begun = sum(job.worker is not None for job in self._works.values())
                    resting = begun - len(running) + (spare is not None)
                    if len(self._seats) >= self.max_workers + min(resting, 2 * self.max_workers):
                        self._make_room(work)
                        continue  # one set aside, which has its worker, may still go on
                    worker = self._start()
                self._begin(work, worker)
            else:
                work.aside = False
                self._say(work, "resume", "running")
            if spare is not None:
                spare.aside = True
                self._say(spare, "pause", "queued")
                self._wake.put(None)

    def _waiting(self) -> list[_Work]:
        """Jobs without a turn: those that somebody looks at first, then in the order of asking."""
        waiting = [
            work
            for work in self._works.values()
            if work.aside or (work.worker is None and not work.held)
        ]
        return sorted(waiting, key=lambda work: not work.record.attended)

    def _make_room(self, waiting: _Work) -> None:
        """End the job that has rested longest of those whose users can be taken to have gone."""
        if not waiting.record.attended or any(seat.retiring for seat in self._seats.values()):
            return
        left = [
            (not work.record.attended, work.record.since, work, worker)
            for work in self._works.values()
            if (worker := work.worker) is not None
            and not work.running
            and (
                not work.record.attended
                or (work.record.state == "paused" and work.record.since >= PAUSED_SECONDS)
            )
        ]
        if left:
            *_, work, worker = max(left, key=lambda one: one[:2])
            work.record.fail(JobFailed("problem.jobs.room"))
            self._works.pop(work.record.id)
            self._seats[worker].retiring = True
            worker.kill()

    def _begin(self, work: _Work, worker: WorkerProcess) -> None:
        seat = self._seats[worker]
        seat.work, seat.deadline = work, None
        work.worker = worker
        work.record.enter("running")
        worker.send("run", work.record.id, work.record.task, work.arguments)
        work.arguments = b""
        for message in work.told:
            worker.send("tell", work.record.id, message)

    def _say(self, work: _Work, word: str, state: State) -> None:
        """Hold a job that has begun, let it go on, or ask it to end early."""
        work.record.enter(state)
        work.turns += 1
        if work.worker is not None:
            work.worker.send(word, work.record.id)

    def _idle_worker(self) -> WorkerProcess | None:
        idle = [w for w, seat in self._seats.items() if seat.work is None and not seat.retiring]
        return max(idle, key=lambda worker: len(worker.warmed), default=None)

    def _start(self) -> WorkerProcess:
        worker = WorkerProcess(self._receive, self._ended, self._threads, self._paths)
        self._seats[worker] = _Seat()
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, name="optviz-jobs", daemon=True)
            self._keeper.start()
        return worker

    def _rewarm(self) -> None:
        if self._closed or not self._warm:
            return
        worker = self._idle_worker()
        if worker is None:
            if len(self._seats) >= self.max_workers:
                return
            worker = self._start()
            self._set_deadline(worker, self._idle_seconds)
        missing = [module for module in self._warm if module not in worker.warmed]
        if missing:
            worker.warmed.update(missing)
            worker.send("warm", missing)

    def _set_deadline(self, worker: WorkerProcess | None, seconds: float) -> None:
        if worker is not None and worker in self._seats:
            self._seats[worker].deadline = time.monotonic() + seconds
            self._wake.put(None)

    # ── called by the threads that read from the workers ──

    def _receive(self, worker: WorkerProcess, message: tuple[Any, ...]) -> None:
        word, id, *rest = message
        work = self._works.get(id)
        if word == "events":
            if work is not None and not work.record.take(*rest):  # else cancelled meanwhile
                worker.kill()
            return
        if word == "held":
            with self._lock:
                # Else a word that it had not heard yet is on its way, and overrules it; but
                # not that it is set aside, which is nobody's wish.
                if work is not None and work.turns - rest[0] in ((0, 1) if work.aside else (0,)):
                    work.aside = False
                    work.record.enter("paused")
                    self._dispatch()
            return
        with self._lock:
            if work is not None:
                work.record.settle(word, rest[0])
                self._works.pop(id, None)
            seat = self._seats.get(worker)
            if seat is not None:
                seat.work = None
                self._set_deadline(worker, self._idle_seconds)
            self._dispatch()

    def _ended(self, worker: WorkerProcess) -> None:
        with self._lock:
            seat = self._seats.pop(worker)
            if seat.work is not None and self._works.pop(seat.work.record.id, None) is not None:
                seat.work.record.fail(JobFailed("problem.jobs.worker_died"))
            if seat.work is not None:
                self._rewarm()  # the next job should not wait for imports again
            self._dispatch()

    # ── the thread that looks at the clock ──

    def _keep(self) -> None:
        wait: float | None = None
        while not self._closed:
            dropped: str | None = None
            with contextlib.suppress(Empty):
                dropped = self._wake.get(timeout=wait)
            with self._lock:
                if dropped is not None:
                    self.control(dropped, "cancel")
                wait = self._meet_deadlines()

    def _meet_deadlines(self) -> float | None:
        """Do what is due; the seconds until something is due next."""
        now = time.monotonic()
        for worker, seat in self._seats.items():
            if seat.deadline is not None and seat.deadline <= now:
                seat.deadline = None
                if seat.work is not None:
                    seat.retiring = True  # its last word may still come: no new work for it
                    worker.kill()
                else:
                    seat.retiring = True
                    worker.retire()
        deadlines = [s.deadline for s in self._seats.values() if s.deadline is not None]
        if self._waiting():
            # Nobody tells when a job is no longer looked at.
            self._dispatch()
            deadlines.append(now + LOOK_SECONDS)
        return max(min(deadlines) - now, 0.0) if deadlines else None
