"""Jacobian and Hessian: how a map bends a grid, and how a surface curves."""

from optviz.ui import controls, frame
from optviz.ui.jacobian_hessian_page import render
from optviz.ui.jacobian_hessian_state import SCENES, JacobianHessianState
from optviz.ui.state import Store

with frame.page("jacobian_hessian") as page:
    store = Store(JacobianHessianState)
    page.headline()
    for problem in store.problems:
        page.problem(problem)
    scene = controls.scenes(store, page.text, "jacobian_hessian.scene", SCENES)
    render(page, store, scene)
    store.sync_url()
