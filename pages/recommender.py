"""Recommender: matrix factorisation and two neural models, trained live on real ratings."""

from optviz.ui import controls, frame
from optviz.ui.recommender_page import begin, render
from optviz.ui.recommender_state import KEPT, SCENES, RecommenderState
from optviz.ui.state import Store

with frame.page("recommender") as page:
    store = Store(RecommenderState)
    page.headline()
    for problem in store.problems:
        page.problem(problem)
    controls.scenes(
        store, page.text, "recommender.scene", SCENES, lambda scene: begin(store, scene), KEPT
    )
    render(page, store)
    store.sync_url()
