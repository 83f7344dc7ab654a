//! The visualization URL of aws-lambda-power-tuning; [`crate::ingest::url`] describes the format.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::curve::Run;
use crate::error::{Error, Result};
use crate::units::Usd;

/// Where aws-lambda-power-tuning shows its charts.
const PAGE: &str = "https://lambda-power-tuning.show/";

/// What JavaScript's `encodeURIComponent` encodes.
const URI_COMPONENT: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The URL that shows a run, byte for byte as aws-lambda-power-tuning writes it. A run in yuan
/// (`currency` among its other keys) keeps its currency.
///
/// ```
/// use powercurve::{export, ingest};
/// let url = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
/// let run = &ingest::url::decode(url, "my-function")?[0];
/// assert_eq!(export::visualization_url(run)?, url);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When a size has no cost: the format has no way to leave it out.
pub fn visualization_url(run: &Run) -> Result<String> {
    Ok(format!("{PAGE}{}#{}", query(run), lists(run)?))
}

/// The URL that compares two runs, with their ids as legends.
///
/// ```
/// use powercurve::{export, ingest};
/// let url = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
/// let (before, after) = (&ingest::url::decode(url, "before")?[0], &ingest::url::decode(url, "after")?[0]);
/// let both = ingest::url::decode(&export::comparison_url(before, after)?, "")?;
/// assert_eq!([both[0].id.as_str(), &both[1].id], ["before", "after"]);
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// As [`visualization_url`].
pub fn comparison_url(first: &Run, second: &Run) -> Result<String> {
    let legend = |run: &Run| utf8_percent_encode(&run.id, &URI_COMPONENT).to_string();
    Ok(format!("{PAGE}{}#{};{};{};{}", query(first), lists(first)?, lists(second)?, legend(first), legend(second)))
}

fn query(run: &Run) -> String {
    run.extra.get("currency").and_then(|c| c.as_str()).map_or_else(String::new, |c| format!("?currency={c}"))
}

fn lists(run: &Run) -> Result<String> {
    let points = run.curve.points();
    let costs: Vec<Usd> = points.iter().filter_map(|p| p.cost).collect();
    if costs.len() < points.len() {
        return Err(Error::new("a visualization URL needs the cost of every size: expected costs in the run")
            .help("give cost_usd in the run record, or compute the costs first")
            .at(&run.id));
    }
    let sizes: Vec<u8> = points.iter().flat_map(|p| (p.memory.mb() as i16).to_le_bytes()).collect();
    let durations: Vec<u8> = points.iter().flat_map(|p| (p.duration.ms() as f32).to_le_bytes()).collect();
    let costs: Vec<u8> = costs.iter().flat_map(|c| (c.usd() as f32).to_le_bytes()).collect();
    Ok([sizes, durations, costs].map(|bytes| BASE64_STANDARD.encode(bytes)).join(";"))
}
