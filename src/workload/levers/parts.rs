//! Where the time of an invocation goes at one vCPU: the reason why a lever cannot help.

use crate::platform::cpu::ONE_VCPU_MB;
use crate::platform::network;
use crate::simulate::{breakdown, expected_ms, queue_ms};
use crate::units::MemoryMb;
use crate::workload::{Call, CallMode, Downstream, Transfer, Workload};

/// The largest part of the time, in words: `94 % of the time is the call 'payment'`.
pub(super) fn largest(workload: &Workload) -> String {
    let parts = parts(workload);
    let total: f64 = parts.iter().map(|p| p.1).sum();
    match parts.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((what, ms)) if total > 0.0 => format!("{:.0} % of the time is {what}", 100.0 * ms / total),
        _ => "an invocation takes no time".to_owned(),
    }
}

/// Time a warm call keeps the function waiting, in ms; that of calls at the same time counts once.
pub(super) fn wait_ms(call: &Call) -> f64 {
    let times = if call.mode == CallMode::Serial { call.count } else { call.count.min(1) };
    f64::from(times) * (call.latency_ms + call.warm_connect_ms())
}

fn parts(workload: &Workload) -> Vec<(String, f64)> {
    let mut parts = vec![("CPU work".to_owned(), workload.handler_cpu_ms())];
    parts.extend(workload.calls.iter().map(|c| (format!("the call {}", quoted(&c.name)), wait_ms(c))));
    parts.extend(
        workload.transfers.iter().map(|t| (format!("the transfer {}", quoted(&t.name)), transfer_ms(workload, t))),
    );
    let Ok(memory) = MemoryMb::new(ONE_VCPU_MB as u32) else { return parts };
    let queue =
        |d: &Downstream| (format!("the downstream {}", quoted(&d.name)), queue_ms(d, expected_ms(workload, memory)));
    parts.extend(workload.downstream.as_ref().map(queue));
    parts.push(("the cold start".to_owned(), breakdown(workload, memory, 0.0).cold_ms));
    parts
}

fn transfer_ms(workload: &Workload, t: &Transfer) -> f64 {
    workload.transfer_cpu_ms(t).max(network::transfer_ms(t.megabytes, t.connections, t.per_connection_mb_s))
}

fn quoted(name: &str) -> String {
    if name.is_empty() { "without a name".to_owned() } else { format!("'{name}'") }
}
