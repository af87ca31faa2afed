"""What batches cost: the page's opening scene, and the wall-clock of each batch size.

Run with ``python -m benchmarks.batch_size``. The loops are those of the page; each is timed seven
times, in turns, and the median printed.
"""

from __future__ import annotations

import statistics
import time

from optviz.core.stochastic import BatchSpec, noisy_runs, seconds_task
from optviz.core.task import SilentContext
from optviz.ui.batch_size_runs import updates_of
from optviz.ui.batch_size_state import BatchSizeState, samples_called

UPDATES = 500


def main() -> None:
    state = BatchSizeState()
    samples = samples_called(state.problem)
    seconds = []
    for _ in range(8):
        began = time.perf_counter()
        noisy_runs(samples, state.runs, state.start, updates_of(state), state.sampling, state.seed)
        seconds.append(time.perf_counter() - began)
    print(f"opening scene: {1e3 * statistics.median(seconds[1:]):.1f} ms, median of 7")
    specs = [BatchSpec("sgd", size, 0.01) for size in (1, 4, 16, 64, 256, 0)]
    taken = seconds_task(
        SilentContext(), samples, specs, samples.start, [UPDATES] * len(specs), "shuffled", 0
    )
    for spec, took in zip(specs, taken, strict=True):
        size = spec.size(len(samples))
        each = 1e6 * took / UPDATES
        print(f"batch of {size:3}: {each:6.1f} us an update, {each / size:7.3f} us a gradient")


if __name__ == "__main__":
    main()
