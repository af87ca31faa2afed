"""The session's studies of a network's Hessian: jobs, and what they have told so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from optviz.jobs import Job, default_backend
from optviz.recommender.spectrum import RecommenderSpectrum
from optviz.training.edge import EdgePlan, EdgeRun, EdgeStudy
from optviz.training.spectrum_tasks import DigitsSpectrum, SpectrumStudy
from optviz.ui.followed import Asked, Shelf
from optviz.ui.state import remember

__all__ = [
    "FollowedEdge",
    "FollowedSpectrum",
    "SpectrumRequest",
    "edge_studies",
    "spectrum_studies",
]

SpectrumRequest = DigitsSpectrum | RecommenderSpectrum

_KEPT = 12


class FollowedEdge(Asked):
    """Trainings at the edge of stability.

    Attributes:
        study: As far as they are.
    """

    request: EdgePlan

    def __init__(self, request: EdgePlan, job: Job) -> None:
        super().__init__(request, job)
        self.study = EdgeStudy(())

    def take(self, kind: str, data: Any) -> None:
        """Show the runs as far as they are."""
        found: tuple[EdgeRun, ...] = data["runs"]
        self.study = EdgeStudy(found)

    def take_result(self, result: Any) -> None:
        """Show the whole runs."""
        self.study = result


class FollowedSpectrum(Asked):
    """A spectrum before training and after.

    Attributes:
        study: What is known.
    """

    request: SpectrumRequest

    def __init__(self, request: SpectrumRequest, job: Job) -> None:
        super().__init__(request, job)
        self.study = SpectrumStudy()

    def take(self, kind: str, data: Any) -> None:
        """Know more about one of the two."""
        self.study = replace(self.study, **{data["when"]: data["spectrum"]})

    def take_result(self, result: Any) -> None:
        """Know all."""
        self.study = result


def edge_studies() -> Shelf[FollowedEdge]:
    """The session's trainings at the edge; they outlive a visit to another page."""

    def begin(plan: EdgePlan) -> FollowedEdge:
        return FollowedEdge(plan, default_backend().submit(plan.task(), plan=plan))

    return remember("jacobian edge", lambda: Shelf(begin, _KEPT))


def spectrum_studies() -> Shelf[FollowedSpectrum]:
    """The session's spectra; they outlive a visit to another page."""

    def begin(setup: SpectrumRequest) -> FollowedSpectrum:
        return FollowedSpectrum(setup, default_backend().submit(setup.task(), setup=setup))

    return remember("jacobian spectrum", lambda: Shelf(begin, _KEPT))
