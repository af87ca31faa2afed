// Play, pause, step and scrub: the clock of the stage. It knows steps, not pictures.

import { el, fill } from "./stage_data.js";

const WHOLE = 6; // seconds that a whole run takes at speed 1
const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5, 10];
const ICONS = {
  first: "M5 4h2v12H5zM17 4v12L8 10z",
  back: "M12.500 4v12L5 10zM14 4h2v12h-2z",
  play: "M5 3.500v13L17 10z",
  pause: "M5 4h3.600v12H5zM11.400 4H15v12h-3.600z",
  forward: "M7.500 4v12L15 10zM4 4h2v12H4z",
  last: "M13 4h2v12h-2zM3 4v12l9-6z",
};

export class Player {
  /** @param moved called whenever the step has changed */
  constructor(moved) {
    this.moved = moved;
    this.k = 0;
    this.n = 0;
    this.each = 1; // what a step counts as in words: updates of a frame, say
    this.names = []; // of the steps, where a number does not do
    this.buttons = Object.fromEntries(["first", "back", "play", "forward", "last"].map((name) => {
      const button = el("button", `ov-${name === "play" ? "play" : "nudge"}`);
      if (name === "first" || name === "last") button.classList.add("ov-edge");
      button.type = "button";
      button.addEventListener("click", () => this.press(name));
      return [name, button];
    }));
    this.range = el("input");
    this.range.type = "range";
    this.range.min = "0";
    this.range.addEventListener("input", () => this.go(Number(this.range.value)));
    this.said = el("output");
    this.speed = el("select");
    SPEEDS.forEach((speed) => this.speed.append(new Option(`${speed}×`, String(speed))));
    this.speed.value = "1";
    const { first, back, play, forward, last } = this.buttons;
    this.node = el("div", "ov-player", [
      play, first, back, forward, last, this.range, this.said, this.speed,
    ]);
  }

  /** Take new words and a new length; `k` is where to stand, null to stay. */
  update(words, n, k) {
    const atEnd = this.k >= this.n;
    this.words = words;
    this.n = n;
    this.range.max = String(n);
    this.range.ariaLabel = words.scrub;
    this.speed.ariaLabel = words.speed;
    this.speed.title = words.speed;
    if (k !== null) {
      this.stop();
      this.k = k;
    } else if ((atEnd && !this.playing) || this.k > n) {
      this.k = n;
    }
    this.label();
  }

  press(name) {
    if (name === "play") return this.playing ? this.stop() : this.start();
    const whole = Math.floor(this.k);
    const next = { first: 0, back: Math.ceil(this.k) - 1, forward: whole + 1, last: this.n };
    return this.go(next[name]);
  }

  /** Keys of the whole stage; true if the key meant something. */
  key(event) {
    const names = {
      " ": "play", ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last",
    };
    if (!(event.key in names)) return false;
    this.press(names[event.key]);
    return true;
  }

  go(k) {
    this.stop();
    this.k = Math.max(0, Math.min(this.n, k));
    this.show();
  }

  start() {
    if (!this.n) return;
    if (this.k >= this.n) this.k = 0;
    this.playing = true;
    this.label();
    let before = performance.now();
    const tick = (now) => {
      if (!this.playing) return;
      const rate = (Math.max(this.n, 12) / WHOLE) * Number(this.speed.value);
      this.k = Math.min(this.n, this.k + ((now - before) / 1000) * rate);
      before = now;
      this.show();
      if (this.k >= this.n) this.stop();
      else this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    if (!this.playing) return;
    this.playing = false;
    this.label();
  }

  show() {
    this.range.value = String(Math.floor(this.k));
    this.say();
    this.moved();
  }

  label() {
    for (const [name, button] of Object.entries(this.buttons)) {
      const shown = name === "play" && this.playing ? "pause" : name;
      button.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${ICONS[shown]}"/></svg>`;
      button.ariaLabel = this.words[shown];
      button.title = this.words[shown];
    }
    this.range.value = String(Math.floor(this.k));
    this.say();
  }

  say() {
    const { each } = this;
    const values = { k: Math.floor(this.k) * each, n: this.n * each };
    this.said.textContent = this.names[Math.floor(this.k)] ?? fill(this.words.step, values);
  }
}
