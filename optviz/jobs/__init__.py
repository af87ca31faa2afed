"""Long work, away from the server's threads: submit a task, watch its events, take its result.

>>> from optviz.jobs import default_backend
>>> job = default_backend().submit("optviz.jobs.samples:count", to=3)
>>> job.result(timeout=60)
3
>>> [event.data["number"] for event in job.events()]
[1, 2, 3]
"""

from optviz.jobs.interface import Backend, Event, Job, JobFailed, Progress, State
from optviz.jobs.local import WorkerBackend
from optviz.jobs.registry import BACKENDS, default_backend, make_backend

__all__ = [
    "BACKENDS",
    "Backend",
    "Event",
    "Job",
    "JobFailed",
    "Progress",
    "State",
    "WorkerBackend",
    "default_backend",
    "make_backend",
]
