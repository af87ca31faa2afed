"""How fast a run goes at each step: rates that change, and one for each coordinate if wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Pace"]


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """The rates of a run.

    Attributes:
        rates: (n,) the rate of each step; or (n, 2), one for each coordinate, which then are
            two parameter groups.
        momenta: (n,) the momentum (Adam's β₁) of each step; None to leave it as it is.
    """

    rates: npt.NDArray[np.float64]
    momenta: npt.NDArray[np.float64] | None = None
