// A map whose points move: Plotly draws it, the frames come over the feed, the player is local.

import { Picture, mounted } from "./mount.js";
import { thinNames } from "./chart.js";
import { framesOf, watch } from "./live_frames.js";
import { heedPinch } from "./pinch.js";
import { heedWheel, loadPlotly, mapConfig, narrowed, plotlyConfig } from "./plotly.js";
import { el, fill, fmt } from "./stage_data.js";
import { between, nameWithHalo, prepare, strokeWithHalo, tracePath } from "./stage_draw.js";
import { History } from "./stage_history.js";
import { Player } from "./stage_player.js";

const FULL = 32767; // the edge of the picture, in the steps of a frame
const CHASE = 0.35; // seconds in which the shown frame comes close to the newest
const STILL = 150; // ms without a new place after which the points count as standing still
const PARTS = 10; // of the way of a chosen film, each fainter the longer ago

class LiveMap extends Picture {
  constructor(host) {
    super(host);
    this.plot = el("div", "ov-plot");
    this.canvas = el("canvas");
    this.view = el("div", "ov-view", [this.plot, this.canvas]);
    this.player = new Player(() => this.moved());
    this.history = new History((k) => this.player.go(k));
    this.facts = el("div", "ov-hint");
    host.tabIndex = 0;
    const below = el("div", "ov-below", [this.facts, this.history.node]);
    host.replaceChildren(this.view, this.player.node, below);
    host.addEventListener("keydown", (event) => {
      if (event.target.closest("select, button, input")) return;
      if (this.player.key(event)) event.preventDefault();
    });
    this.unwatch = watch((run) => {
      if (run === this.data?.run) this.refresh();
    });
    this.watcher = new ResizeObserver(() => this.resized());
    this.watcher.observe(this.view);
  }

  async draw({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    try {
      this.Plotly = await loadPlotly(data.plotly);
      for (const [name, colour] of Object.entries(data.theme)) {
        this.host.style.setProperty(`--ov-${name}`, colour);
      }
      this.host.style.setProperty("--ov-view-height", `${data.height}px`);
      this.host.style.setProperty("--ov-curve-height", `${data.curve}px`);
      if (data.run !== this.data?.run) {
        this.player.stop();
        this.player.k = 0;
        this.following = true;
      }
      this.data = data;
      this.rows = data.rows.map((packed) => new Int32Array(
        Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)).buffer,
      ));
      this.player.each = data.each;
      const figure = JSON.parse(data.figure);
      const size = { width: this.view.clientWidth, height: this.view.clientHeight };
      this.size = `${size.width} ${size.height}`;
      this.notes = figure.layout.annotations ?? [];
      const { x, y, notes } = this.places(this.player.k);
      figure.data.forEach((trace, i) => Object.assign(trace, { x: x[i], y: y[i] }));
      const layout = { ...narrowed(figure.layout, size.width), ...size, annotations: notes };
      const config = plotlyConfig(data.words, true, mapConfig());
      config.modeBarButtonsToRemove.push("select2d", "lasso2d");
      this.host.classList.add("ov-moving"); // names are put in order when it rests
      await this.Plotly.react(this.plot, { data: figure.data, layout, config });
      if (!this.listening) this.listen();
      await this.refresh();
      this.rest();
      this.host.dataset.drawn = String(Number(this.host.dataset.drawn ?? 0) + 1);
    } catch (error) {
      if (this.closed) return;
      this.facts.textContent = data.words.failed;
      console.error("optviz live map:", error);
    }
  }

  listen() {
    this.listening = true;
    heedWheel(this.plot);
    heedPinch(this.plot);
    this.plot.on("plotly_click", ({ points }) => {
      const row = points?.[0]?.customdata?.[0];
      if (row !== undefined) this.send("pick", row);
    });
    this.plot.on("plotly_relayouting", () => this.overlay());
    this.plot.on("plotly_relayout", () => { this.overlay(); thinNames(this.plot); });
  }

  /** Take in what the feed has brought. */
  async refresh() {
    if (!this.Plotly || this.closed) return;
    const { run, words } = this.data;
    const known = framesOf(run);
    const last = Math.max(known.frames.length - 1, 0);
    const { k, playing } = this.player;
    this.player.names = known.names ?? [];
    this.player.update(words.stage, last, null);
    this.player.k = Math.min(k, last);
    if (known.history && known.history !== this.drawnHistory) {
      this.drawnHistory = known.history;
      await this.history.update(this.Plotly, this.data, known.history);
    }
    if (this.following && !playing) this.chase();
    this.paint();
  }

  /** Let the shown frame run after the newest, at the pace at which they come. */
  chase() {
    if (this.chasing) return;
    this.chasing = true;
    let before = performance.now();
    const tick = (now) => {
      const { player } = this;
      if (this.closed || !this.following || player.playing) {
        this.chasing = false;
        return;
      }
      const part = 1 - Math.exp(-(now - before) / 1000 / CHASE);
      before = now;
      const gap = player.n - player.k;
      player.k = gap < 0.2 ? player.n : player.k + gap * part;
      this.own = true;
      player.show();
      this.own = false;
      if (player.k < player.n) requestAnimationFrame(tick);
      else this.chasing = false;
    };
    requestAnimationFrame(tick);
  }

  /** The player stands elsewhere: by the reader's hand, or because it plays or chases. */
  moved() {
    if (!this.own) this.following = this.player.k >= this.player.n;
    this.paint();
  }

  /** Where every mark is at a fractional frame: columns for each trace, and the notes. */
  places(k) {
    const { frames } = framesOf(this.data.run);
    const i = Math.min(Math.floor(k), Math.max(frames.length - 1, 0));
    const here = frames[i];
    const next = frames[i + 1] ?? here;
    const part = k - i;
    const at = (row, c) => (here && row >= 0
      ? (here[2 * row + c] * (1 - part) + next[2 * row + c] * part) / FULL : NaN);
    const [x, y] = [0, 1].map((c) => this.rows.map((rows) => Float32Array.from(
      rows, (row) => at(row, c),
    )));
    const notes = this.notes.map((note) => (here
      ? { ...note, x: at(note.x, 0), y: at(note.x, 1) } : { ...note, visible: false }));
    return { x, y, notes };
  }

  /** Draw the frame under the player: at once if nothing is being drawn, else the next time. */
  paint() {
    if (!this.Plotly || this.closed || !this.plot._fullLayout) return;
    this.tell();
    if (this.painting) {
      this.again = true;
      return;
    }
    const { k } = this.player;
    if (this.painted === `${k} ${this.data.run}`) {
      this.overlay();
      return;
    }
    this.painted = `${k} ${this.data.run}`;
    this.host.classList.add("ov-moving");
    this.painting = true;
    const { x, y, notes } = this.places(k);
    this.Plotly.update(this.plot, { x, y }, notes.length ? { annotations: notes } : {})
      .catch((error) => { if (!this.closed) console.error("optviz live map:", error); })
      .then(() => {
        this.painting = false;
        if (this.closed) return;
        this.overlay();
        if (this.again) {
          this.again = false;
          requestAnimationFrame(() => this.paint()); // the page's own work goes in between
        }
        this.rest();
      });
  }

  /** Names are hidden while points move, and put in order once they stand still. */
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      if (this.closed) return;
      if (this.painting || this.player.playing || this.chasing) {
        this.rest();
        return;
      }
      thinNames(this.plot);
      this.host.classList.remove("ov-moving");
    }, STILL);
  }

  /** The ways of the chosen films, and the cursor on the loss. */
  overlay() {
    const { run, selected, trails, theme } = this.data;
    const { frames } = framesOf(run);
    const { k } = this.player;
    const pen = prepare(this.canvas, this.view.clientWidth, this.view.clientHeight);
    const { xaxis, yaxis } = this.plot._fullLayout;
    const ways = selected >= 0 ? [{ row: selected, colour: theme.negative }, ...trails] : trails;
    if (ways.length && frames.length) {
      pen.save();
      pen.beginPath();
      pen.rect(xaxis._offset, yaxis._offset, xaxis._length, yaxis._length);
      pen.clip();
      ways.forEach((way) => this.way(pen, frames, way, k));
      pen.restore();
    }
    if (this.drawnHistory) this.history.paint([{ colour: theme.accent }], k);
    this.host.dataset.frame = String(Math.floor(k));
  }

  /** Where a film has come from, fainter the longer ago, and where it is. */
  way(pen, frames, { row, colour, name }, k) {
    const { theme } = this.data;
    const { xaxis, yaxis } = this.plot._fullLayout;
    const toX = (x) => xaxis._offset + xaxis.d2p(x);
    const toY = (y) => yaxis._offset + yaxis.d2p(y);
    const way = new Float32Array(2 * frames.length);
    frames.forEach((frame, i) => {
      way[2 * i] = frame[2 * row] / FULL;
      way[2 * i + 1] = frame[2 * row + 1] / FULL;
    });
    for (let part = 0; part < PARTS; part += 1) {
      const from = Math.floor((k * part) / PARTS);
      const to = part === PARTS - 1 ? k : Math.floor((k * (part + 1)) / PARTS);
      pen.globalAlpha = 0.12 + (0.75 * part) / PARTS;
      tracePath(pen, way.subarray(2 * from), to - from, toX, toY);
      strokeWithHalo(pen, colour, 1.6, [], theme.ground);
    }
    if (!name) return;
    const [x, y] = between(way, k);
    pen.globalAlpha = 1;
    pen.beginPath();
    pen.arc(toX(x), toY(y), 4.5, 0, 2 * Math.PI);
    pen.fillStyle = colour;
    pen.fill();
    pen.font = `600 12px ${getComputedStyle(this.host).fontFamily}`;
    pen.textAlign = "center";
    nameWithHalo(pen, name, toX(x), toY(y) - 9, colour, theme.ground);
  }

  /** The numbers of the frame that is shown. */
  tell() {
    const { words } = this.data;
    const fact = framesOf(this.data.run).facts?.[Math.floor(this.player.k)];
    if (!fact) return;
    if (typeof fact === "string") {
      this.facts.textContent = fact;
      return;
    }
    const [kl, seconds, side, phase] = fact;
    this.facts.textContent = [
      kl === null ? null : fill(words.live.kl, { kl: kl.toFixed(2) }),
      fill(words.live.seconds, { seconds: seconds.toFixed(1) }),
      fill(words.live.side, { side: fmt(side, 2) }),
      phase,
    ].filter(Boolean).join(" · ");
  }

  resized() {
    if (!this.data || this.closed || this.host.offsetParent === null) return;
    const size = `${this.view.clientWidth} ${this.view.clientHeight}`;
    if (this.size === undefined || size === this.size) return;
    cancelAnimationFrame(this.fitting);
    this.fitting = requestAnimationFrame(() => {
      this.drawnHistory = null;
      this.show({ ...this.latest });
    });
  }

  close() {
    this.closed = true;
    this.player.stop();
    this.watcher.disconnect();
    this.unwatch();
    this.history.close();
    this.Plotly?.purge(this.plot);
  }
}

export default mounted(".ov-live", LiveMap);
