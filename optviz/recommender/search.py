"""A search for good settings: Optuna's sampler proposes recipes, and learns from what they reach.

It runs nothing itself: whoever drives it asks for a trial, tells its epochs, and says how it
ended, so that trials can run anywhere and several at a time. Optuna is imported when a search
begins (a third of a second), never with the app.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optviz.core.problem import Problem
from optviz.recommender.config import CONTROLS
from optviz.recommender.race import setting
from optviz.recommender.search_space import Range, SearchPlan
from optviz.recommender.search_trials import SearchTrial, TrialState

if TYPE_CHECKING:
    import optuna

__all__ = ["ENOUGH", "RANDOM", "Study"]

RANDOM = 10
"""The sampler's first trials are random; before them comes the page's own recipe."""

ENOUGH = 12
"""So many trials must have ended before it is said which setting mattered."""

_BEST = 0.25
"""The share of trials that counts as the best."""

_RIVALS = 4
"""Nothing is pruned before so many trials have ended, or there is no median worth the name."""

_UNTOLD = 1 / 3
"""Nothing is pruned in so much of its training: what leads there is often behind in the end."""


class Study:
    """The trials of one search, and what was learnt from them.

    TPE (Bergstra et al., Algorithms for Hyper-Parameter Optimization, NeurIPS 2011) models where
    good and where bad values lie, and proposes where good ones are denser; while others are under
    way it takes them for bad ones, so that they are not proposed twice. Pruning is the median
    rule (Golovin et al., Google Vizier, KDD 2017): a trial ends whose best epoch so far is worse
    than the median of the earlier trials at the same epoch.

    Args:
        plan: What is searched. The recipe it begins from is the first trial, if it lies within
            the ranges.
    """

    def __init__(self, plan: SearchPlan) -> None:
        import optuna

        logging.getLogger("optuna").setLevel(logging.WARNING)  # it would tell of every trial
        self._ranges = plan.ranges
        self._base = plan.config
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=RANDOM, constant_liar=plan.at_once > 1, seed=plan.seed
        )
        pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
        if plan.pruning:
            pruner = optuna.pruners.MedianPruner(n_startup_trials=_RIVALS)
        self._study = optuna.create_study(sampler=sampler, pruner=pruner)
        self._asked: dict[int, optuna.Trial] = {}
        self._trials: list[SearchTrial] = []
        own = {one.name: setting(plan.config, one.name) for one in plan.ranges}
        own = {name: value for name, value in own.items() if value is not None}
        if all(one.holds(own[one.name]) for one in plan.ranges if one.name in own):
            self._study.enqueue_trial(own)

    @property
    def trials(self) -> tuple[SearchTrial, ...]:
        """All of them so far, in the order of beginning."""
        return tuple(self._trials)

    def ask(self) -> SearchTrial:
        """The next recipe to try."""
        asked = self._study.ask()
        config, values = self._base, dict[str, Any]()
        # The controls' order: what a setting needs is chosen before it.
        for one in self._ranges:
            if setting(config, one.name) is None:
                continue
            value = _suggest(asked, one)
            if isinstance(value, float) and value != setting(self._base, one.name):
                value = float(f"{value:.3g}")  # a recipe that one can say, and type again
            values[one.name] = value
            config = config.replace(**{one.name: value})
        trial = SearchTrial(asked.number, config, values)
        self._asked[trial.number] = asked
        self._trials.append(trial)
        return trial

    def heard(self, number: int, epoch: int, error: float, seconds: float) -> bool:
        """Take in the error of a trial's finished epoch.

        Args:
            number: Of the trial.
            epoch: From 1, in order.
            error: On the rows that judge; need not be finite.
            seconds: Time its training took so far.

        Returns:
            Whether it is worth going on; once not, it counts as pruned.
        """
        trial = self._trials[number]
        if trial.state != "running":
            return False
        if epoch <= len(trial.curve):  # a job that lost its worker begins anew: the same bits again
            return True
        curve = (*trial.curve, (epoch, error))
        self._trials[number] = dataclasses.replace(trial, curve=curve, seconds=seconds)
        if not math.isfinite(error):
            return True  # it ends by itself, as one that diverged
        asked = self._asked[number]
        asked.report(error, epoch)
        told = _UNTOLD * trial.config.epochs < epoch < trial.config.epochs
        if told and asked.should_prune():
            self.end(number, "pruned", seconds=seconds)
            return False
        return True

    def end(
        self,
        number: int,
        state: TrialState,
        *,
        seconds: float | None = None,
        problem: Problem | None = None,
    ) -> None:
        """A trial has ended; what was said of it first stands.

        Args:
            number: Of the trial.
            state: How it ended. ``"done"`` without a finite last error counts as diverged.
            seconds: Time that its training took.
            problem: Why it failed.
        """
        trial = self._trials[number]
        if trial.state != "running":
            return
        error = trial.curve[-1][1] if trial.curve else math.nan
        if state == "done" and not math.isfinite(error):
            state = "diverged"
        seconds = trial.seconds if seconds is None else seconds
        self._trials[number] = dataclasses.replace(
            trial, state=state, seconds=seconds, problem=problem
        )
        from optuna.trial import TrialState as Told

        asked = self._asked.pop(number)
        if state == "done":
            self._study.tell(asked, error)
        else:
            # The sampler learns from a pruned trial to keep away, from a failed one nothing; one
            # that diverged is as bad as can be, not as nothing.
            bad = state in ("pruned", "diverged")
            self._study.tell(asked, state=Told.PRUNED if bad else Told.FAIL)

    def importances(self) -> dict[str, float]:
        """Which setting mattered: its share of what sets the best quarter of trials apart.

        PED-ANOVA (Watanabe et al., IJCAI 2023), which asks of trials only who is among the best:
        so the pruned ones, who are not, can be asked too.

        Returns:
            Setting → share, adding up to 1, the largest first; empty while there are too few.
        """
        import optuna

        ended = [t for t in self._trials if t.state in ("done", "pruned", "diverged")]
        told = [one.name for one in self._ranges if all(one.name in t.values for t in ended)]
        if len(ended) < ENOUGH or len(told) < 2:
            return {}
        known = optuna.create_study()
        frozen = self._study.trials
        for rank, trial in enumerate(sorted(ended, key=_rank)):
            one = frozen[trial.number]
            known.add_trial(
                optuna.trial.create_trial(
                    params=one.params, distributions=one.distributions, value=rank
                )
            )
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=_BEST)
        shares: Mapping[str, float] = optuna.importance.get_param_importances(
            known, params=told, evaluator=evaluator
        )
        return dict(shares)


def _rank(trial: SearchTrial) -> tuple[int, float]:
    """The finished trials by their error, then those pruned by their last one, then the lost."""
    if trial.value is not None:
        return 0, trial.value
    return (1, trial.curve[-1][1]) if trial.state == "pruned" else (2, 0.0)


def _suggest(asked: optuna.Trial, one: Range) -> Any:
    kind = CONTROLS[one.name].kind
    if kind == "choice":
        return asked.suggest_categorical(one.name, one.options)
    if kind == "int":
        return asked.suggest_int(one.name, int(one.low), int(one.high), log=one.log)
    return asked.suggest_float(one.name, one.low, one.high, log=one.log)
