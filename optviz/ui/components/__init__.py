"""Our own components: a chart and the stage, plain modules in the browser, no build step."""

from optviz.ui.components.chart import ChartEvents, Click, Point, Selection, chart

__all__ = ["ChartEvents", "Click", "Point", "Selection", "chart"]
