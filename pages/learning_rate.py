"""Learning rate: the range test on a real model, and a rate picked from its curve."""

from optviz.ui import frame

with frame.page("learning_rate") as page:
    page.headline()
