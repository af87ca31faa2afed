"""Embeddings: a row of numbers for each movie, and a map of all of them."""

from optviz.ui import frame
from optviz.ui.embeddings_growth import render_growth
from optviz.ui.embeddings_illusions import render_illusions
from optviz.ui.embeddings_lookup import render_lookup
from optviz.ui.embeddings_map import render_map
from optviz.ui.embeddings_methods import render_methods
from optviz.ui.embeddings_own_panel import take_files
from optviz.ui.embeddings_parts import render_parts
from optviz.ui.embeddings_placed import render_placed
from optviz.ui.embeddings_state import EmbeddingsState
from optviz.ui.state import Store

RENDER = {
    "map": render_map,
    "lookup": render_lookup,
    "illusions": render_illusions,
    "growth": render_growth,
    "methods": render_methods,
    "placed": render_placed,
}

with frame.page("embeddings") as page:
    store = Store(EmbeddingsState)
    take_files(store)
    page.headline()
    for problem in store.problems:
        page.problem(problem)
    render_parts(page, store)
    RENDER[store.value.part](page, store)
    store.sync_url()
