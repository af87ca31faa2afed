"""Regularisation: weight decay, batch normalisation, and the landscape of a real network."""

from optviz.ui import controls, frame
from optviz.ui.regularisation_page import render
from optviz.ui.regularisation_state import SCENES, RegularisationState
from optviz.ui.state import Store

with frame.page("regularisation") as page:
    store = Store(RegularisationState)
    page.headline()
    for problem in store.problems:
        page.problem(problem)
    scene = controls.scenes(store, page.text, "regularisation.scene", SCENES)
    render(page, store, scene)
    store.sync_url()
