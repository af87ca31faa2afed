"""The layouts that the page opens on are the ones its scenes ask for, and are what they say."""

from __future__ import annotations

import pytest

from optviz.embedding.precomputed import load_layouts
from optviz.embedding.quality import quality
from optviz.ui.embeddings_data import bundled_movies
from scripts.make_layouts import compute, wanted

LAYOUTS = load_layouts()
WANTED = wanted()


def test_every_scene_opens_at_once() -> None:
    assert set(LAYOUTS) == set(WANTED), "run: python -m scripts.make_layouts"


@pytest.mark.parametrize("key", WANTED, ids=str)
def test_they_are_as_trustworthy_as_they_say(key) -> None:
    layout, state = LAYOUTS[key], WANTED[key]
    vectors = bundled_movies().most_rated(state.n_movies).vectors
    assert layout.quality is not None
    again = quality(vectors, layout.projection.coordinates, layout.quality.k, normalize=True)
    assert again.trustworthiness == pytest.approx(layout.quality.trustworthiness, abs=1e-9)


def test_the_default_map_is_what_the_task_computes() -> None:
    # Another processor may round differently, and t-SNE amplifies that: the picture may turn,
    # its quality may not change.
    key = next(iter(WANTED))
    stored, fresh = LAYOUTS[key], compute(WANTED[key])
    assert stored.quality is not None
    assert fresh.quality is not None
    assert fresh.projection.kl_divergence == pytest.approx(
        stored.projection.kl_divergence, rel=0.03
    )
    assert fresh.quality.trustworthiness == pytest.approx(stored.quality.trustworthiness, abs=0.01)
