"""Learning rates that tell each optimizer's story on each surface."""

from __future__ import annotations

from collections.abc import Mapping

RATES: Mapping[str, Mapping[str, float]] = {}
