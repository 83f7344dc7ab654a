// The state of the page, and its form in the address: a lesson is a link.

const DEFAULTS = {
  view: "explore", preset: "prime-numbers", w: "", billing: "1ms", price: "", sizes: "tuner", sample: "", invocations: "50",
  parallel: "", seed: "0", levers: "", events: "1000000", log: "", run: "", q: "0", quiz: "1",
};

/** Memory sizes to measure, by name. */
export const SIZES = {
  tuner: { label: "power-tuning default (6 sizes)", mb: [128, 256, 512, 1024, 1536, 3008] },
  wide: { label: "up to 10,240 MB (10 sizes)", mb: [128, 256, 512, 1024, 1536, 1769, 3008, 5307, 7076, 10240] },
  all: { label: "every 64 MB up to 3008", mb: range(128, 3008, 64) },
};

function range(low, high, step) {
  const sizes = [];
  for (let mb = low; mb <= high; mb += step) sizes.push(mb);
  return sizes;
}

/** Reads the state from the part of an address after `#`. Keys that are not known are edits of the workload. */
export function parse(hash) {
  const state = { ...DEFAULTS, edits: {} };
  for (const [key, value] of new URLSearchParams(hash.replace(/^#/, ""))) {
    if (Object.hasOwn(DEFAULTS, key)) state[key] = value;
    else state.edits[key] = literal(value);
  }
  if (!Object.hasOwn(SIZES, state.sizes)) state.sizes = DEFAULTS.sizes;
  return state;
}

function literal(text) {
  if (text === "true" || text === "false") return text === "true";
  const value = Number(text);
  return text !== "" && Number.isFinite(value) ? value : text;
}

/** Writes the state, without what is as usual. */
export function write(state) {
  const parameters = new URLSearchParams();
  for (const key of Object.keys(DEFAULTS)) if (state[key] !== DEFAULTS[key]) parameters.set(key, state[key]);
  for (const [path, value] of Object.entries(state.edits)) parameters.set(path, value);
  // characters that may stand in a fragment are left readable
  return parameters.toString().replaceAll("%2C", ",").replaceAll("%3B", ";").replaceAll("%3D", "=").replaceAll("%2F", "/");
}

/** A workload of its own as one parameter. */
export function packWorkload(workload) {
  const bytes = new TextEncoder().encode(JSON.stringify(workload));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The workload of such a parameter; `null` when it is none. */
export function unpackWorkload(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
