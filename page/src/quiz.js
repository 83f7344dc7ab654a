// The second page: guess the pattern and the best size.

import { draw } from "./chart.js";
import { ask } from "./core.js";
import { byId, html, replace, svg } from "./dom.js";
import { number } from "./format.js";
import { verdict } from "./verdict.js";

/** The quiz. Questions and marks are those of `powercurve quiz` for the same seed. */
export class Quiz {
  constructor(start, changed) {
    this.start = start;
    this.changed = changed;
    this.score = { points: 0, of: 0 };
    new ResizeObserver(() => this.question && this.redraw()).observe(byId("quiz"));
  }

  /** Shows the question of a state. */
  show(state) {
    this.state = state;
    const asked = { seed: whole(state.quiz), number: whole(state.q) };
    if (JSON.stringify(asked) === JSON.stringify(this.asked)) return;
    this.asked = asked;
    this.answered = false;
    this.question = ask({ quiz: asked });
    this.render();
  }

  next() {
    this.state.q = String(whole(this.state.q) + 1);
    this.changed();
    this.show(this.state);
    byId("quiz-title").focus();
  }

  render() {
    const { question, start } = this;
    const patterns = start.patterns.map(({ name, summary }) => radio("guess", name, html("strong", {}, name), html("span", { class: "aside" }, summary)));
    const sizes = question.points.map((p) => radio("size", String(p.mb), `${number(p.mb)} MB`));
    this.chart = svg("svg", { class: "chart", role: "img", "aria-label": `Duration and cost at ${question.points.length} memory sizes; the same numbers are in the table below` });
    this.form = html("form", { onsubmit: (e) => { e.preventDefault(); this.mark(); } },
      html("fieldset", { class: "guesses" }, html("legend", {}, "Which pattern is it?"), patterns),
      html("fieldset", { class: "sizes" }, html("legend", {}, "Which size would you take, cost and speed counting alike?"), html("div", { class: "row" }, sizes)),
      html("p", { class: "actions" }, html("button", { type: "submit", class: "primary", id: "submit-answer" }, "Answer"), html("span", { id: "quiz-hint", role: "status" })));
    const table = html("details", {}, html("summary", {}, "The curve as a table"), html("table", {},
      html("thead", {}, html("tr", {}, ["Memory", "Duration", "Per million"].map((h) => html("th", { scope: "col" }, h)))),
      html("tbody", {}, question.points.map((p) => html("tr", {}, html("th", { scope: "row" }, p.memory), html("td", {}, p.duration), html("td", {}, p.per_million))))));
    byId("quiz").replaceChildren(
      html("div", { class: "quiz-head" }, html("h2", { id: "quiz-title", tabindex: -1 }, `Question ${whole(this.state.q) + 1}`),
        html("p", { id: "score" }, this.scoreText())),
      html("div", { class: "quiz-body" },
        html("div", { class: "card" }, this.chart, table),
        html("div", { class: "card" }, this.form, html("div", { id: "explanation", role: "status" }))));
    this.redraw();
  }

  redraw() {
    const picks = this.answered ? { balanced: this.question.points.find((p) => p.mb === this.question.best_mb) } : undefined;
    const one = this.start.one_vcpu_mb.x86_64;
    draw(this.chart, { points: this.question.points, picks, joined: true, marks: { one, two: 2 * one } });
  }

  mark() {
    const chosen = new FormData(this.form);
    const [pattern, mb] = [chosen.get("guess"), Number(chosen.get("size"))];
    if (!pattern || !mb) {
      byId("quiz-hint").textContent = "Choose a pattern and a size.";
      return;
    }
    const { question } = this;
    const mark = ask({ mark: { ...this.asked, pattern, memory: mb } });
    this.score.points += mark.pattern + mark.size;
    this.score.of += mark.of;
    this.answered = true;
    byId("score").textContent = this.scoreText();
    for (const input of this.form.elements) input.disabled = true;
    this.flag(pattern, mb);
    byId("submit-answer").remove();
    byId("quiz-hint").textContent = "";
    const said = mark.pattern === 2 ? "Right." : mark.pattern === 1 ? "Nearly: the right family." : "Not quite.";
    const sizeSaid = mark.size ? "A good size." : `A better size: ${number(question.best_mb)} MB.`;
    replace(byId("explanation"),
      html("h3", { id: "result-said" }, `${said} ${sizeSaid} ${mark.pattern + mark.size} of ${mark.of} points.`),
      html("p", {}, `${question.what}. `, question.source && html("span", { class: "aside" }, `Recorded: ${question.source}`)),
      question.accepted.length > 1 && html("p", { class: "aside" }, `What the function does allows ${question.accepted.join(" and ")}.`),
      ...verdict(question.reading, (name) => this.start.patterns.find((p) => p.name === name)),
      html("p", { class: "actions" }, html("button", { type: "button", class: "primary", id: "next-question", onclick: () => this.next() }, "Next question")));
    this.redraw();
    byId("next-question").focus({ preventScroll: true });
  }

  /** Marks what was right and what was chosen wrongly, in words as well as in colour. */
  flag(pattern, mb) {
    const { accepted, good_mb: good } = this.question;
    for (const input of this.form.querySelectorAll("input")) {
      const right = input.name === "guess" ? accepted.includes(input.value) : good.includes(Number(input.value));
      const mine = input.value === pattern || input.value === String(mb);
      const label = input.nextElementSibling;
      if (right) label.append(html("span", { class: "flag right" }, "✓", html("span", { class: "unseen" }, " right")));
      else if (mine) label.append(html("span", { class: "flag wrong" }, "✗", html("span", { class: "unseen" }, " wrong")));
    }
  }

  scoreText() {
    const { points, of } = this.score;
    return of === 0 ? "Two points for the pattern, one for the size." : `Score: ${points} of ${of}`;
  }
}

function radio(name, value, ...label) {
  const id = `${name}-${value}`;
  return html("div", { class: "radio" }, html("input", { type: "radio", name, id, value }), html("label", { for: id }, label));
}

const whole = (text) => Math.min(2 ** 32, Math.max(0, Math.floor(Number(text)) || 0));
