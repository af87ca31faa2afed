"""A search under way: its trials are jobs, several at a time; the study stays in this process.

A job cannot hand out jobs, and one that only waited for others would take a worker from them.
So a thread drives the search, whether or not a page looks at it: it asks the study for a recipe,
submits a trial, tells the study what the trial told. It knows its search only weakly: when the
browser session drops the search, the thread ends, and the trials, which nobody holds any more,
are cancelled by their backend.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any, Literal

from optviz.core.problem import Problem
from optviz.jobs import Backend, JobFailed, default_backend
from optviz.jobs.handle import unattended
from optviz.recommender.search import Study
from optviz.recommender.search_space import SearchPlan, search_rows
from optviz.recommender.search_trials import SearchTrial, best_trial
from optviz.ui.followed import Followed
from optviz.ui.recommender_run import Data

__all__ = ["Search", "SearchState"]

TRIAL = "optviz.recommender.search_tasks:trial_task"

SearchState = Literal["running", "paused", "done", "stopped", "failed"]

_TURN = 0.05
"""Seconds between two looks at the trials."""

_HOPELESS = 3
"""When the first so many trials all fail, so would the rest."""

_log = logging.getLogger("optviz")


class _Followed(Followed):
    """One trial's job."""

    def __init__(self, job: Any, study: Study, number: int) -> None:
        super().__init__(job)
        self.number = number
        self._study = study

    def take(self, kind: str, data: Mapping[str, Any]) -> None:
        """Tell the study of an epoch; end a trial that is behind."""
        if kind == "epoch" and not self._study.heard(
            self.number, int(data["epoch"]), float(data["error"]), float(data["seconds"])
        ):
            self.job.stop()

    def take_result(self, result: float) -> None:
        """The trial came to its end, or was stopped as one that is behind."""
        self._study.end(self.number, "done", seconds=result)


class Search:
    """One search of this session. All methods return at once.

    Args:
        plan: What is searched.
        data: The ratings.
        backend: Where its trials run; this process's own by default.

    Attributes:
        asked: What was asked for at first.
        plan: What is searched; :meth:`go_on` may have made it longer.
        data: The ratings.
        trials: As they stood at the thread's last look.
        importances: Setting → share of what sets the best apart; empty while that is unknown.
        problem: Why it failed.
        sizes: How many ratings train a trial, and how many judge it.

    Raises:
        Problem: The ratings cannot serve the recipe's split.
    """

    def __init__(self, plan: SearchPlan, data: Data, backend: Backend | None = None) -> None:
        self.asked = self.plan = plan
        self.data = data
        learnt, judged = search_rows(data.ratings, plan.config)
        self.sizes = len(learnt), len(judged)
        self.trials: tuple[SearchTrial, ...] = ()
        self.importances: dict[str, float] = {}
        self.problem: Problem | None = None
        self._backend = backend or default_backend()
        self._state: SearchState = "running"
        self._study: Study | None = None
        self._jobs: list[_Followed] = []
        self._lock = threading.RLock()  # for all of these
        self._shift = 0  # of the thread at the wheel: one that was relieved must not turn it
        self._ran, self._since = 0.0, time.monotonic()
        self._begin()

    @property
    def state(self) -> SearchState:
        """Where it is in its life; what the user asked for shows at once.

        To ask is to look at its trials, which else give their turns to jobs that are looked at.
        """
        for one in tuple(self._jobs):
            _ = one.job.state
        return self._state

    @property
    def busy(self) -> bool:
        """Whether it is under way, or paused."""
        return self._state in ("running", "paused")

    @property
    def seconds(self) -> float:
        """Time it has been running, pauses left out."""
        running = self._state == "running"
        return self._ran + (time.monotonic() - self._since if running else 0.0)

    @property
    def best(self) -> SearchTrial | None:
        """The trial with the lowest error so far."""
        return best_trial(self.trials)

    def pause(self) -> None:
        """Hold all trials, and begin no other."""
        with self._lock:
            if self._state == "running":
                self._enter("paused")
                for one in self._jobs:
                    one.job.pause()

    def go_on(self) -> None:
        """Resume after a pause; after the end, try as many recipes again."""
        with self._lock:
            if self._state == "paused":
                self._enter("running")
                for one in self._jobs:
                    one.job.resume()
            elif not self.busy:
                self.plan = self._longer()
                self.problem = None
                self._enter("running")
                self._begin()

    def _longer(self) -> SearchPlan:
        more = self.asked.seconds and self.seconds + self.asked.seconds
        return dataclasses.replace(
            self.asked, n_trials=len(self.trials) + self.asked.n_trials, seconds=more
        )

    def stop(self) -> None:
        """End it and keep what it has found: its trials under way are cancelled."""
        with self._lock:
            if self.busy:
                self._close("stopped")

    # ── the thread's side ──

    def _begin(self) -> None:
        self._shift += 1
        threading.Thread(
            target=_drive, args=(weakref.ref(self), self._shift), name="optviz-search", daemon=True
        ).start()

    def _enter(self, state: SearchState) -> None:
        self._ran = self.seconds
        self._since = time.monotonic()
        self._state = state

    def _close(self, state: SearchState) -> None:
        for one in self._jobs:
            one.job.cancel()
            if self._study is not None:
                self._study.end(one.number, "stopped")
        self._jobs = []
        self._enter(state)
        self._look()

    def _look(self) -> None:
        if self._study is not None:
            self.trials = self._study.trials

    def turn(self, shift: int) -> bool:
        """Look at the trials, and begin others where there is room.

        Args:
            shift: Of the thread that turns.

        Returns:
            Whether there is anything left for it to do.
        """
        made = self._study or Study(self.plan)  # outside the lock: the import takes a moment
        with self._lock:
            if not self.busy or shift != self._shift:
                return False
            known = self._study = self._study or made
            for one in list(self._jobs):
                one.read()
                if one.finished:
                    self._jobs.remove(one)
                    known.end(one.number, "failed", problem=one.problem)  # unless it is told
            self._learn(known)
            if self._state == "running":
                self._fill(known)
            return self.busy

    def _learn(self, study: Study) -> None:
        ended = sum(trial.state == "done" for trial in self.trials)
        self._look()
        if sum(trial.state == "done" for trial in self.trials) > ended:
            self.importances = study.importances()

    def _fill(self, study: Study) -> None:
        """Begin trials while there is room; end the search once all is done."""
        problems = [trial.problem for trial in self.trials if trial.state == "failed"]
        if len(problems) == len(self.trials) >= _HOPELESS:
            self.problem = problems[0]
            self._close("failed")
            return
        plan = self.plan
        while (
            len(study.trials) < plan.n_trials
            and len(self._jobs) < plan.at_once
            and not (plan.seconds and self.seconds >= plan.seconds)
        ):
            trial = study.ask()
            job = self._backend.submit(
                TRIAL, source=self.data.source, config=trial.config.to_dict()
            )
            self._jobs.append(_Followed(job, study, trial.number))
        self._look()
        if not self._jobs:
            self._enter("done")

    def fail(self, problem: Problem) -> None:
        """End it for a reason that lies outside its trials."""
        with self._lock:
            if self.busy:
                self.problem = problem
                self._close("failed")


def _drive(search: weakref.ref[Search], shift: int) -> None:
    """Turn a search's wheel for as long as somebody holds it."""
    while _turned(search(), shift):
        time.sleep(_TURN)


def _turned(search: Search | None, shift: int) -> bool:
    """Whether there is anything left to do. The search is held for one turn only."""
    if search is None:
        return False
    try:
        with unattended():
            return search.turn(shift)
    except Problem as problem:  # the backend takes no more work
        search.fail(problem)
    except Exception as error:
        _log.exception("a search broke off")
        search.fail(JobFailed("problem.jobs.failed", reason=f"{type(error).__name__}: {error}"))
    return False
