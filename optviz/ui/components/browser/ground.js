// A surface from above with one point on it that can be dragged, and its Hessian's eigenvectors,
// which follow the drag without the server. Only where the point is dropped is asked about.

import { Picture, mounted } from "./mount.js";
import { Jets } from "./jets.js";
import { loadPlotly } from "./plotly.js";
import { fmt } from "./stage_data.js";
import { nameWithHalo, strokeWithHalo } from "./stage_draw.js";
import { MapView } from "./stage_map.js";

const FAR = 4000; // pixels: beyond every edge
const BESIDE = 58; // pixels from the point to the names of the lines
const FLAT = 1e-9; // of the larger |λ|

class Ground extends Picture {
  constructor(host) {
    super(host);
    this.map = new MapView((x, y) => {
      this.map.start = [x, y];
      this.asked = true;
      this.paint();
      this.send("point", { x, y });
    });
    this.map.repaint = () => this.paint();
    // What the stage draws of a run's batches, this draws of the point.
    this.map.noise = { drawUnder: () => {}, drawOver: (...given) => this.over(...given) };
    this.map.follow = () => {}; // the eigenvectors are known here
    host.replaceChildren(this.map.node);
    this.watcher = new ResizeObserver(() => this.resized());
    this.watcher.observe(host);
  }

  async draw({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    const { host } = this;
    try {
      this.Plotly = await loadPlotly(data.plotly);
      this.data = data;
      this.asked = false;
      this.jets = data.program && new Jets(data.program);
      host.style.height = `${data.height}px`;
      for (const [name, colour] of Object.entries(data.theme)) {
        host.style.setProperty(`--ov-${name}`, colour);
      }
      await this.map.update(this.Plotly, data);
      this.size = host.clientWidth;
      this.paint();
      host.dataset.drawn = String(Number(host.dataset.drawn ?? 0) + 1);
    } catch (error) {
      if (this.closed) return;
      host.textContent = data.words.failed;
      console.error("optviz ground:", error);
    }
  }

  paint() {
    if (this.data && !this.closed) this.map.paint([], 0, -1, false);
  }

  over(pen, run, k, at) {
    // What the server drew belongs to the point that it knows.
    if (!this.map.held && !this.asked) this.outline(pen, at);
    this.vectors(pen, at);
  }

  outline(pen, { toX, toY }) {
    const { outline, theme } = this.data;
    if (!outline.length) return;
    pen.beginPath();
    outline.forEach(([x, y]) => pen.lineTo(toX(x), toY(y)));
    pen.closePath();
    pen.fillStyle = theme.good_fill;
    pen.fill();
    strokeWithHalo(pen, theme.good, 2, [], theme.ground);
  }

  vectors(pen, { box, toX, toY, scaleX, scaleY }) {
    const { theme } = this.data;
    const [x, y] = this.map.held ?? this.map.start;
    const [px, py] = [toX(x), toY(y)];
    const found = this.eigen(x, y);
    if (!found) return;
    this.host.dataset.eigenvalues = found.values.join(",");
    const scale = Math.max(...found.values.map(Math.abs)) || 1;
    found.values.forEach((value, i) => {
      const [vx, vy] = [found.vectors[i][0] * scaleX, found.vectors[i][1] * scaleY];
      const size = Math.hypot(vx, vy) || 1;
      const [ux, uy] = [vx / size, vy / size];
      const flat = Math.abs(value) <= FLAT * scale;
      const colour = flat ? theme.muted : value > 0 ? theme.positive : theme.negative;
      pen.beginPath();
      pen.moveTo(px - FAR * ux, py - FAR * uy);
      pen.lineTo(px + FAR * ux, py + FAR * uy);
      strokeWithHalo(pen, colour, 2, [], theme.ground);
      const name = `λ${"₁₂"[i]} = ${fmt(flat ? 0 : value, 3)}`;
      pen.font = "600 13px system-ui, sans-serif";
      pen.textAlign = "left";
      pen.textBaseline = "middle";
      const room = box.x + box.width - pen.measureText(name).width - 4;
      const tx = Math.min(px + BESIDE * ux + 8, room);
      const ty = py + BESIDE * uy + (ux * uy > 0 ? -9 : 9);
      nameWithHalo(pen, name, tx, ty, colour, theme.ground);
    });
  }

  /** Eigenvalues, ascending, and eigenvectors as optviz/core/taylor.py has them. */
  eigen(x, y) {
    if (!this.jets) return this.map.held || this.asked ? null : this.data.known;
    const [[, , , a, b, d]] = this.jets.at(x, y);
    if (![a, b, d].every(Number.isFinite)) return null;
    const middle = (a + d) / 2;
    const radius = Math.hypot((a - d) / 2, b);
    const turn = Math.atan2(2 * b, a - d) / 2; // of the larger one
    // A quarter back is the smaller one; it points to the right.
    let first = [Math.sin(turn), -Math.cos(turn)];
    if (first[0] < 0 || (first[0] === 0 && first[1] < 0)) first = first.map((v) => -v);
    return {
      values: [middle - radius, middle + radius],
      vectors: [first, [-first[1], first[0]]],
    };
  }

  resized() {
    if (!this.data || this.closed || this.host.offsetParent === null) return;
    if (this.host.clientWidth === this.size) return;
    cancelAnimationFrame(this.fitting);
    this.fitting = requestAnimationFrame(() => this.show({ ...this.latest }));
  }

  close() {
    this.closed = true;
    this.watcher.disconnect();
    this.map.close();
  }
}

export default mounted(".ov-ground", Ground);
