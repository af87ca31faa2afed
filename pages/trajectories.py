"""Trajectories: optimizers on a surface, side by side."""

from optviz.ui import frame

with frame.page("trajectories") as page:
    page.headline()
