// The landscape: Plotly's 3D scene; while playing, the ends of the paths move through it.

import { plotlyConfig } from "./plotly.js";
import { el } from "./stage_data.js";

export class Landscape {
  constructor() {
    this.plot = el("div", "ov-plot");
    this.node = el("div", "ov-view", [this.plot]);
  }

  async update(Plotly, data) {
    this.Plotly = Plotly;
    const figure = JSON.parse(data.landscape);
    const layout = {
      ...figure.layout, width: this.node.clientWidth, height: this.node.clientHeight,
    };
    // Plotly notes a turned camera late; ask the scene itself, and keep it for this surface.
    const camera = this.plot._fullLayout?.scene?._scene?.getCamera();
    if (camera && this.surface === layout.uirevision) {
      layout.scene = { ...layout.scene, camera };
    }
    this.surface = layout.uirevision;
    await Plotly.react(this.plot, {
      data: figure.data, layout, config: plotlyConfig(data.words, true, { scrollZoom: false }),
    });
    this.whole = [];
    this.plot._fullData.forEach((trace, index) => {
      if (trace.meta === "path") {
        const steps = [...trace.customdata];
        this.whole.push({ index, steps, x: [...trace.x], y: [...trace.y], z: [...trace.z] });
      }
    });
    this.shown = null;
  }

  /** Cut the paths at step `k`. A scene that is still busy skips the step. */
  paint(runs, k) {
    const step = Math.floor(k);
    if (!this.whole?.length || this.busy || step === this.shown) {
      this.late = this.busy ? step : null;
      return;
    }
    this.shown = step;
    this.busy = true;
    const change = { x: [], y: [], z: [] };
    const traces = [];
    for (const path of this.whole) {
      // Up to the iterate's own vertex, the first of its step.
      const found = path.steps.findIndex((own) => own >= step);
      const end = (found < 0 ? path.steps.length - 1 : found) + 1;
      for (const axis of ["x", "y", "z"]) {
        change[axis].push(path[axis].slice(0, end), path[axis].slice(end - 1, end));
      }
      traces.push(path.index, path.index + 1);
    }
    Promise.resolve(this.Plotly.restyle(this.plot, change, traces)).finally(() => {
      this.busy = false;
      if (this.late !== null && this.late !== undefined) this.paint(runs, this.late);
    });
  }

  close() {
    this.Plotly?.purge(this.plot);
  }
}
