"""What the stage needs to draw the batches of one run (``browser/stage_noise.js``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optviz.core.sample_loss import Samples
from optviz.core.stochastic import NoisyRun
from optviz.language import Text
from optviz.ui.components.stage import packed

__all__ = ["noise_shown"]

_WORDS = (
    "update", "update_next", "update_done", "signal", "noise", "none", "ratio", "angle",
)  # fmt: skip


def noise_shown(
    samples: Samples,
    run: NoisyRun,
    ticks: NDArray[np.int64],
    share: float,
    *,
    batch: bool,
    noise: bool,
    centre: Sequence[float],
    theory: NDArray[np.float64] | None,
    measured: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
    ball: bool,
    text: Text,
) -> Mapping[str, Any]:
    """The batches of a run as the browser takes them.

    Args:
        samples: What they are batches of.
        run: The run in focus.
        ticks: (ticks+1,) how many updates it has made at each tick of the stage's clock.
        share: What part of one sample's gradient covariance a batch's gradient has.
        batch: Whether to draw the level lines of the batch's own loss.
        noise: Whether to draw gradients and the ellipse of their noise.
        centre: The minimum near which the run ends.
        theory: (2, 2) covariance of the noise ball about it, if there is one.
        measured: Mean (2,) and covariance (2, 2) of the run's iterates late in the run.
        ball: Whether to draw both.
        text: The catalogue.
    """
    return {
        "show": {"batch": batch, "noise": noise, "ball": ball},
        "model": samples.model,
        "x": packed(samples.x, np.float64),
        "y": packed(samples.y, np.float64),
        "rows": packed(run.batches.rows, np.int32),
        "ends": packed(run.batches.ends, np.int32),
        "at": packed(ticks, np.int32),
        "full": packed(run.path.grads, np.float64),
        "given": packed(run.batch_grads, np.float64),
        "rates": packed(run.rates, np.float64),
        "covariance": packed(run.covariance, np.float64),
        "share": share,
        "ball": {
            "x": centre[0],
            "y": centre[1],
            "theory": None if theory is None else _upper(theory),
            "measured": None if measured is None else [*measured[0].tolist(), *_upper(measured[1])],
        },
        "words": {word: text(f"batch_size.noise.{word}") for word in _WORDS},
    }


def _upper(covariance: NDArray[np.float64]) -> list[float]:
    return [float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])]
