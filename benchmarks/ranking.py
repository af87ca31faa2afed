"""What each model's lists are worth beside its error: ``python -m benchmarks.ranking``.

Protocol: MovieLens latest-small 2016; the lesson's split (seed 42); default recipes, seed 0; what a
list is worth as in :mod:`optviz.recommender.ranking`. NDCG@10 is told with how far it lies from
that of the most rated movies, and twice the standard error of this over users.
"""

from __future__ import annotations

import time

from optviz.core.task import SilentContext
from optviz.recommender.config import DEFAULTS
from optviz.recommender.data import load_ratings
from optviz.recommender.fit import fit_model
from optviz.recommender.quality import LISTS, judge

K = 10


def main() -> None:
    """Print one line a list."""
    ratings = load_ratings()
    print(__doc__)
    for name, config in DEFAULTS.items():
        model = fit_model(config, ratings)
        start = time.perf_counter()
        quality = judge(model, ratings, SilentContext())
        seconds = time.perf_counter() - start
        if name == next(iter(DEFAULTS)):
            for simple in LISTS[1:]:
                found = quality.rankings[simple][K]
                error = f"RMSE {quality.rmse[simple]:.3f}, " if simple in quality.rmse else ""
                print(f"{simple:9} {error}NDCG@{K} {found.ndcg:.3f}")
        lead, error_of_lead = quality.leads["popular"][K]
        found = quality.rankings["model"][K]
        print(
            f"{name:9} RMSE {quality.rmse['model']:.3f}, NDCG@{K} {found.ndcg:.3f} "
            f"({lead:+.3f} ± {2 * error_of_lead:.3f}), precision {found.precision:.3f}, coverage "
            f"{found.coverage:.3f}, novelty {found.novelty:.2f} bits; judged in {seconds:.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
