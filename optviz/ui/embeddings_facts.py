"""What a map was made from and how, and how far to trust it."""

from __future__ import annotations

import streamlit as st

from optviz.embedding.projections import REDUCED_TO, is_reduced
from optviz.embedding.quality import Quality
from optviz.embedding.tasks import COMPARED
from optviz.language import Text
from optviz.ui.embeddings_data import Movies
from optviz.ui.embeddings_layouts import Shown
from optviz.ui.frame import Page

__all__ = ["render_facts", "render_trust", "sizes"]


def sizes(text: Text, movies: Movies) -> str:
    """How many films there are, and of how many factors."""
    return text("embeddings.facts.movies", n=f"{len(movies):,}", k=movies.vectors.shape[1])


def render_trust(page: Page, trust: Quality, *, sampled: bool = False) -> None:
    """Draw the sentence that says how far to trust a map.

    Args:
        page: The frame.
        trust: Of the map.
        sampled: Whether it was measured for some of its points only.
    """
    text = page.text
    st.markdown(
        text(
            "embeddings.facts.trust",
            trust=trust.trustworthiness,
            kept=trust.kept * trust.k,
            k=trust.k,
        ),
        help=text(f"embeddings.facts.trust_{'sampled' if sampled else 'help'}"),
    )


def render_facts(page: Page, shown: Shown) -> None:
    """Draw the trust in a map, and a line of what it was made from and how."""
    text, layout = page.text, shown.layout
    projection, trust = layout.projection, layout.quality
    movies = shown.request.movies
    parts = [sizes(text, movies)]
    if projection.kl_divergence is not None:
        parts.append(
            text(
                "embeddings.facts.tsne",
                perplexity=projection.settings["perplexity"],
                iterations=f"{projection.iterations:,}",
                kl=projection.kl_divergence,
            )
        )
    if projection.method == "umap":
        parts.append(
            text(
                "embeddings.facts.umap",
                neighbours=projection.settings["n_neighbors"],
                distance=projection.settings["min_dist"],
                epochs=projection.iterations,
            )
        )
    if is_reduced(*movies.vectors.shape) and projection.method != "pca":
        parts.append(text("embeddings.facts.reduced", d=REDUCED_TO))
    if projection.explained_variance is not None:
        parts.append(text("embeddings.facts.pca", share=100 * sum(projection.explained_variance)))
    made = "bundled" if shown.bundled else "made"
    parts.append(text(f"embeddings.facts.{made}", seconds=projection.seconds))
    if movies.file:
        parts.append(movies.file)
    else:
        source = "own" if movies.own else "bundled_model"
        parts.append(text(f"embeddings.facts.{source}", version=movies.version))
    if trust is not None:
        render_trust(page, trust, sampled=len(movies) > COMPARED)
    st.caption(" · ".join(parts))
