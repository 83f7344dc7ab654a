//! The transformations.

use super::info::ARM64_TIME_FACTOR;
use super::parts::{largest, wait_ms};
use super::{Environment, Lever, Scenario};
use crate::curve::Arch;
use crate::error::{Error, Result};
use crate::platform::billing::BillingStep;
use crate::workload::{Call, CallMode, Transfer, Workload};

/// Words by which the call of a lever is recognised when the user does not name it.
const CONFIG_WORDS: [&str; 6] = ["config", "secret", "parameter", "ssm", "settings", "feature flag"];
const PUBLISH_WORDS: [&str; 7] = ["publish", "notif", "send", "sns", "sqs", "eventbridge", "event bus"];

/// State transitions of a workflow that waits for the function: the state before the wait, the
/// wait, and the state after it.
const WAIT_TRANSITIONS: u32 = 3;

impl Lever {
    /// The scenario after this change.
    ///
    /// # Errors
    /// When the lever cannot change anything here: the error says why, and where the time goes
    /// instead. Also when the changed workload would be out of range.
    pub fn apply(&self, before: &Scenario) -> Result<Scenario> {
        let mut after = before.clone();
        let Scenario { workload, environment } = &mut after;
        let changed = match self {
            Self::KeepAlive => keep_alive(workload),
            Self::CacheConfig(name) => cache_config(workload, name.as_deref()),
            Self::LazyInit(share) | Self::SmallerBundle(share) => shrink_init(workload, *share),
            Self::Destinations(name) => take_call(workload, name.as_deref(), &PUBLISH_WORDS).map(|_| ()),
            Self::FilterEvents(share) => filter(environment, *share),
            Self::ConnectionPool(left_ms) => connection_pool(workload, *left_ms),
            Self::RangeGet(share) => range_get(workload, *share),
            Self::ParallelCalls => parallel_calls(workload),
            Self::StepFunctionsWait(name) => step_functions_wait(workload, environment, name.as_deref()),
            Self::MultiThreadTransfer(n) => multi_thread_transfer(workload, *n),
            Self::ConcurrencyLimit(n) => concurrency_limit(workload, *n),
            Self::ProvisionedConcurrency(n) => provisioned_concurrency(workload, environment, *n),
            Self::Arm64(factor) => arm64(workload, factor.unwrap_or(ARM64_TIME_FACTOR)),
            Self::Billing(step) => billing(environment, *step),
        };
        changed.and_then(|()| after.workload.check()).map_err(|e| e.at(format!("lever {}", self.name())))?;
        Ok(after)
    }
}

/// A lever that cannot change anything, with the reason and where the time goes.
fn useless(why: &str, workload: &Workload) -> Error {
    Error::new(format!("does not apply: {why}: {}", largest(workload)))
}

/// Changes every item that `applies`; whether there was one.
fn change_all<T>(items: &mut [T], applies: impl Fn(&T) -> bool, change: impl Fn(&mut T)) -> bool {
    let mut any = false;
    for item in items.iter_mut().filter(|item| applies(item)) {
        change(item);
        any = true;
    }
    any
}

fn keep_alive(workload: &mut Workload) -> Result<()> {
    if change_all(&mut workload.calls, |c| !c.keep_alive, |c| c.keep_alive = true) {
        return Ok(());
    }
    let why = if workload.calls.is_empty() { "nothing is called" } else { "every call already reuses its connection" };
    Err(useless(why, workload))
}

/// The place of the call of this name, else of the first whose name holds one of the words.
fn find_call(workload: &Workload, name: Option<&str>, words: &[&str]) -> Result<usize> {
    let is_it = |call: &Call| match name {
        Some(name) => call.name == name,
        None => words.iter().any(|word| call.name.to_lowercase().contains(word)),
    };
    workload.calls.iter().position(is_it).ok_or_else(|| no_such_call(workload, name, words))
}

/// Removes the call that [`find_call`] finds.
fn take_call(workload: &mut Workload, name: Option<&str>, words: &[&str]) -> Result<Call> {
    let at = find_call(workload, name, words)?;
    Ok(workload.calls.remove(at))
}

fn no_such_call(workload: &Workload, name: Option<&str>, words: &[&str]) -> Error {
    if workload.calls.is_empty() {
        return useless("nothing is called", workload);
    }
    let names: Vec<&str> = workload.calls.iter().map(|c| c.name.as_str()).collect();
    let why = match name {
        Some(name) => format!("no call is named '{name}'"),
        None => format!("no call is named after {}", words.join(", ")),
    };
    useless(&why, workload).help(format!("name one of the calls: {}", names.join(", ")))
}

/// The call leaves the warm path; cold starts still make it, before or in the first handler call.
fn cache_config(workload: &mut Workload, name: Option<&str>) -> Result<()> {
    let call = take_call(workload, name, &CONFIG_WORDS)?;
    let count = f64::from(call.count);
    let wait = wait_ms(&Call { keep_alive: true, ..call.clone() }) + call.connect_ms;
    workload.cold_start.init_ms = Some(workload.init_ms() + wait);
    workload.cold_start.first_call_cpu_ms += count * call.cpu_ms + call.connect_cpu_ms;
    Ok(())
}

/// Shrinks what the init takes beyond that of an empty function of the runtime.
fn shrink_init(workload: &mut Workload, share: f64) -> Result<()> {
    let (init, floor) = (workload.init_ms(), workload.runtime.init_ms());
    if workload.cold_start.share == 0.0 {
        return Err(useless("no invocation is a cold start (cold_start.share is 0)", workload));
    }
    if init <= floor {
        return Err(useless("init already takes no longer than that of an empty function", workload));
    }
    workload.cold_start.init_ms = Some(floor + (init - floor) * (1.0 - share));
    Ok(())
}

fn filter(environment: &mut Environment, share: f64) -> Result<()> {
    if share >= 1.0 {
        return Err(Error::new("does not apply: filtering out every event leaves nothing to run"));
    }
    environment.events_per_month *= 1.0 - share;
    Ok(())
}

fn connection_pool(workload: &mut Workload, left_ms: f64) -> Result<()> {
    let cold = workload.cold_start.share > 0.0;
    let pays = |c: &Call| (!c.keep_alive || cold) && (c.connect_ms > left_ms || c.connect_cpu_ms > 0.0);
    let shorten = |c: &mut Call| {
        // what CPU work the handshake costs goes with the time it takes
        let kept = if c.connect_ms > 0.0 { (left_ms / c.connect_ms).min(1.0) } else { 0.0 };
        c.connect_cpu_ms *= kept;
        c.connect_ms = c.connect_ms.min(left_ms);
    };
    if change_all(&mut workload.calls, pays, shorten) {
        return Ok(());
    }
    Err(useless("no call spends time on setting up a connection", workload))
}

fn range_get(workload: &mut Workload, share: f64) -> Result<()> {
    if change_all(&mut workload.transfers, |t| t.megabytes > 0.0, |t| t.megabytes *= 1.0 - share) {
        return Ok(());
    }
    Err(useless("nothing is transferred", workload))
}

fn parallel_calls(workload: &mut Workload) -> Result<()> {
    let in_turn = |c: &Call| c.mode == CallMode::Serial && c.count > 1;
    if change_all(&mut workload.calls, in_turn, |c| c.mode = CallMode::Parallel) {
        return Ok(());
    }
    Err(useless("no group of calls follows each other", workload))
}

/// The wait leaves the function, which is invoked once more after it, and after each of calls in series; the CPU work of
/// asking stays.
fn step_functions_wait(workload: &mut Workload, environment: &mut Environment, name: Option<&str>) -> Result<()> {
    let waits = workload.calls.iter().map(wait_ms).enumerate();
    let at = match (name, waits.max_by(|a, b| a.1.total_cmp(&b.1))) {
        (None, Some((longest, _))) => longest,
        _ => find_call(workload, name, &[])?,
    };
    let call = workload.calls.remove(at);
    workload.cpu.work_ms += f64::from(call.count) * call.warm_cpu_ms();
    let waits = if call.mode == CallMode::Serial { call.count } else { 1 };
    environment.invocations_per_event += waits;
    environment.transitions_per_event += waits * WAIT_TRANSITIONS;
    Ok(())
}

fn multi_thread_transfer(workload: &mut Workload, connections: u32) -> Result<()> {
    let fewer = |t: &Transfer| t.megabytes > 0.0 && t.connections < connections;
    if change_all(&mut workload.transfers, fewer, |t| t.connections = connections) {
        return Ok(());
    }
    let why = if workload.transfers.is_empty() {
        "nothing is transferred".to_owned()
    } else {
        format!("every transfer already uses {connections} connections or more")
    };
    Err(useless(&why, workload))
}

fn concurrency_limit(workload: &mut Workload, limit: Option<u32>) -> Result<()> {
    let why = match &mut workload.downstream {
        None => "no downstream has a fixed capacity".to_owned(),
        Some(d) => {
            let limit = limit.unwrap_or(d.capacity);
            if d.concurrency > limit {
                d.concurrency = limit;
                return Ok(());
            }
            format!("no more than {limit} invocations run at the same time anyway")
        }
    };
    Err(useless(&why, workload))
}

/// What the environments can serve has no cold starts: how much that is depends on the duration at each size.
fn provisioned_concurrency(workload: &Workload, environment: &mut Environment, count: u32) -> Result<()> {
    if workload.cold_start.share == 0.0 {
        return Err(useless("no invocation is a cold start (cold_start.share is 0)", workload));
    }
    environment.provisioned = count;
    Ok(())
}

/// Below one vCPU the CPU part of a duration changes by the factor; waits, network and init stay.
fn arm64(workload: &mut Workload, factor: f64) -> Result<()> {
    if workload.arch == Arch::Arm64 {
        return Err(useless("the workload already runs on arm64", workload));
    }
    workload.move_to(Arch::Arm64);
    workload.scale_cpu(factor);
    Ok(())
}

fn billing(environment: &mut Environment, step: BillingStep) -> Result<()> {
    if environment.billing == step {
        return Err(Error::new(format!("does not apply: durations are already billed by {step}")));
    }
    environment.billing = step;
    Ok(())
}
