//! How one function is configured, and how often it runs: what turns milliseconds into a monthly bill.

use crate::curve::Arch;
use crate::units::{MemoryMb, Millis};

/// What is known of a deployed function beside its curve. Every field may be unknown.
///
/// ```
/// use powercurve::{MemoryMb, load::FunctionLoad};
/// let mut load = FunctionLoad { memory: Some(MemoryMb::new(512)?), ..FunctionLoad::default() };
/// load.update(FunctionLoad { invocations_per_month: Some(2e6), ..FunctionLoad::default() });
/// // what the newer one does not know stays
/// assert_eq!((load.memory, load.invocations_per_month), (Some(MemoryMb::new(512)?), Some(2e6)));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FunctionLoad {
    /// Invocations a month (730 hours).
    pub invocations_per_month: Option<f64>,
    /// Configured memory size.
    pub memory: Option<MemoryMb>,
    /// Instruction set.
    pub arch: Option<Arch>,
    /// Runtime as Lambda names it (`nodejs20.x`).
    pub runtime: Option<String>,
    /// Configured ephemeral storage, in MB; the first 512 are free.
    pub storage_mb: Option<f64>,
    /// Configured timeout.
    pub timeout: Option<Millis>,
}

impl FunctionLoad {
    /// Takes over what `newer` knows.
    pub fn update(&mut self, newer: Self) {
        fn put<T>(old: &mut Option<T>, new: Option<T>) {
            if new.is_some() {
                *old = new;
            }
        }
        put(&mut self.invocations_per_month, newer.invocations_per_month);
        put(&mut self.memory, newer.memory);
        put(&mut self.arch, newer.arch);
        put(&mut self.runtime, newer.runtime);
        put(&mut self.storage_mb, newer.storage_mb);
        put(&mut self.timeout, newer.timeout);
    }
}

/// The bare name of a function, in whatever form a log or a listing names it: an ARN (with or without version), a log
/// group, a name with a version.
///
/// ```
/// use powercurve::load::function_name;
/// assert_eq!(function_name("arn:aws:lambda:eu-west-1:123456789012:function:resize:prod"), "resize");
/// assert_eq!(function_name("123456789012:/aws/lambda/resize"), "resize");
/// assert_eq!(function_name("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/resize:*"), "resize");
/// assert_eq!(function_name("resize:$LATEST"), "resize");
/// assert_eq!(function_name("resize:us-east-1:arm64"), "resize"); // as runs are named where a table has it on several
/// assert_eq!(function_name("runs.jsonl:7"), "runs.jsonl:7");
/// ```
pub fn function_name(text: &str) -> &str {
    let text = text.trim();
    // what follows a colon is a version, or all log streams of the group
    if let Some((_, rest)) = text.split_once(":function:").or_else(|| text.split_once("/aws/lambda/")) {
        return rest.split(':').next().unwrap_or(rest);
    }
    let without = |text: &'_ str, is_known: fn(&str) -> bool| match text.rsplit_once(':') {
        Some((name, last)) if is_known(last) => name.len(),
        _ => text.len(),
    };
    let text = &text[..without(text, |last| last == "$LATEST" || last.parse::<Arch>().is_ok())];
    &text[..without(text, is_region)]
}

/// Whether a word has the form of an AWS region: eu-west-1, us-gov-east-1.
fn is_region(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    let [area @ .., number] = &parts[..] else { return false };
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    area.len() >= 2 && area.iter().all(is_word) && number.parse::<u8>().is_ok()
}
