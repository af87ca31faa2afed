// The stage: one surface, many paths, one clock. Everything that moves is drawn here.

import { Picture, mounted } from "./mount.js";
import { loadPlotly } from "./plotly.js";
import { el, unpackRun } from "./stage_data.js";
import { Facts } from "./stage_hessian.js";
import { History } from "./stage_history.js";
import { Landscape } from "./stage_landscape.js";
import { MapView } from "./stage_map.js";
import { Meter } from "./stage_meter.js";
import { Noise } from "./stage_noise.js";
import { Player } from "./stage_player.js";
import { Step } from "./stage_step.js";
import { Table } from "./stage_table.js";

class Stage extends Picture {
  constructor(host) {
    super(host);
    this.runs = [];
    this.map = new MapView((x, y) => this.send("start", { x, y }));
    this.landscape = new Landscape();
    this.history = new History((k) => this.player.go(k));
    this.player = new Player(() => this.paint());
    this.table = new Table((i) => this.send("focus", i));
    this.facts = new Facts();
    this.noise = new Noise();
    this.map.noise = this.noise;
    this.apart = new Step();
    this.map.apart = this.apart;
    this.meter = new Meter((k) => this.player.go(k));
    this.hint = el("div", "ov-hint");
    this.map.repaint = () => this.paint();
    this.top = el("div", "ov-top", [this.map.node, this.landscape.node, this.history.node]);
    host.tabIndex = 0;
    host.replaceChildren(
      this.top, this.player.node, this.hint, this.meter.node, this.apart.node, this.facts.node,
      this.noise.node, this.table.node,
    );
    host.addEventListener("keydown", (event) => {
      const inner = event.target.closest("select, button");
      const typing = event.target === this.player.range && event.key !== " ";
      if (inner && (event.key === " " || event.target.matches("select"))) return;
      if (typing) return; // the slider moves by itself
      if (this.player.key(event)) event.preventDefault();
    });
    this.watcher = new ResizeObserver(() => this.resized());
    this.watcher.observe(this.top);
  }

  async draw({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    try {
      this.Plotly = await loadPlotly(data.plotly);
      this.data = data;
      for (const [name, colour] of Object.entries(data.theme)) {
        this.host.style.setProperty(`--ov-${name}`, colour);
      }
      this.runs = data.runs.map(unpackRun);
      const words = data.words.stage;
      const flat = data.map !== null;
      this.map.node.classList.toggle("ov-hidden", !flat);
      this.landscape.node.classList.toggle("ov-hidden", flat);
      const fresh = data.scene !== this.scene;
      this.scene = data.scene;
      const step = data.step < 0 ? data.steps : Math.min(data.step, data.steps);
      this.player.update(words, data.steps, fresh ? step : null);
      const metered = this.meter.update(this.Plotly, data);
      this.table.update(data, this.runs, this.meter);
      this.noise.update(data.noise);
      this.apart.update(data.apart, data.theme);
      this.hint.replaceChildren(...legend(words, flat));
      await Promise.all([
        flat ? this.map.update(this.Plotly, data) : this.landscape.update(this.Plotly, data),
        this.history.update(this.Plotly, data, data.history),
        metered,
      ]);
      this.size = this.measure();
      this.paint();
      this.host.dataset.drawn = String(Number(this.host.dataset.drawn ?? 0) + 1);
    } catch (error) {
      if (this.closed) return;
      this.hint.textContent = data.words.failed;
      console.error("optviz stage:", error);
    }
  }

  paint() {
    if (!this.data || this.closed) return;
    const { k } = this.player;
    const { focus, hessian, map } = this.data;
    const view = map !== null ? this.map : this.landscape;
    view.paint(this.runs, k, focus, hessian);
    this.history.paint(this.runs, k);
    this.meter.paint(this.runs, k);
    this.table.paint(this.runs, k, this.meter);
    this.noise.tell(k);
    const looked = this.runs[focus];
    this.apart.tell(looked, k);
    const on = hessian && Boolean(looked?.curvature);
    const step = on ? Math.min(Math.floor(k), looked.losses.length - 1) : 0;
    const told = `${on} ${step}`;
    // The numbers change with whole steps only; the picture moves in between.
    if (told !== this.told || looked !== this.toldOf) {
      this.facts.show(looked, step, this.data.words.stage, on);
      this.told = told;
      this.toldOf = looked;
    }
    this.host.dataset.step = String(Math.floor(k));
  }

  measure() {
    return `${this.top.clientWidth} ${this.top.clientHeight}`;
  }

  resized() {
    if (!this.data || this.closed || this.host.offsetParent === null) return;
    if (this.size === undefined || this.measure() === this.size) return;
    this.size = this.measure();
    cancelAnimationFrame(this.fitting);
    this.fitting = requestAnimationFrame(() => this.show({ ...this.latest }));
  }

  close() {
    this.closed = true;
    this.player.stop();
    this.watcher.disconnect();
    this.map.close();
    this.landscape.close();
    this.history.close();
    this.meter.close();
  }
}

/** What the marks on the map mean, and what can be done with it. */
function legend(words, flat) {
  const marks = [
    ["○", words.marks_start], ["●", words.marks_end], ["★", words.marks_minimum],
    ["✕", words.marks_saddle], ["△", words.marks_maximum],
  ];
  const shown = marks.map(([sign, word]) => el("span", "", `${sign} ${word}`));
  return flat ? [...shown, el("span", "ov-say", words.drag)] : [];
}

export default mounted(".ov-stage", Stage);
