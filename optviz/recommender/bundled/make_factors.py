"""Train the movie factors that travel with the package: ``python -m ….bundled.make_factors``.

EmbeddingDotBias with its defaults and seed 0, on the bundled ratings and the lesson's split.
Stored in half precision, which is finer than what two seeds agree on.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from optviz.recommender.data import load_ratings
from optviz.recommender.fit import train
from optviz.recommender.storage import _BUNDLED


def main() -> None:
    """Write the file."""
    from safetensors.numpy import save_file

    model = train("dot_bias", load_ratings(), seed=0)
    tensors = {
        "item_factors": np.asarray(model.item_factors).astype(np.float16),
        "item_bias": np.asarray(model.item_bias).astype(np.float16),
    }
    header = {
        "model": "dot_bias",
        "valid_mse": f"{model.valid_mse:.4f}",
        "ratings_key": model.ratings_key,
    }
    save_file(tensors, Path(__file__).parent / _BUNDLED, header)


if __name__ == "__main__":
    main()
