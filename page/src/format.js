// Numbers for axes and sliders. Results come as text from the core, as the command line writes them.

/** At most three digits, with a narrow no-break space between thousands. */
export function number(value) {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const text = Number(value.toFixed(Math.min(digits, 6))).toString();
  const [whole, fraction] = text.split(".");
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return fraction ? `${grouped}.${fraction}` : grouped;
}

/** A duration in ms or s. */
export const duration = (ms) => (ms >= 10_000 ? `${number(ms / 1000)} s` : `${number(ms)} ms`);

/** How an axis up to `most` ms writes its durations: all in one unit. */
export const durationTick = (most) => (most >= 2000 ? (ms) => (ms === 0 ? "0" : `${number(ms / 1000)} s`) : (ms) => (ms === 0 ? "0" : `${number(ms)} ms`));

/** Dollars for a million invocations. */
export const dollars = (usd) => `$${number(usd)}`;

/** A share as whole percent. */
export const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
