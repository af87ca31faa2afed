from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from openTSNE import TSNE
from openTSNE.affinity import Multiscale

from optviz.core.problem import Problem
from optviz.core.task import Cancelled, SilentContext
from optviz.embedding import live
from optviz.embedding.live import EARLY_UPDATES, LiveRun, LiveSettings, checked_perplexities
from optviz.embedding.live_tasks import live_task
from optviz.embedding.vectors import unit_rows
from optviz.jobs import WorkerBackend
from optviz.ui.embeddings_data import bundled_movies

# Three clouds of points, far enough apart that any t-SNE tells them from one another.
CLOUD = np.random.default_rng(0).standard_normal((90, 8)) + 6 * np.repeat(np.eye(3, 8), 30, axis=0)
SHORT = LiveSettings(perplexities=(8.0,), max_iter=290)


class Listener(SilentContext):
    """Keeps what is sent, and says what is planned at the chosen checkpoints."""

    def __init__(
        self,
        says: Mapping[int, Sequence[dict[str, Any]]] | None = None,
        stop_at: int | None = None,
        cancel_at: int | None = None,
    ) -> None:
        self.says = says or {}
        self.stop_at, self.cancel_at = stop_at, cancel_at
        self.checks = 0
        self.frames: list[dict[str, Any]] = []

    def emit(self, kind, **data):
        if kind == "frame":
            self.frames.append(data)

    def checkpoint(self):
        self.checks += 1
        if self.checks == self.cancel_at:
            raise Cancelled

    def messages(self):
        return self.says.get(self.checks, ())

    @property
    def stop_requested(self):
        return self.checks == self.stop_at


def plain(matrix: np.ndarray, max_iter: int, perplexities: tuple[float, ...]) -> Any:
    """openTSNE's own run, in one go."""
    affinities = Multiscale(matrix, list(perplexities), method="exact", random_state=0)
    return TSNE(
        n_iter=max_iter - EARLY_UPDATES, random_state=0, negative_gradient_method="bh", n_jobs=1
    ).fit(matrix, affinities=affinities)


@pytest.mark.parametrize("perplexities", [(8.0,), (3.0, 20.0)], ids=["one", "several"])
def test_a_run_in_pieces_ends_where_opentsnes_own_ends(perplexities: tuple[float, ...]) -> None:
    run = LiveRun(CLOUD, LiveSettings(perplexities=perplexities, max_iter=400))
    frames = [run.look()]
    while not run.done:
        frames.append(run.advance())
    whole = plain(unit_rows(CLOUD), 400, perplexities)
    assert frames[-1].coordinates.tobytes() == np.asarray(whole, dtype=np.float32).tobytes()
    assert frames[-1].kl_divergence == whole.kl_divergence
    assert [frame.iteration for frame in frames] == list(range(0, 401, 10))
    assert [frame.exaggeration for frame in frames[1:]] == [12.0] * 25 + [1.0] * 15
    seconds = [frame.seconds for frame in frames]
    assert seconds == sorted(seconds)


def test_the_clouds_come_apart() -> None:
    run = LiveRun(CLOUD, SHORT)
    while not run.done:
        run.advance()
    at = run.look().coordinates.reshape(3, 30, 2)
    middles = at.mean(axis=1)
    spread = np.linalg.norm(at - middles[:, None], axis=2).max()
    apart = [np.linalg.norm(middles[i] - middles[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert min(apart) > spread


def test_the_task_sends_every_frame_and_returns_the_last() -> None:
    context = Listener()
    layout = live_task(context, CLOUD, SHORT)
    assert [frame["iteration"] for frame in context.frames] == list(range(0, 291, 10))
    last = context.frames[-1]
    assert layout.projection.coordinates.tobytes() == last["coordinates"].tobytes()
    assert layout.projection.kl_divergence == last["kl_divergence"]
    assert layout.projection.iterations == 290
    assert layout.quality is not None
    assert layout.quality.trustworthiness > 0.6


def test_a_stopped_run_keeps_what_it_has_and_a_cancelled_one_leaves() -> None:
    layout = live_task(Listener(stop_at=4), CLOUD, SHORT)
    assert layout.projection.iterations == 30
    with pytest.raises(Cancelled):
        live_task(Listener(cancel_at=4), CLOUD, SHORT)


def test_wishes_are_heard_between_two_frames_and_noted_in_the_next() -> None:
    says = {
        3: [{"do": "kick"}],
        5: [{"do": "change", "perplexities": (3.0, 12.0), "early_exaggeration": 4.0}],
        7: [{"do": "change", "perplexities": (80.0,)}],  # too high for 90 points: not heard
        28: [{"do": "change", "exaggeration": 2.0, "max_iter": 310}],
    }
    context, undisturbed = Listener(says), Listener()
    live_task(context, CLOUD, SHORT)
    live_task(undisturbed, CLOUD, SHORT)
    frames = context.frames
    assert [(i, frame["did"]) for i, frame in enumerate(frames) if frame["did"]] == [
        (3, ("kick",)),
        (5, ("perplexities", "early_exaggeration")),
        (28, ("exaggeration", "max_iter")),
    ]
    same = [
        a["coordinates"].tobytes() == b["coordinates"].tobytes()
        for a, b in zip(frames, undisturbed.frames, strict=False)
    ]
    assert same == [True] * 3 + [False] * 27
    assert frames[4]["perplexities"] == (8.0,)
    assert frames[5]["perplexities"] == frames[-1]["perplexities"] == (3.0, 12.0)
    assert [frames[i]["exaggeration"] for i in (4, 5, 25, 26, 28)] == [12.0, 4.0, 4.0, 1.0, 2.0]
    assert frames[-1]["iteration"] == 310


def test_a_run_held_and_let_go_ends_where_an_undisturbed_one_ends() -> None:
    backend = WorkerBackend(1)
    try:
        job = backend.submit("optviz.embedding.live_tasks:live_task", vectors=CLOUD, settings=SHORT)
        for least in (2, 9):
            limit = time.monotonic() + 60
            while len(job.events()) < least and not job.finished:
                assert time.monotonic() < limit
                time.sleep(0.001)
            job.pause()
            job.resume()
        held = job.result(60)
    finally:
        backend.shutdown()
    context = Listener()
    straight = live_task(context, CLOUD, SHORT)
    assert held.projection.coordinates.tobytes() == straight.projection.coordinates.tobytes()
    frames = [event.data for event in job.events() if event.kind == "frame"]
    assert [frame["coordinates"].tobytes() for frame in frames] == [
        frame["coordinates"].tobytes() for frame in context.frames
    ]


def test_a_kick_is_as_large_as_it_says_and_the_same_every_time() -> None:
    moved = []
    for _ in range(2):
        run = LiveRun(CLOUD, SHORT)
        for _ in range(3):
            run.advance()
        before = run.look().coordinates
        run.kick(0.5)
        after = run.look()
        assert after.did == ("kick",)
        moved.append(after.coordinates - before)
    assert moved[0].tobytes() == moved[1].tobytes()
    assert moved[0].std() == pytest.approx(0.5 * before.std(), rel=0.15)


def test_a_changed_perplexity_is_what_a_run_begun_with_it_has() -> None:
    run, begun = LiveRun(CLOUD, SHORT), LiveRun(CLOUD, LiveSettings(perplexities=(20.0,)))
    run.change(perplexities=(20.0,))
    assert run.advance().coordinates.tobytes() == begun.advance().coordinates.tobytes()


def test_the_scene_says_what_is_seen() -> None:
    """A thread at the end of early exaggeration, then a surface, and a loss that falls."""
    run = LiveRun(bundled_movies().most_rated(1000).vectors, LiveSettings())
    frames = [run.advance() for _ in range(30)]
    thread, unfolded = frames[24], frames[29]
    assert (thread.iteration, unfolded.iteration) == (250, 300)
    narrow, wide = (
        np.linalg.svd(frame.coordinates - frame.coordinates.mean(axis=0), compute_uv=False)
        for frame in (thread, unfolded)
    )
    assert narrow[1] < 0.05 * narrow[0]
    assert wide[1] > 0.3 * wide[0]
    assert unfolded.kl_divergence < 0.7 * thread.kl_divergence


def test_kl_is_that_of_the_coordinates_shown() -> None:
    run = LiveRun(CLOUD, SHORT)
    frame = run.advance()
    for _ in range(24):
        frame = run.advance()
    dense = run._affinities.P.toarray()
    at = frame.coordinates.astype(np.float64)
    near = 1 / (1 + ((at[:, None] - at[None]) ** 2).sum(axis=2))
    np.fill_diagonal(near, 0)
    q = near / near.sum()
    kept = dense > 0
    kl = (dense[kept] * np.log(dense[kept] / q[kept])).sum()
    # The tree stands in for far points: their share is right to a percent or so.
    assert frame.kl_divergence == pytest.approx(kl, abs=0.03)


def test_the_grid_takes_over_where_it_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    run = LiveRun(CLOUD, SHORT)
    assert run._method() == "bh"
    monkeypatch.setattr(live, "_INTERVALS", 5)
    assert run._method() == "fft"
    assert np.isfinite(run.advance().coordinates).all()


def test_a_random_start_follows_its_seed() -> None:
    starts = [
        LiveRun(CLOUD, LiveSettings((8.0,), init="random", seed=seed)).look().coordinates.tobytes()
        for seed in (1, 1, 2)
    ]
    assert starts[0] == starts[1] != starts[2]


@pytest.mark.parametrize(
    ("values", "n", "says"),
    [
        ((), None, "1 to 4"),
        ((1, 2, 3, 4, 5, 6), None, "1 to 4"),
        ((1.5,), None, "between 2 and 500"),
        ((float("nan"),), None, "between 2 and 500"),
        ((5, 31), 90, "below 29.67"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_said(values: Any, n: int | None, says: str) -> None:
    with pytest.raises(Problem, match=says):
        checked_perplexities(values, n)


def test_perplexities_come_in_order_and_once() -> None:
    assert checked_perplexities(("50", 5, 5.0)) == (5.0, 50.0)


@pytest.mark.parametrize(
    "vectors",
    [CLOUD[:6], CLOUD[:, :1], np.ones((20, 3)), np.outer(np.arange(1.0, 21), [1, 2, 3])],
    ids=["few", "flat", "equal", "one direction"],
)
def test_vectors_that_cannot_be_laid_out_get_a_sentence(vectors: Any) -> None:
    with pytest.raises(Problem):
        LiveRun(vectors, LiveSettings(perplexities=(2.0,)))
