"""Training in one process against two: ``python -m benchmarks.distributed``.

EmbeddingDotBias on the bundled ratings (or ``--ratings PATH``), k = 50, at a few batch sizes.
Each cell is a run of `scripts.train_distributed` under torchrun; its figure is the quickest of its
epochs after the first, validation included. The cores are shared out: one process has all of them
as threads, each of two has half.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys

import numpy as np

from optviz.jobs.local import cores

EPOCHS = 4


def epoch_seconds(processes: int, batch_size: int, ratings: str | None) -> float:
    """The quickest epoch of one run, in seconds."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={processes}", "-m", "scripts.train_distributed"]
    command += [f"epochs={EPOCHS}", f"batch_size={batch_size}", "schedule=constant"]
    command += ["--ratings", ratings] if ratings is not None else []
    threads = str(max(1, cores() // processes))
    run = subprocess.run(
        command, capture_output=True, text=True, check=True,
        env=os.environ | {"OMP_NUM_THREADS": threads},
    )  # fmt: skip
    clock = [float(seconds) for seconds in re.findall(r", ([\d.]+) s$", run.stdout, re.MULTILINE)]
    assert len(clock) == EPOCHS
    return float(np.diff(clock).min())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distributed")
    parser.add_argument("--ratings", help="an archive, a folder or a CSV; else the bundled ones")
    parser.add_argument("--batch", type=int, nargs="*", default=[256, 4096, 32_768])
    given = parser.parse_args()
    print(f"{cores()} cores; load {os.getloadavg()[0]:.1f} before; seconds an epoch")
    for batch_size in given.batch:
        one, two = (epoch_seconds(n, batch_size, given.ratings) for n in (1, 2))
        print(
            f"batch {batch_size:>6}: 1 process {one:.3f}, 2 processes {two:.3f}, {one / two:.2f}×"
        )


if __name__ == "__main__":
    main()
