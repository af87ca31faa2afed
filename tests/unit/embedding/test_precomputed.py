from __future__ import annotations

import numpy as np

from optviz.core.task import SilentContext
from optviz.embedding.precomputed import layout_key, load_layouts, save_layouts
from optviz.embedding.projections import PROJECTIONS
from optviz.embedding.tasks import projection_task

CLOUD = np.random.default_rng(0).standard_normal((40, 5)).astype(np.float32)


def made(method: str, **given):
    settings = PROJECTIONS[method].settings(given, len(CLOUD))
    return (
        layout_key(CLOUD, method, 2, settings),
        projection_task(SilentContext(), CLOUD, method, 2, given),
    )


def test_layouts_are_found_again_as_they_were(tmp_path) -> None:
    layouts = [made("pca"), made("tsne", perplexity=5, max_iter=260)]
    save_layouts(layouts, tmp_path / "layouts.safetensors")
    back = load_layouts(tmp_path / "layouts.safetensors")
    assert list(back) == [key for key, _ in layouts]
    for key, layout in layouts:
        shown = back[key].projection
        assert shown.coordinates.tobytes() == layout.projection.coordinates.tobytes()
        assert shown.kl_divergence == layout.projection.kl_divergence
        assert shown.explained_variance == layout.projection.explained_variance
        assert shown.settings == layout.projection.settings
        assert back[key].quality == layout.quality


def test_no_file_no_layouts(tmp_path) -> None:
    assert load_layouts(tmp_path / "none.safetensors") == {}


def test_the_key_depends_on_everything() -> None:
    settings = PROJECTIONS["tsne"].settings({}, 1000)
    key = layout_key(CLOUD, "tsne", 2, settings)
    other = CLOUD.copy()
    other[3, 1] += np.float32(1e-6)
    assert key == layout_key(CLOUD.copy(), "tsne", 2, dict(reversed(settings.items())))
    assert key != layout_key(other, "tsne", 2, settings)
    assert key != layout_key(CLOUD.reshape(20, 10), "tsne", 2, settings)
    assert key != layout_key(CLOUD, "tsne", 3, settings)
    assert key != layout_key(CLOUD, "tsne", 2, settings | {"perplexity": 29.0})


def test_a_matrix_that_nobody_can_change_is_looked_at_once(monkeypatch) -> None:
    matrix = np.arange(12, dtype=np.float32).reshape(4, 3)
    free = layout_key(matrix, "pca", 2, {})
    matrix[0, 0] = 7.0
    changed = layout_key(matrix, "pca", 2, {})
    assert changed != free
    matrix.setflags(write=False)
    assert layout_key(matrix, "pca", 2, {}) == changed
    monkeypatch.setattr("optviz.embedding.precomputed.sha256", None)
    assert layout_key(matrix, "pca", 2, {}) == changed
