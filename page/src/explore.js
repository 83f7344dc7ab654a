// The first page: a function, its curve, and what follows from it.

import { STRATEGIES, draw, nearest } from "./chart.js";
import { choice, control, groups } from "./controls.js";
import { ask } from "./core.js";
import { byId, html, replace } from "./dom.js";
import { dollars, duration, number } from "./format.js";
import { leverList } from "./levers.js";
import { pngBlob, save, svgText } from "./save.js";
import { SIZES, packWorkload, unpackWorkload, write } from "./state.js";
import { verdict } from "./verdict.js";
import { edited } from "./workload.js";

/** The first page. `start` is what the core offers, `changed` is called when the address should follow. */
export class Explore {
  constructor(start, changed) {
    this.start = start;
    this.changed = changed;
    this.cursor = null;
    this.shape = "";
    byId("preset").append(...start.presets.map((p) => html("option", { value: p.name }, p.name)));
    byId("preset").addEventListener("change", (e) => this.take({ preset: e.target.value, w: "", edits: {}, levers: "" }));
    byId("reset").addEventListener("click", () => this.take({ edits: {}, w: "", levers: "", price: "", billing: "1ms" }));
    byId("levers-panel").addEventListener("toggle", () => this.answer && this.showLevers());
    byId("events").addEventListener("input", (e) => e.target.value !== "" && e.target.checkValidity() && this.take({ events: e.target.value }));
    this.listenToCursor();
    this.listenToRuns();
    this.listenToExports();
    new ResizeObserver(() => this.answer && this.drawChart()).observe(byId("cursor"));
  }

  /** Shows a state from the address. */
  show(state) {
    this.state = state;
    this.shape = "";
    if (state.run !== this.shownRun) this.readRun("link", state.run ? `https://lambda-power-tuning.show/#${state.run}` : "");
    this.update();
  }

  /** Changes the state. */
  take(change) {
    if (change.preset) change.sample = change.preset === "small-database" ? "1" : "";
    Object.assign(this.state, change);
    // other values in the same controls
    if (change.edits) this.shape = null;
    this.update();
  }

  edit(path, value) {
    this.state.edits[path] = value;
    if (path === "downstream.on") {
      for (const key of Object.keys(this.state.edits)) if (key.startsWith("downstream.") && key !== path) delete this.state.edits[key];
      this.state.sample = value ? "1" : "";
    }
    this.update();
  }

  /** Draws once a frame, however often a slider moves. */
  update() {
    this.note = "";
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.render();
    });
  }

  get workload() {
    const { state, start } = this;
    const preset = start.presets.find((p) => p.name === state.preset) ?? start.presets[1];
    return edited(this.linked(state.w) ?? preset.workload, state.edits);
  }

  /** The workload that came with the address, if the core takes it for one. */
  linked(packed) {
    if (packed !== this.packed) {
      this.packed = packed;
      this.unpacked = packed ? unpackWorkload(packed) : null;
      try {
        if (this.unpacked) ask({ toml: { workload: this.unpacked } });
      } catch {
        this.unpacked = null;
      }
    }
    return this.unpacked;
  }

  render() {
    const { state } = this;
    const workload = this.workload;
    this.showControls(workload);
    const price = Number(state.price);
    const question = {
      workload, sizes: SIZES[state.sizes].mb, billing: state.billing, gb_s: state.price !== "" && price >= 0 ? price : null,
      sample: state.sample ? { invocations: clamp(state.invocations, 1, 1000), seed: clamp(state.seed, 0, 2 ** 32), parallel: Boolean(state.parallel) } : null,
      levers: state.levers ? state.levers.split(",") : [], events: clamp(state.events, 1, 1e12),
    };
    try {
      this.answer = ask({ simulate: question });
    } catch (error) {
      byId("result").classList.add("stale");
      this.say(`${sentence(error.message)}.\n${this.answer ? "The curve and all results are those before this change." : "There is no curve to show."}`);
      return;
    }
    byId("result").classList.remove("stale");
    const { dropped } = this.answer;
    if (dropped.length > 0) {
      state.levers = question.levers.filter((lever) => !dropped.some((d) => d.lever === lever)).join(",");
      this.note = dropped.map(({ lever, reason }) => `The lever ${lever} is left out: ${reason}.`).join("\n");
    }
    this.say(this.note);
    byId("levers-panel").open ||= question.levers.length > 0;
    this.drawChart();
    this.showPicks();
    byId("verdict").replaceChildren(...verdict(this.answer.run.reading, (name) => this.pattern(name), this.answer.defined_as));
    this.showLevers();
    this.showTable();
    this.changed();
    clearTimeout(this.announcement);
    this.announcement = setTimeout(() => this.announce(), 800);
  }

  /** Shows a message, or none. */
  say(text) {
    byId("message").textContent = text;
    byId("message").hidden = text === "";
    // the message stands at the foot of the window, where it may lie on the control that caused it
    const [control, message] = [document.activeElement, byId("message")].map((element) => element.getBoundingClientRect());
    const covered = control.bottom + 8 - message.top;
    if (text !== "" && byId("groups").contains(document.activeElement) && covered > 0) scrollBy(0, covered);
  }

  pattern(name) {
    return this.start.patterns.find((p) => p.name === name);
  }

  /** The controls are built again only when there are others to show: a slider that is held must stay. */
  showControls(workload) {
    const { state, start } = this;
    byId("preset").value = state.w ? "" : state.preset;
    if (document.activeElement !== byId("events")) byId("events").value = state.events;
    byId("description").textContent = workload.description;
    const shape = JSON.stringify([state.preset, state.w, Boolean(workload.downstream),
      workload.call?.length, workload.runtime, workload.arch, state.billing, state.sizes, state.sample, state.parallel, state.price === ""]);
    if (shape === this.shape) return;
    const first = this.shape === "";
    this.shape = shape;
    const open = new Set([...document.querySelectorAll("#groups details[open]")].map((d) => d.id));
    const runtime = start.runtimes.find((r) => r.name === workload.runtime) ?? start.runtimes[0];
    const change = (path, value) => this.edit(path, value);
    replace(byId("groups"),
      ...groups(workload).map(({ id, title, controls }) => {
        const used = { cpu: true, call: Boolean(workload.call?.length), transfer: Boolean(workload.transfer?.length), downstream: Boolean(workload.downstream) }[id];
        return html("details", { id: `group-${id}`, open: first ? Boolean(used) : open.has(`group-${id}`) || (used && id === "downstream") },
          html("summary", {}, title), controls.map((c) => control(c, workload, runtime, change)));
      }),
      this.billControls(workload), this.sampleControls());
  }

  billControls(workload) {
    const { state, start } = this;
    const runtime = html("select", { id: "runtime", onchange: (e) => this.edit("runtime", e.target.value) },
      start.runtimes.map((r) => html("option", { value: r.name, selected: r.name === workload.runtime }, r.name)));
    const price = html("input", { type: "number", id: "price", min: 0, step: "any", value: state.price, placeholder: (start.gb_s[workload.arch] ?? start.gb_s.x86_64).toPrecision(3),
      oninput: () => { state.price = price.value; this.update(); } });
    return html("details", { id: "group-bill", open: true }, html("summary", {}, "Platform and bill"),
      choice("arch", "Architecture", [["x86_64", "x86_64"], ["arm64", "arm64"]], workload.arch, (v) => this.edit("arch", v)),
      choice("billing", "Billing step", [["1ms", "1 ms"], ["100ms", "100 ms"]], state.billing, (v) => this.take({ billing: v })),
      html("div", { class: "pair" }, html("label", { for: "runtime" }, "Runtime"), runtime),
      html("div", { class: "pair" }, html("label", { for: "price" }, "Price of a GB-second in $"), price));
  }

  sampleControls() {
    const { state } = this;
    const on = html("input", { type: "checkbox", id: "sample", checked: Boolean(state.sample), onchange: () => this.take({ sample: on.checked ? "1" : "" }) });
    const parallel = html("input", { type: "checkbox", id: "parallel", checked: Boolean(state.parallel), onchange: () => this.take({ parallel: parallel.checked ? "1" : "" }) });
    const field = (key, label, most) => {
      const input = html("input", { type: "number", id: key, min: key === "seed" ? 0 : 1, max: most, step: 1, value: state[key],
        oninput: () => { if (input.checkValidity() && input.value !== "") { state[key] = input.value; this.update(); } } });
      return html("div", { class: "pair" }, html("label", { for: key }, label), input);
    };
    const sizes = html("select", { id: "sizes", onchange: (e) => this.take({ sizes: e.target.value }) },
      Object.entries(SIZES).map(([key, { label }]) => html("option", { value: key, selected: key === state.sizes }, label)));
    return html("details", { id: "group-measure", open: true }, html("summary", {}, "Measurement"),
      html("div", { class: "stacked" }, html("label", { for: "sizes" }, "Memory sizes"), sizes),
      html("div", { class: "toggle" }, on, html("label", { for: "sample" }, "Play a power-tuning run")),
      state.sample && field("invocations", "Invocations a size", 1000),
      state.sample && html("div", { class: "toggle" }, parallel, html("label", { for: "parallel" }, "All at once: cold starts leak in")),
      state.sample && field("seed", "Seed", 2 ** 32),
      state.sample && html("p", { class: "actions" }, html("button", { type: "button", id: "again",
        onclick: () => { state.seed = String(clamp(state.seed, 0, 2 ** 32 - 1) + 1); byId("seed").value = state.seed; this.update(); } }, "Measure again")));
  }

  drawChart() {
    const { state, answer, start } = this;
    const one = start.one_vcpu_mb[answer.arch];
    const data = {
      line: answer.line, before: answer.before?.line, points: answer.run.points, sampled: Boolean(state.sample), picks: answer.run.picks,
      run: this.run, marks: { one, two: 2 * one }, log: Boolean(state.log), cursor: this.cursor,
    };
    Object.assign(this, { geometry: draw(byId("chart"), data) });
    this.showReadout();
    const log = html("input", { type: "checkbox", id: "log", checked: Boolean(state.log), onchange: () => this.take({ log: log.checked ? "1" : "" }) });
    const legend = [
      state.sample ? "● trimmed means" : "● expected values",
      state.sample && "┃ ± one standard deviation of an invocation",
      answer.before && "- - before the levers",
      this.run && `□ ${this.run.id}, with the fitted curve`,
    ].filter(Boolean);
    const key = JSON.stringify([legend, state.log]);
    if (key === this.legend) return;
    this.legend = key;
    replace(byId("legend"), legend.map((text) => html("span", {}, text)), html("span", { class: "toggle" }, log, html("label", { for: "log" }, "Logarithmic")));
  }

  showReadout() {
    const { line } = this.answer;
    const i = nearest(line.mb, this.cursor ?? 1769);
    const text = `${number(line.mb[i])} MB: ${duration(line.ms[i])}, ${dollars(line.usd[i] * 1e6)} a million`;
    byId("readout").textContent = text;
    byId("cursor").setAttribute("aria-valuenow", line.mb[i]);
    byId("cursor").setAttribute("aria-valuetext", text);
  }

  showPicks() {
    const { picks } = this.answer.run;
    byId("picks").replaceChildren(...STRATEGIES.map(({ key, label, shape }) => {
      const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      for (const [name, value] of Object.entries({ viewBox: "-10 -10 20 20", width: 16, height: 16, "aria-hidden": "true" })) icon.setAttribute(name, value);
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", shape(7));
      path.setAttribute("class", `pick ${key}`);
      icon.append(path);
      const pick = picks[key];
      return html("li", { "data-pick": key }, html("span", { class: "label" }, icon, label), html("strong", {}, pick.memory),
        html("span", {}, pick.duration), html("span", {}, `${pick.per_million} a million`));
    }));
  }

  showLevers() {
    // most of the text of the page, seen only when it is asked for
    if (!byId("levers-panel").open) return;
    const idleShown = Boolean(byId("levers").querySelector("details")?.open);
    replace(byId("levers"), ...leverList(this.answer, this.state, idleShown, (change) => this.take(change)));
  }

  showTable() {
    const { run, failed } = this.answer;
    const row = (cells, tag = "td") => html("tr", {}, cells.map((cell, i) => html(i === 0 ? "th" : tag, i === 0 ? { scope: tag === "th" ? "col" : "row" } : tag === "th" ? { scope: "col" } : {}, cell)));
    byId("table").replaceChildren(html("table", {},
      html("thead", {}, row(["Memory", "Duration", "Cost of a million"], "th")),
      html("tbody", {}, run.points.map((p) => row([p.memory, p.duration, p.per_million])),
        failed.map((f) => row([f.memory, f.reason, ""])))));
  }

  announce() {
    const { picks, reading } = this.answer.run;
    byId("announce").textContent = `${reading.uncertain ? "Uncertain, perhaps " : ""}${reading.pattern}. Cheapest ${picks.cost.memory}, fastest ${picks.speed.memory}, balanced ${picks.balanced.memory}.`;
  }

  listenToCursor() {
    const area = byId("cursor");
    const move = (mb) => {
      this.cursor = mb === null ? null : Math.min(10240, Math.max(128, Math.round(mb)));
      if (this.answer) this.drawChart();
    };
    area.addEventListener("pointermove", (e) => move(this.geometry.x.invert(e.clientX - area.getBoundingClientRect().left)));
    area.addEventListener("pointerleave", () => move(null));
    area.addEventListener("keydown", (e) => {
      const here = this.cursor ?? 1769;
      const to = { ArrowRight: here + 64, ArrowUp: here + 64, ArrowLeft: here - 64, ArrowDown: here - 64, PageUp: here * 2, PageDown: here / 2, Home: 128, End: 10240 }[e.key];
      if (to === undefined) return;
      e.preventDefault();
      move(to);
    });
    area.addEventListener("blur", () => move(null));
  }

  listenToRuns() {
    const read = async (file) => file && this.readRun(file.name, await file.text());
    byId("paste-show").addEventListener("click", () => this.readRun("pasted", byId("paste").value));
    byId("paste").addEventListener("paste", () => setTimeout(() => this.readRun("pasted", byId("paste").value)));
    byId("file").addEventListener("change", (e) => read(e.target.files[0]));
    document.addEventListener("dragover", (e) => e.preventDefault());
    document.addEventListener("drop", (e) => {
      e.preventDefault();
      byId("run-panel").open = true;
      const text = e.dataTransfer.getData("text/plain");
      if (e.dataTransfer.files.length > 0) read(e.dataTransfer.files[0]);
      else if (text) this.readRun("dropped", text);
    });
  }

  /** Reads recorded runs out of a text and shows the first; an empty text takes the shown one away. */
  readRun(name, text) {
    this.run = null;
    let problem = "";
    if (text.trim() !== "") {
      try {
        const { runs, errors, of } = ask({ read: { name, text } });
        const read = runs.length + errors.length;
        if (read < of) errors.push(`${read} of ${of} runs are read: give fewer to see the others.`);
        this.runs = runs;
        this.run = runs[0] ?? null;
        problem = errors.join("\n");
      } catch (error) {
        problem = error.message;
      }
    }
    this.showRun(problem);
  }

  showRun(problem = "") {
    const { run } = this;
    this.shownRun = run?.fragment ?? "";
    if (this.state) this.state.run = this.shownRun;
    byId("run-panel").open ||= Boolean(run || problem);
    byId("run").replaceChildren(...[
      problem && html("p", { class: "message", role: "alert" }, problem),
      run && this.runs.length > 1 && this.runChoice(),
      run && html("p", {}, html("strong", {}, run.id), `: ${run.points.length} sizes. The fitted curve is ${(100 * run.fit.rms).toFixed(1)}\u00a0% off on average (root mean square).`),
      run && run.fit.open.length > 0 && html("p", { class: "aside" }, `${run.fit.open.join("; ")}.`),
      run && html("div", { class: "verdict", id: "run-verdict" }, verdict(run.reading, (name) => this.pattern(name))),
      run && html("p", { class: "actions" },
        html("button", { type: "button", id: "use-fit", onclick: () => this.take({ w: packWorkload(run.fit.workload), edits: {}, levers: "", sample: "" }) }, "Continue with the fitted function"),
        html("button", { type: "button", id: "remove-run", onclick: () => { byId("paste").value = ""; this.readRun("", ""); } }, "Take it away")),
    ].filter(Boolean));
    if (this.state) this.update();
  }

  runChoice() {
    const select = html("select", { id: "which-run", onchange: () => { this.run = this.runs[select.selectedIndex]; this.showRun(); } },
      this.runs.map((r) => html("option", { selected: r === this.run }, r.id)));
    return html("div", { class: "pair" }, html("label", { for: "which-run" }, "Run"), select);
  }

  listenToExports() {
    const name = () => (this.workload.name || "workload").replace(/[^\w.-]+/g, "-");
    const said = (text) => { byId("saved").textContent = text; };
    byId("copy-link").addEventListener("click", async () => {
      const link = `${location.origin}${location.pathname}#${write(this.state)}`;
      await navigator.clipboard.writeText(link).then(() => said("Link copied."), () => said("Copy the link from the address bar."));
    });
    byId("save-toml").addEventListener("click", () => save(`${name()}.toml`, "text/plain", ask({ toml: { workload: this.workload } }).toml));
    byId("save-svg").addEventListener("click", () => save(`${name()}.svg`, "image/svg+xml", svgText(byId("chart"))));
    byId("save-png").addEventListener("click", async () => save(`${name()}.png`, "image/png", await pngBlob(byId("chart"))));
  }
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);
const clamp = (text, low, high) => Math.min(high, Math.max(low, Math.floor(Number(text)) || 0));
