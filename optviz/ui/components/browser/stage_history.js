// Loss, gradient norm and distance against the step, with a cursor that can be dragged.

import { plotlyConfig } from "./plotly.js";
import { prepare } from "./stage_draw.js";
import { el } from "./stage_data.js";

export class History {
  /** @param scrub called with the step under the pointer */
  constructor(scrub) {
    this.plot = el("div", "ov-plot");
    this.canvas = el("canvas");
    this.node = el("div", "ov-history", [this.plot, this.canvas]);
    const tell = (event) => {
      const axis = this.plot._fullLayout?.xaxis;
      if (!axis?.p2d) return;
      const box = this.node.getBoundingClientRect();
      scrub(Math.round(axis.p2d(event.clientX - box.left - axis._offset)));
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      tell(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.canvas.hasPointerCapture(event.pointerId)) tell(event);
    });
  }

  async update(Plotly, data, drawn) {
    this.Plotly = Plotly;
    this.colours = data.theme;
    const figure = JSON.parse(drawn);
    const layout = {
      ...figure.layout, width: this.node.clientWidth, height: this.node.clientHeight,
    };
    const config = plotlyConfig(data.words, false, { staticPlot: true });
    await Plotly.react(this.plot, { data: figure.data, layout, config });
  }

  /** The cursor, and each run's place under it. */
  paint(runs, k) {
    const layout = this.plot._fullLayout;
    if (!layout?.xaxis?.d2p) return;
    const pen = prepare(this.canvas, this.node.clientWidth, this.node.clientHeight);
    const { xaxis } = layout;
    const at = xaxis._offset + xaxis.d2p(k);
    const right = xaxis._offset + xaxis._length;
    const rows = this.plot._fullData.length / (runs.length || 1);
    for (let row = 0; row < rows; row += 1) {
      const axis = layout[row ? `yaxis${row + 1}` : "yaxis"];
      if (!axis) continue;
      // What has not happened yet is dimmed.
      pen.globalAlpha = 0.6;
      pen.fillStyle = this.colours.ground;
      pen.fillRect(at, axis._offset - 2, right - at + 1, axis._length + 4);
      pen.globalAlpha = 1;
      pen.strokeStyle = this.colours.muted;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(at, axis._offset);
      pen.lineTo(at, axis._offset + axis._length);
      pen.stroke();
      runs.forEach((run, i) => {
        const values = this.plot._fullData[row * runs.length + i].y;
        const value = values[Math.min(Math.floor(k), values.length - 1)];
        const y = axis.d2p(value);
        if (!Number.isFinite(y) || y < -3 || y > axis._length + 3) return;
        pen.beginPath();
        pen.arc(at, axis._offset + y, 3.4, 0, 2 * Math.PI);
        pen.fillStyle = run.colour;
        pen.fill();
        pen.strokeStyle = this.colours.ground;
        pen.lineWidth = 1.2;
        pen.stroke();
      });
    }
  }

  close() {
    this.Plotly?.purge(this.plot);
  }
}
