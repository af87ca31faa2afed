"""Long work, away from the server's threads: submit a task, watch its events, take its result.

>>> from optviz.jobs import default_backend
>>> job = default_backend().submit("optviz.jobs.samples:count", to=3)
>>> job.result(timeout=60)
3
>>> [event.data["number"] for event in job.events()]
[1, 2, 3]
"""

from optviz.jobs.cluster import ClusterBackend
from optviz.jobs.group import JobGroup
from optviz.jobs.interface import AGAIN, Backend, Event, Job, JobFailed, Progress, State
from optviz.jobs.local import WorkerBackend
from optviz.jobs.registry import BACKENDS, cluster, default_backend, make_backend

__all__ = [
    "AGAIN",
    "BACKENDS",
    "Backend",
    "ClusterBackend",
    "Event",
    "Job",
    "JobFailed",
    "JobGroup",
    "Progress",
    "State",
    "WorkerBackend",
    "cluster",
    "default_backend",
    "make_backend",
]
