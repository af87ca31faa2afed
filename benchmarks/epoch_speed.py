"""Time of one training epoch, against two usual ways: ``python -m benchmarks.epoch_speed``.

EmbeddingDotBias with 50 factors on the 80,004 training rows of the lesson's split, all in one
run on this machine: our run; a plain loop over a torch DataLoader at batch 64; and fastai's
``collab_learner`` at batch 64, its default, and at batch 512, in a virtual environment that this
script makes (``benchmarks/.venv-fastai``). ``--without-fastai`` leaves the last one out. All of
them on one thread, as a worker of the dashboard has on a machine of few cores. At batch 512 the
recipe is as good as at 256, the default (``python -m benchmarks.tune dot_bias``), and so is
SparseAdam's at 64 (``sparse``).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

import optviz
from optviz.recommender.config import make_config
from optviz.recommender.data import Ratings
from optviz.recommender.fit import build_fit
from optviz.recommender.models import build_model
from optviz.recommender.split import split_rows

FASTAI = Path(__file__).parent / ".venv-fastai"
FASTAI_VERSION = "fastai==2.8.12"
FASTAI_EPOCH = """
import sys, time
import pandas as pd, torch
from fastai.collab import CollabDataLoaders, collab_learner
torch.set_num_threads(int(sys.argv[2]))
rows = pd.read_csv(sys.argv[1])
size = int(sys.argv[3])
loaders = CollabDataLoaders.from_df(rows, bs=size, valid_pct=0.001, seed=0, num_workers=0)
learner = collab_learner(loaders, n_factors=50, y_range=(0.5, 5.0))
with learner.no_bar(), learner.no_logging():
    times = []
    while len(times) < 2 or sum(times) < 3:
        start = time.perf_counter()
        learner.fit_one_cycle(1, 1e-2)
        times.append(time.perf_counter() - start)
    print(min(times[1:]), sorted(times[1:])[len(times[1:]) // 2])
"""


Timing = tuple[float, float]
"""Seconds of the best epoch, and of the median one."""


def our_epoch(ratings: Ratings, batch_size: int, optimizer: str = "adam") -> Timing:
    """Seconds of an epoch without validation, of those that three seconds hold.

    The others are timed for as long: a machine that has more to do spoils short timings.
    """
    controls = {"batch_size": batch_size, "optimizer": optimizer, "epochs": 200}
    fit = build_fit(make_config("dot_bias", **controls), ratings)
    fit.run.validate = None
    times = []
    while not fit.run.done and (len(times) < 3 or sum(times) < 3):
        start = time.perf_counter()
        for _ in range(fit.run.steps_per_epoch):
            fit.run.step()
        times.append(time.perf_counter() - start)
    return min(times[1:]), sorted(times[1:])[len(times[1:]) // 2]


def loader_epoch(ratings: Ratings) -> float:
    """Seconds of an epoch of the textbook loop; the better of two."""
    config = make_config("dot_bias")
    rows, _ = split_rows(ratings, config)
    rating = ratings.frame["rating"].to_numpy(np.float32)[rows]
    data = TensorDataset(
        torch.from_numpy(ratings.user_idx[rows]),
        torch.from_numpy(ratings.item_idx[rows]),
        torch.from_numpy(rating),
    )
    generator = torch.Generator().manual_seed(0)
    model = build_model(config, ratings.n_users, ratings.n_items, (0.5, 5.0), generator)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=2e-4)
    times = []
    for _ in range(2):
        start = time.perf_counter()
        for users, items, truth in DataLoader(data, batch_size=64, shuffle=True):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(users, items), truth).backward()
            optimizer.step()
        times.append(time.perf_counter() - start)
    return min(times)


def fastai_epoch(ratings: Ratings, batch_size: int) -> Timing:
    """Seconds of an epoch of collab_learner; the best after one to warm up, for three seconds."""
    python = FASTAI / "bin" / "python"
    if not python.exists():
        venv.create(FASTAI, with_pip=True)
        # Our torch first: fastai on its own would choose another, of several gigabytes.
        ours = f"torch=={torch.__version__.split('+')[0]}"
        for packages in ([ours], [ours, FASTAI_VERSION]):
            subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    rows, _ = split_rows(ratings, make_config("dot_bias"))
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "ratings.csv"
        columns = ["user_id", "item_id", "rating"]
        ratings.frame[columns].iloc[rows].to_csv(table, index=False)
        done = subprocess.run(
            [python, "-c", FASTAI_EPOCH, table, str(torch.get_num_threads()), str(batch_size)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    best, median = map(float, done.stdout.split()[-2:])
    return best, median


def main() -> None:
    """Print the times and the ratios."""
    print(__doc__)
    torch.set_num_threads(1)
    ratings = optviz.load_ratings()
    adam = {size: (size, "adam") for size in (64, 256, 512, 1024)}
    sparse = {size: (size, "sparse_adam") for size in (64, 256)}
    ours: dict[tuple[int, str], Timing] = {}
    for way in (*adam.values(), *sparse.values()):
        ours[way] = best, median = our_epoch(ratings, *way)
        print(
            f"ours, {way[1]} at {way[0]}: {best:.3f} s an epoch, median {median:.3f} s", flush=True
        )
    loop = loader_epoch(ratings)
    print(f"DataLoader loop, batch 64: {loop:.2f} s")
    ratio = loop / ours[adam[1024]][1]
    print(f"  batch 1024 of ours is {ratio:.0f} times faster (wanted: 20)", flush=True)
    if "--without-fastai" not in sys.argv:
        compared = {
            64: (adam[64], sparse[64], adam[256], sparse[256], adam[512]),
            512: (adam[512],),
        }
        for theirs, chosen in compared.items():
            best, median = fastai_epoch(ratings, theirs)
            print(f"fastai collab_learner, batch {theirs}: {best:.2f} s, median {median:.2f} s")
            for size, optimizer in chosen:
                our_best, our_median = ours[size, optimizer]
                print(
                    f"  {optimizer} at {size} of ours is {median / our_median:.1f} times faster by"
                    f" the medians, {best / our_best:.1f} times by the best epochs"
                    f" (wanted: {12 if size == theirs else 40})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
