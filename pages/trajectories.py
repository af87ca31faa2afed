"""Trajectories: optimizers on a surface, side by side, with the Hessian drawn over them."""

from optviz.ui import controls, frame
from optviz.ui.state import Store
from optviz.ui.trajectories_page import render
from optviz.ui.trajectories_state import SCENES, TrajectoriesState

with frame.page("trajectories") as page:
    store = Store(TrajectoriesState)
    page.headline()
    for problem in store.problems:
        page.problem(problem)
    scene = controls.scenes(store, page.text, "trajectories.scene", SCENES)
    render(page, store, scene)
    store.sync_url()
