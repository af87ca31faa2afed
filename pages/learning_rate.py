"""Learning rate: the range test on a real model, and a rate picked from its curve."""

from optviz.ui import controls, frame
from optviz.ui.learning_rate_page import adopt, render
from optviz.ui.learning_rate_state import SCENES, LearningRateState
from optviz.ui.state import Store

with frame.page("learning_rate") as page:
    store = Store(LearningRateState)
    adopt(store)
    page.headline()
    for problem in store.problems:
        page.problem(problem)
    scene = controls.scenes(store, page.text, "learning_rate.scene", SCENES)
    render(page, store, scene)
    store.sync_url()
