"""The spectrum of a recommender on real ratings."""

from __future__ import annotations

import numpy as np
import pytest

from optviz.core.task import SilentContext
from optviz.recommender.config import DEFAULTS, make_config
from optviz.recommender.landscape import ROWS
from optviz.recommender.spectrum import RecommenderSpectrum, recommender_spectrum_task
from optviz.training.spectrum_tasks import Effort


@pytest.mark.parametrize("model", ["dot_bias", "net"])
def test_a_small_recommender(model: str) -> None:
    config = make_config(model, n_factors=2, batch_size=4096)
    effort = Effort(top=2, probes=1, steps=8, vectors=4)
    setup = RecommenderSpectrum.of(model, config, None, 2, effort)
    assert setup.config.epochs == 2 and setup.config.n_factors == 2
    study = recommender_spectrum_task(SilentContext(), setup)
    assert study.rows == ROWS
    assert study.before is not None and study.after is not None
    assert (study.before.epoch, study.after.epoch) == (0, 2)
    assert study.after.loss < study.before.loss
    for spectrum in (study.before, study.after):
        assert spectrum.top is not None and spectrum.density is not None
        assert spectrum.top.residuals[0] < 2e-3 * spectrum.top.values[0]
        assert spectrum.density.nodes.max() <= 1.01 * spectrum.top.values[0]
        assert np.isfinite(spectrum.density.weights).all()


def test_the_recipe_of_the_recommender_page_counts_for_its_own_model_only() -> None:
    mine = make_config("net", lr=0.123)
    assert RecommenderSpectrum.of("net", mine, None, 3).config.lr == 0.123
    other = RecommenderSpectrum.of("dot_bias", mine, None, 3).config
    assert other == DEFAULTS["dot_bias"].replace(epochs=3)
