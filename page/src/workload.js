// Paths into a workload, and the parts it may lack.

const CALL = {
  name: "call", count: 1, mode: "serial", latency_ms: 0, latency_cv: 0.4, distribution: "lognormal",
  cpu_ms: 2, connect_ms: 20, connect_cpu_ms: 8, keep_alive: true,
};
const TRANSFER = { name: "data", megabytes: 0, connections: 1, per_connection_mb_s: 75 };
const DOWNSTREAM = {
  name: "database", capacity: 16, service_ms: 4, service_cv: 1, requests: 1, other_load_per_s: 3600, burst: 2000,
  concurrency: 10,
};

// an address comes from anywhere, so only the parts of a workload can be named in it
const KEY = /^(cpu|call\.\d+|transfer\.\d+|downstream|memory|cold_start|noise)\.[a-z][a-z_]*$/;

/** The value at a path such as `call.0.latency_ms`. */
export function get(workload, path) {
  return path.split(".").reduce((part, key) => part?.[key], workload);
}

/** Sets the value at a path; a call, a transfer or a downstream that is not there yet is added. */
export function set(workload, path, value) {
  if (!KEY.test(path) || !(typeof value === "boolean" || Number.isFinite(value))) return;
  const keys = path.split(".");
  if (keys[0] === "call" && !workload.call?.length) workload.call = [{ ...CALL, count: 0 }];
  if (keys[0] === "transfer" && !workload.transfer?.length) workload.transfer = [{ ...TRANSFER }];
  if (keys[0] === "downstream") {
    if (keys[1] === "on") {
      if (value) workload.downstream ??= { ...DOWNSTREAM };
      else delete workload.downstream;
      return;
    }
    workload.downstream ??= { ...DOWNSTREAM };
  }
  const parent = get(workload, keys.slice(0, -1).join("."));
  if (parent && typeof parent === "object") parent[keys.at(-1)] = value;
}

/** The workload with everything that differs from its base. */
export function edited(base, edits) {
  const workload = structuredClone(base);
  for (const [path, value] of Object.entries(edits)) {
    if (path === "runtime" || path === "arch") workload[path] = value;
    else set(workload, path, value);
  }
  // what the author of the preset meant to show need not hold for the edited one
  if (Object.keys(edits).length > 0) delete workload.pattern;
  return workload;
}
