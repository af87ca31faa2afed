"""Train EmbeddingDotBias in several processes, and save it for the Recommender page.

``torchrun --nproc-per-node 2 -m scripts.train_distributed --save model.safetensors`` trains in two
processes on this machine; on several machines, torchrun's own ``--nnodes``, ``--node-rank`` and
``--rdzv-endpoint`` say where they meet, and each needs the ratings. Any control of the page can be
given as ``name=value``; ``batch_size`` is that of all processes together.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from typing import Any

from optviz.core.problem import Problem


def control(written: str) -> tuple[str, Any]:
    """Read ``name=value``."""
    name, sign, value = written.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"“{written}” is not of the form name=value")
    try:
        return name, float(value)
    except ValueError:
        return name, value


def train(arguments: argparse.Namespace, rank: int, world: int) -> None:
    """Train in this process, the ``rank``-th of ``world``."""
    from optviz.recommender.config import make_config
    from optviz.recommender.data import load_ratings
    from optviz.recommender.distributed import build_parallel_fit
    from optviz.recommender.storage import save_model

    config = make_config("dot_bias", **dict(arguments.controls))
    fit = build_parallel_fit(config, load_ratings(arguments.ratings))
    most = math.inf if arguments.steps is None else arguments.steps
    told = 0
    while not fit.done and fit.run.steps_done < most:
        record = fit.step()
        if rank == 0 and arguments.steps is not None:
            print(f"step {record.step}: train {record.train_loss:.9f}", flush=True)
        for epoch in fit.run.history.epochs[told:] if rank == 0 else ():
            losses = f"train {epoch.train_loss:.9f}, validation {epoch.valid_loss:.9f}"
            print(f"epoch {epoch.epoch}: {losses}, {fit.seconds:.2f} s", flush=True)
        told = len(fit.run.history.epochs)
    if rank == 0 and arguments.save is not None:
        save_model(fit.model(), arguments.save)
        print(f"Saved {arguments.save}, trained by {world} process(es).", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or say what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m scripts.train_distributed")
    parser.add_argument("controls", nargs="*", type=control, metavar="NAME=VALUE")
    parser.add_argument("--ratings", help="an archive, a folder or a CSV; else the bundled ones")
    parser.add_argument("--save", help="where to save the model")
    parser.add_argument("--steps", type=int, help="end after so many, and print the loss of each")
    given = parser.parse_args(arguments)
    from optviz.recommender.distributed import process_group

    try:
        with process_group() as (rank, world):
            train(given, rank, world)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
