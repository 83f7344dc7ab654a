// Loads the core and keeps page, address and state together.

import { ask, load } from "./core.js";
import { byId } from "./dom.js";
import { Explore } from "./explore.js";
import { Quiz } from "./quiz.js";
import { parse, write } from "./state.js";

let state = parse(location.hash);
let waiting;

/** The address follows the state, though not with every move of a slider. */
function changed() {
  clearTimeout(waiting);
  waiting = setTimeout(() => history.replaceState(null, "", `#${write(state)}`), 200);
}

async function begin() {
  await load(new URL("core.wasm", document.baseURI));
  const start = ask("start");
  const pages = { explore: new Explore(start, changed), quiz: new Quiz(start, changed) };
  const show = () => {
    const view = state.view === "quiz" ? "quiz" : "explore";
    for (const name of Object.keys(pages)) {
      byId(name).hidden = name !== view;
      const button = byId(`to-${name}`);
      if (name === view) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    byId("message").hidden = true;
    pages[view].show(state);
  };
  for (const name of Object.keys(pages)) {
    byId(`to-${name}`).addEventListener("click", () => {
      state.view = name;
      changed();
      show();
    });
  }
  addEventListener("hashchange", () => {
    state = parse(location.hash);
    show();
  });
  show();
  requestAnimationFrame(() => {
    // the first curve was asked for before this frame
    performance.mark("ready");
    document.documentElement.dataset.ready = "";
  });
}

begin().catch((error) => {
  const message = byId("message");
  message.textContent = `The page cannot start: ${error.message}`;
  message.hidden = false;
});
