"""Numbers too small for the processor's fast path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

__all__ = ["flush_denormals"]

_LEAST = np.finfo(np.float32).tiny
_HALF = np.float32(0.5)


@contextmanager
def flush_denormals() -> Iterator[None]:
    """Have this thread take single-precision numbers below 1.2e-38 for zero meanwhile.

    Adam's memory of a row that has no news falls by a factor each step and is that small after
    some hundred of them; the processor then takes several times as long for the same step.
    """
    already = _LEAST * _HALF == 0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(bool(already))
