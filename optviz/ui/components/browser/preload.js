// Fetch and read plotly.js and the stage before there is anything to draw.

import { loadPlotly } from "./plotly.js";

export default async function render({ data }) {
  await loadPlotly(data.plotly);
}
