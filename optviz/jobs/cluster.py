"""The backend for many machines: an existing Dask cluster.

The scheduler of the cluster decides which worker takes a job, and begins it anew if that worker
dies; :mod:`optviz.jobs.relay` is what runs there. Nothing here is called by the page and waits
for the network: words to jobs and news of them have a thread each.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import uuid
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from optviz.core.problem import Problem
from optviz.jobs import frames
from optviz.jobs.handle import RecordedJob, packed
from optviz.jobs.interface import JobFailed, State
from optviz.jobs.record import Record, described

__all__ = ["CONNECT_SECONDS", "ClusterBackend"]

_log = logging.getLogger("optviz")

CONNECT_SECONDS = 5.0
"""A scheduler that has not answered by then is not there."""

MOST_UNREAD = 16
"""So many bundles of messages wait at the scheduler; then the workers wait."""


@dataclass(eq=False)
class _Work:
    """A job inside the backend."""

    record: Record
    link: _Link
    future: Any = None
    attempt: str | None = None  # the try that is listened to
    words: list[tuple[Any, ...]] = field(default_factory=list)  # said to it so far


class ClusterBackend:
    """Runs tasks on the workers of a Dask cluster that is there already.

    As many jobs run at the same time as the cluster's workers have threads; the others wait,
    at the scheduler. A paused job keeps its process but not its turn. A job whose worker dies
    begins anew on another one, and is told again all that its user had told it.

    Args:
        address: Of the scheduler, as in ``"tcp://host:8786"``.
        paths: Further folders to import tasks from, on the workers.
        workers: Names or addresses of the workers to use; all of them when None.

    Raises:
        Problem: The address is none, or the package ``distributed`` is not installed.
    """

    def __init__(
        self,
        address: str,
        *,
        paths: Sequence[str] = (),
        workers: Sequence[str | int] | None = None,
    ) -> None:
        if not _host_and_port(address):
            raise Problem("problem.jobs.cluster_address", value=address)
        try:
            import distributed  # noqa: F401
        except ImportError:
            raise Problem("problem.jobs.cluster_package") from None
        self.address = address
        self._paths = tuple(paths)
        self._workers = None if workers is None else list(workers)
        self._works: dict[str, _Work] = {}
        self._closed = False
        self._lock = threading.RLock()  # for the two above
        self._connecting = threading.Lock()
        self._link: _Link | None = None

    # ── asked from outside ──

    def submit(self, task: str, /, **arguments: Any) -> RecordedJob:
        """Hand a task to the cluster; see :meth:`optviz.jobs.interface.Backend.submit`.

        Raises:
            Problem: The scheduler is not there, besides.
        """
        body = packed(arguments)
        link = self._connected()
        record = Record(uuid.uuid4().hex, task)
        from optviz.jobs.relay import relay, versions

        with self._lock:
            if self._closed:
                raise Problem("problem.jobs.closed")
            work = self._works[record.id] = _Work(record, link)
            try:
                work.future = link.client.submit(
                    relay, link.home, record.id, task, body, self._paths, versions(),
                    key=f"{task}-{record.id}", pure=False, workers=self._workers,
                )  # fmt: skip
            except Exception as error:  # it went away this very moment
                del self._works[record.id]
                raise _unreachable(self.address, error) from error
        work.future.add_done_callback(lambda future, id=record.id: self._ended(id, future))
        job = RecordedJob(record, self.control)
        weakref.finalize(job, link.outbox.put, ("drop", record.id)).atexit = False
        return job

    def warm(self, *modules: str) -> None:
        """Have modules imported in a process of each worker that is there now.

        Raises:
            Problem: The scheduler is not there.
        """
        if not self._closed:
            self._connected().outbox.put(("warm", modules, self._paths, self._workers))

    def shutdown(self) -> None:
        """End all jobs and leave the cluster."""
        with self._lock:
            self._closed = True
            for id in list(self._works):
                self.control(id, "cancel")
            link, self._link = self._link, None
        if link is not None:
            link.close()

    def control(self, id: str, word: str, *message: Any) -> None:
        """Say ``pause``, ``resume``, ``stop``, ``cancel`` or ``tell`` (and what) to a job."""
        with self._lock:
            work = self._works.get(id)
            if work is None:
                return
            begun = work.attempt is not None
            if word == "cancel" or (word == "stop" and not begun):
                work.record.enter("cancelled")
                self._drop(work)
                return
            if word != "tell":
                going: State = "running" if begun else "queued"
                work.record.enter("paused" if word == "pause" else going)
            work.words.append((word, *message))
            work.link.say(work.attempt, (word, *message))

    # ── the rest holds the lock ──

    def _drop(self, work: _Work) -> None:
        """Forget a job, and let the cluster forget it."""
        self._works.pop(work.record.id, None)
        work.link.say(work.attempt, ("cancel",))
        work.link.end(work.attempt)
        if work.future is not None:
            work.future.release()

    # ── called by the threads of the link ──

    def _receive(self, link: _Link, id: str, attempt: str, word: str, *rest: Any) -> None:
        """Take one message from a worker."""
        with self._lock:
            work = self._works.get(id)
            if word == "begin":
                self._begin(link, work, attempt)
                return
            if work is None or work.attempt != attempt:
                return  # cancelled meanwhile, or the try of a worker that was given up
            if word == "state":
                # Else a word that it had not heard yet is on its way, and overrules it.
                if rest[0] != "cancelled" and rest[1] == len(work.words):
                    work.record.enter(rest[0])
                return
            if word != "events":
                work.record.settle(word, rest[0])
                self._works.pop(id)
                link.end(attempt)
                return
        if not work.record.take(*rest):
            with self._lock:
                self._drop(work)

    def _begin(self, link: _Link, work: _Work | None, attempt: str) -> None:
        if work is None:
            link.say(attempt, ("cancel",))
            link.end(attempt)
            return
        if work.attempt is not None:
            work.record.restart()
            link.end(work.attempt)
        work.attempt = attempt
        link.say(attempt, ("go", work.words))

    def _ended(self, id: str, future: Any) -> None:
        """The cluster is done with a job, whatever the job itself has told."""
        if future.status == "finished":
            return  # its last message is on its way
        error = future.exception() if future.status == "error" else None
        with self._lock:
            work = self._works.pop(id, None)
        if work is None:
            return
        from distributed import KilledWorker

        if isinstance(error, Problem):
            work.record.fail(error)
        elif isinstance(error, KilledWorker):
            work.record.fail(JobFailed("problem.jobs.worker_died"))
        elif error is not None:
            work.record.fail(JobFailed("problem.jobs.cluster_cannot", reason=described(error)))
        else:
            work.record.fail(JobFailed("problem.jobs.cluster_lost", address=self.address))

    # ── the connection ──

    def _connected(self) -> _Link:
        with self._connecting:
            if self._closed:
                raise Problem("problem.jobs.closed")
            if self._link is None or not self._link.alive:
                self._link = _Link(self.address, self._receive, self._lost, self.control)
            return self._link

    def _lost(self, link: _Link) -> None:
        with self._lock:
            works = [work for work in self._works.values() if work.link is link]
            for work in works:
                del self._works[work.record.id]
        for work in works:
            work.record.fail(JobFailed("problem.jobs.cluster_lost", address=self.address))


class _Link:
    """One connection to a scheduler, with the threads that speak and listen.

    Args:
        address: Of the scheduler.
        receive: Called with every message of a worker.
        lost: Called when the scheduler has gone.
        control: Called for a job that nobody holds.

    Raises:
        Problem: The scheduler does not answer.
    """

    def __init__(
        self,
        address: str,
        receive: Callable[..., None],
        lost: Callable[[_Link], None],
        control: Callable[[str, str], None],
    ) -> None:
        from distributed import Client, Queue

        self._ended = False
        self.home = f"optviz-{uuid.uuid4().hex}"
        self.outbox: SimpleQueue[tuple[Any, ...]] = SimpleQueue()
        self._receive, self._lost, self._control = receive, lost, control
        self._lanes: dict[str, Any] = {}  # try → the queue of what it is told
        _knock(address)
        try:
            self.client = Client(
                address, timeout=CONNECT_SECONDS, set_as_default=False, name="optviz"
            )
            self._inbox = Queue(self.home, client=self.client, maxsize=MOST_UNREAD)
        except Exception as error:
            raise _unreachable(address, error) from error
        self._listener = threading.Thread(target=self._listen, name="optviz-cluster", daemon=True)
        self._listener.start()
        threading.Thread(target=self._speak, name="optviz-cluster", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the scheduler can be spoken to."""
        return not self._ended and self.client.status == "running"

    def say(self, attempt: str | None, message: tuple[Any, ...]) -> None:
        """Have something said to a try; to one that has not begun, nothing."""
        if attempt is not None:
            self.outbox.put(("say", attempt, frames.dumps(message)))

    def end(self, attempt: str | None) -> None:
        """Nothing more will be said to a try."""
        if attempt is not None:
            self.outbox.put(("end", attempt))

    def close(self) -> None:
        """Leave the cluster, once what is to be said has been said."""
        said = threading.Event()
        self.outbox.put(("close", said))
        said.wait(CONNECT_SECONDS)
        self._ended = True
        with contextlib.suppress(Exception):
            self._inbox.put([], timeout=CONNECT_SECONDS)  # so that the listener sees it
            self._listener.join(CONNECT_SECONDS)
            self._inbox.close()
        with contextlib.suppress(Exception):
            self.client.close(timeout=CONNECT_SECONDS)

    def _listen(self) -> None:
        """Take messages as they come. The body of a thread."""
        try:
            while self.client.status == "running":
                # Without a timeout: each that passes is an error in the scheduler's log.
                bundles = [self._inbox.get()]
                if bundles[0]:
                    bundles += self._inbox.get(batch=True)
                for bundle in bundles:
                    if not bundle:  # our own word, see close
                        return
                    for body in bundle:
                        self._receive(self, *frames.loads(body))
        except Exception as error:  # whatever breaks the connection ends it
            _log.warning("the connection to the cluster has ended: %s", described(error))
        if not self._ended:
            self._ended = True
            self.outbox.put(("lost",))
            self._lost(self)
            with contextlib.suppress(Exception):  # else it would knock for ever
                self.client.close(timeout=CONNECT_SECONDS)

    def _speak(self) -> None:
        """Say what waits to be said. The body of a thread."""
        while True:
            word, *rest = self.outbox.get()
            try:
                if word == "say":
                    self._lane(rest[0]).put(rest[1], timeout=CONNECT_SECONDS)
                elif word == "end":
                    self._lanes.pop(rest[0]).close()
                elif word == "drop":
                    self._control(rest[0], "cancel")
                elif word == "warm":
                    self._warm(*rest)
            except Exception:  # the listener finds out what is wrong
                continue
            if word == "close":
                rest[0].set()
            if word in ("close", "lost"):
                return

    def _lane(self, attempt: str) -> Any:
        from distributed import Queue

        if attempt not in self._lanes:
            self._lanes[attempt] = Queue(attempt, client=self.client)
        return self._lanes[attempt]

    def _warm(self, modules: Sequence[str], paths: Sequence[str], workers: Any) -> None:
        from optviz.jobs.relay import warm

        if workers is not None:  # this call takes addresses only
            known = self.client.scheduler_info(n_workers=-1)["workers"].items()
            workers = [one for one, its in known if one in workers or its["name"] in workers]
        self.client.run(warm, modules, paths, workers=workers, on_error="ignore")


def _host_and_port(address: str) -> tuple[str, int] | None:
    """Of a Dask address; None if it is none."""
    try:
        parts = urlsplit(address)
        if parts.scheme and parts.hostname and parts.port:
            return parts.hostname, parts.port
    except ValueError:
        pass
    return None


def _knock(address: str) -> None:
    """Find out at once that nobody listens; Dask itself would try for all its time."""
    found = _host_and_port(address)
    if found is None or urlsplit(address).scheme not in ("tcp", "tls"):
        return
    try:
        socket.create_connection(found, timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> Problem:
    return Problem("problem.jobs.cluster_unreachable", address=address, reason=described(error))
