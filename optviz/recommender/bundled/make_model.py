"""Train the model that travels with the package: ``python -m ….bundled.make_model``.

EmbeddingDotBias with its defaults and seed 0, on the bundled ratings and the lesson's split.
Stored in half precision, which is finer than what two seeds agree on.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from optviz.recommender.data import load_ratings
from optviz.recommender.fit import train
from optviz.recommender.storage import _BUNDLED, save_model

__all__ = ["main"]


def main() -> None:
    """Write the file."""
    model = train("dot_bias", load_ratings(), seed=0)
    halves = {name: np.asarray(array, np.float16) for name, array in model.weights.items()}
    save_model(dataclasses.replace(model, weights=halves), Path(__file__).parent / _BUNDLED)


if __name__ == "__main__":
    main()
