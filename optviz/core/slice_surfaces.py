"""Slices of real losses as surfaces to walk on; :mod:`optviz.core.slices` says what they are."""

from __future__ import annotations

from optviz.core.slices import LossSlice
from optviz.core.surface import Surface

__all__ = ["SLICES"]

SLICES: tuple[Surface, ...] = (
    Surface(
        name="digits_slice",
        function=LossSlice("digits_slice"),
        x_range=(-0.8, 1.8),
        y_range=(-0.5, 1.5),
        latex=r"f(x,y)=\mathcal L\left(w_1+x\,d_1+y\,d_2\right),\quad d_1=w_2-w_1",
        source="Our own network on scikit-learn's digits; the plane after Garipov et al., Loss "
        "Surfaces, Mode Connectivity, and Fast Ensembling of DNNs (2018), arXiv:1802.10026",
        minima=((0.4540634911518845, 0.9974044288285215),),
        minimum_value=0.04335502060852291,
        local_minima=(
            (1.1030177299122976, -0.021901283270798905),
            (-0.0020962865177154106, -0.0667361898897053),
        ),
        saddles=(
            (0.9324471736283884, 0.5958194471267504),
            (0.5112659356198662, -0.1710359574594015),
            (0.11788585949336773, 0.502006259579233),
        ),
        maxima=((0.47514123168110284, 0.28538726001413195),),
        start=(0.6, 0.35),
        steps=150,
        gradient_tolerance=0.002,
        log_levels=True,
    ),
    Surface(
        name="recommender_slice",
        function=LossSlice("recommender_slice"),
        x_range=(-2.25, 2.25),
        y_range=(-0.5, 2.5),
        latex=(
            r"f(x,y)=\tfrac1n\sum_{u,m}\left(r_{um}-\hat r\left("
            r"x^2\,p_u\!\cdot q_m+y\,(b_u+b_m)\right)\right)^2"
        ),
        source="Our own EmbeddingDotBias on MovieLens latest-small 2016 (Harper & Konstan, 2015, "
        "doi:10.1145/2827872)",
        minima=(
            (1.5022638537767226, 1.0134436826813036),
            (-1.5022638537767226, 1.0134436826813036),
        ),
        minimum_value=0.4357575671749521,
        saddles=((0.0, 1.3797256770677893),),
        start=(0.1, 0.0),
        steps=150,
        gradient_tolerance=0.0003,
        log_levels=True,
    ),
)
"""In the order of the registry; ``python -m scripts.slices`` prints their critical points."""
