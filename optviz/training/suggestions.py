"""Reading a learning rate off the curve of a range test: four rules, as pure functions.

All of them work on the loss as a function of the learning rate's logarithm, after
:func:`usable` has cut away the ends. The rules are those of fastai's learner (``valley``,
``steep``, ``minimum``, ``slide``);
where ours differ, the function says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from optviz.core.problem import Problem
from optviz.training.lr_curve import Values

__all__ = [
    "SUGGESTIONS",
    "minimum",
    "slide",
    "steep",
    "suggest_group_lr",
    "suggest_lr",
    "usable",
    "valley",
]

SLIDE_WIDTH = 15
"""The rule ``slide`` compares slopes this many points apart."""

SLIDE_THRESHOLD = 0.005
"""… and stops where they differ by no more than this (loss per point)."""

FEWEST = SLIDE_WIDTH + 1
"""Points that must be left for the rules to mean something."""

TAIL = 5
"""Points cut away at the end: the loss is bursting there."""

FLAT = 1e-4
"""A curve whose range is no more than this part of its largest value says nothing."""


def usable(lrs: ArrayLike, losses: ArrayLike, n_iter: int | None = None) -> tuple[Values, Values]:
    """The part of a curve that the rules may look at.

    The first tenth is left out (the average has not settled), so are the last five points
    (the loss is bursting), and everything from the first value on that is no number.

    Args:
        lrs: Learning rates, positive and rising, shape (n,).
        losses: The loss at each of them, as a rule the smoothed one, shape (n,).
        n_iter: Steps that the sweep was meant to take, if it ended early; its tenth is cut.

    Returns:
        The remaining learning rates and losses.

    Raises:
        Problem: The two do not fit together, or the curve is too short, has burst too early,
            is flat, or never falls; the sentence says which, and what would help.
    """
    x = np.asarray(lrs, dtype=np.float64)
    y = np.asarray(losses, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise Problem("problem.lr_finder.shapes", lrs=x.shape, losses=y.shape)
    if not (np.isfinite(x).all() and (x > 0).all() and (np.diff(x) > 0).all()):
        raise Problem("problem.lr_finder.rates")
    first = (n_iter or len(x)) // 10
    broken = ~np.isfinite(y)
    if len(x) - first - TAIL < FEWEST and not broken.any():
        raise Problem("problem.lr_finder.short", points=len(x), fewest=_fewest_steps())
    x, y, broken = x[first:-TAIL], y[first:-TAIL], broken[first:-TAIL]
    if broken.any():
        x, y = x[: broken.argmax()], y[: broken.argmax()]
    if len(x) < FEWEST:
        raise Problem("problem.lr_finder.burst")
    if np.ptp(y) <= FLAT * np.abs(y).max():
        raise Problem("problem.lr_finder.flat")
    if y.argmin() == 0:
        raise Problem("problem.lr_finder.rising")
    return x, y


GAIN = 0.002
"""A group whose sweep lowers the loss by no more than this part of it says nothing."""


CLEAR = 2.0
"""… and so does one whose gain is no more than this times what it lost before."""


def suggest_group_lr(
    lrs: ArrayLike, losses: ArrayLike, still: ArrayLike, *, n_iter: int | None = None
) -> float:
    """The rate suggested for one parameter group, from a sweep of that group alone.

    The loss falls in such a sweep because the others train, whatever this group does. So the
    curve is read against the same steps with this group standing still: what is left is its own
    doing. The rate is a tenth of the one at which it has lowered the loss most (the rule
    ``minimum``).

    Args:
        lrs: The group's rates, positive and rising, shape (n,).
        losses: The (smoothed) loss at each of them, shape (n,).
        still: The (smoothed) loss of the same steps while the group stands still, shape (n,).
        n_iter: Steps that the sweep was meant to take, if it ended early.

    Raises:
        Problem: The curve says nothing: see :func:`usable`; or moving this group gains nothing,
            or no more than chance might.

    Example:
        >>> lrs = [10 ** (-4 + i / 10) for i in range(41)]
        >>> still = [1.0] * 41
        >>> losses = [1 - 0.1 * max(0.0, 1 - abs(i - 25) / 10) for i in range(41)]
        >>> f"{suggest_group_lr(lrs, losses, still):.1e}"
        '3.2e-03'
    """
    x, y = usable(lrs, losses, n_iter)
    first = int(np.searchsorted(np.asarray(lrs, dtype=np.float64), x[0]))
    without = np.asarray(still, dtype=np.float64)[first : first + len(x)]
    own = y - without
    lowest = int(own.argmin())
    # What it has harmed on the way down is chance: a gain must stand out from it.
    chance = max(float(own[: lowest + 1].max()), 0.0)
    if not own[lowest] < -max(GAIN * abs(without[lowest]), CLEAR * chance):
        raise Problem("problem.lr_finder.no_gain")
    return float(x[lowest]) * 0.1


def _fewest_steps() -> int:
    """The shortest sweep of which enough is left."""
    steps = FEWEST + TAIL
    while steps - steps // 10 - TAIL < FEWEST:
        steps += 1
    return steps


def valley(lrs: Values, losses: Values) -> int:
    """Two thirds down the longest stretch on which the loss falls at every step.

    fastai looks for the longest falling *subsequence*, which may skip points, and then treats
    it as a stretch without gaps; this is the stretch. (fastai's code then takes one third and
    half a third more, the middle; the published rule says two thirds, and so does this one.)

    Returns:
        The index of the point.
    """
    best_start = best_end = start = 0
    for end in range(1, len(losses)):
        if losses[end] >= losses[end - 1]:
            start = end
        elif end - start > best_end - best_start:
            best_start, best_end = start, end
    return best_start + (best_end - best_start) * 2 // 3


def steep(lrs: Values, losses: Values) -> int:
    """Where the loss falls fastest, per step on the logarithmic axis of the chart.

    Returns:
        The index of the point at which the steepest piece begins.
    """
    return int((np.diff(losses) / np.diff(np.log(lrs))).argmin())


def minimum(lrs: Values, losses: Values) -> int:
    """Where the loss is lowest; the rate suggested is a tenth of the rate there.

    A tenth, because by its lowest point the curve is about to turn.

    Returns:
        The index of the lowest point.
    """
    return int(losses.argmin())


def slide(
    lrs: Values,
    losses: Values,
    width: int = SLIDE_WIDTH,
    threshold: float = SLIDE_THRESHOLD,
) -> int:
    """Coming from the right, the last point before the slopes stop differing.

    An interval of ``width`` points slides down from the right end for as long as the slope
    (per point) at its two ends differs by more than ``threshold``: it leaves the wall on which
    the loss explodes and comes to rest on the way down. The threshold is an absolute loss.

    Returns:
        The index of the interval's left end.
    """
    slopes = np.gradient(losses)
    right = len(losses) - 1
    left = found = right - width
    while left >= 0 and abs(slopes[right] - slopes[left]) > threshold:
        found = left
        right, left = right - 1, left - 1
    return found


SUGGESTIONS: Mapping[str, tuple[Callable[[Values, Values], int], float]] = {
    "valley": (valley, 1.0),
    "steep": (steep, 1.0),
    "minimum": (minimum, 0.1),
    "slide": (slide, 1.0),
}
"""Rule → the function that picks a point, and the factor from its rate to the suggestion."""


def suggest_lr(lrs: ArrayLike, losses: ArrayLike, *, n_iter: int | None = None) -> dict[str, float]:
    """The learning rate that each rule suggests.

    Args:
        lrs: Learning rates of a range test, shape (n,).
        losses: The loss at each of them, as a rule the smoothed one, shape (n,).
        n_iter: Steps that the sweep was meant to take, if it ended early.

    Returns:
        ``{"valley": …, "steep": …, "minimum": …, "slide": …}``.

    Raises:
        Problem: The curve says nothing; see :func:`usable`.

    Example:
        >>> lrs = [10 ** (-4 + i / 10) for i in range(41)]
        >>> losses = [(i - 25) ** 2 for i in range(41)]
        >>> {rule: f"{lr:.1e}" for rule, lr in suggest_lr(lrs, losses).items()}
        {'valley': '6.3e-03', 'steep': '2.5e-04', 'minimum': '3.2e-03', 'slide': '2.5e-04'}
    """
    x, y = usable(lrs, losses, n_iter)
    return {rule: float(x[pick(x, y)]) * factor for rule, (pick, factor) in SUGGESTIONS.items()}
