// The Rust core: one JSON question in, one JSON answer out.

let core;

/** Loads the WebAssembly module that lies beside the page. */
export async function load(url) {
  const response = await fetch(url);
  // not every static host knows the type of .wasm, so streaming compilation is not relied on
  const { instance } = await WebAssembly.instantiate(await response.arrayBuffer(), {});
  core = instance.exports;
}

/**
 * Asks the core.
 * @throws {Error} with the core's message when the question cannot be answered
 */
export function ask(question) {
  const bytes = new TextEncoder().encode(JSON.stringify(question));
  const at = core.reserve(bytes.length);
  new Uint8Array(core.memory.buffer, at, bytes.length).set(bytes);
  const packed = BigInt.asUintN(64, core.answer(at, bytes.length));
  const [address, length] = [Number(packed >> 32n), Number(packed & 0xffffffffn)];
  const text = new TextDecoder().decode(new Uint8Array(core.memory.buffer, address, length));
  core.release(address, length);
  const answer = JSON.parse(text);
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}
