//! The visualization URL of aws-lambda-power-tuning: the curve sits in its fragment.
//!
//! `https://lambda-power-tuning.show/#<sizes>;<durations>;<costs>` holds one run, and
//! `#s1;d1;c1;s2;d2;c2;legend1;legend2` compares two. Sizes are little-endian `int16`, durations
//! (ms) and costs ($ an invocation) little-endian `float32`, each list in base64; the legends are
//! percent-encoded. Functions in the China regions put `?currency=CNY` before the `#`.
//!
//! Source: aws-lambda-power-tuning, lambda/utils.js (`buildVisualizationURL`), and its page
//! aws-lambda-power-tuning-ui.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;

use super::cost;
use crate::curve::{Point, PowerCurve, Run};
use crate::error::{Error, Result};
use crate::units::{MemoryMb, Millis, Usd};

/// Base64 of the standard alphabet, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The page that shows the curves: whatever stands behind its `#` is meant to be one.
const HOST: &str = "lambda-power-tuning.show";

/// Fewest characters of base64 that hold one size (2 bytes).
const SHORTEST_PART: usize = 3;

/// Reads the one or two runs of a visualization URL or of its bare fragment. A single run is
/// called `name`, two runs go by their legends.
///
/// ```
/// let url = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
/// let runs = powercurve::ingest::url::decode(url, "my-function")?;
/// let point = &runs[0].curve.points()[0];
/// assert_eq!((point.memory.mb(), point.duration.ms()), (128, 8.1));
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When it has not 3 or 8 parts, a part is not base64 of whole numbers, the lists differ in
/// length, or a value is not usable.
pub fn decode(url: &str, name: &str) -> Result<Vec<Run>> {
    let url = url.trim();
    let (address, hash) = url.split_once('#').unwrap_or(("", url));
    let currency = address.split_once("currency=").map(|(_, c)| c.split('&').next().unwrap_or(c));
    let hash = unescaped(hash);
    let mut parts: Vec<&str> = hash.split(';').collect();
    if parts.len() > 1 && parts.last() == Some(&"") {
        parts.pop();
    }
    let mut runs = match parts[..] {
        [s, d, c] => vec![run(name.to_owned(), [s, d, c])?],
        [s1, d1, c1, s2, d2, c2, legend1, legend2] => vec![
            run(legend(legend1, name, 1), [s1, d1, c1]).map_err(|e| e.at("first run"))?,
            run(legend(legend2, name, 2), [s2, d2, c2]).map_err(|e| e.at("second run"))?,
        ],
        _ => {
            return Err(Error::new(format!(
                "visualization URL has {} parts after '#': expected sizes;durations;costs, or 8 parts for two runs",
                parts.len()
            ))
            .help("copy the whole URL, and quote it: the shell takes ';' for the end of a command"));
        }
    };
    for run in &mut runs {
        match currency {
            Some(currency) => drop(run.extra.insert("currency".to_owned(), currency.into())),
            None => cost::annotate(run),
        }
    }
    Ok(runs)
}

/// As [`decode`], with an error as the only item.
pub(super) fn runs(url: &str, name: &str) -> Vec<Result<Run>> {
    decode(url, name).map_or_else(|e| vec![Err(e)], |runs| runs.into_iter().map(Ok).collect())
}

/// The visualization URLs, and bare fragments of such, that stand in a text.
///
/// ```
/// let text = "see <https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=>, measured today";
/// let found: Vec<&str> = powercurve::ingest::url::find(text).collect();
/// assert_eq!(found, ["https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI="]);
/// ```
pub fn find(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`' | '\\')).filter_map(candidate)
}

/// The URL or fragment in a piece of text without blanks, freed of the punctuation around it.
fn candidate(word: &str) -> Option<&str> {
    let word = word.find("http").map_or(word, |at| &word[at..]);
    let word = word.trim_start_matches(['\'', '(', '[', '#', '=']);
    let legend_has_brackets = word.contains('(');
    let word = word.trim_end_matches(|c| matches!(c, '\'' | ']' | ',' | '.' | '|') || c == ')' && !legend_has_brackets);
    let fragment = word.split_once('#').map_or(word, |(_, fragment)| fragment);
    let mut parts = 0;
    for part in unescaped(fragment).split(';').take(3) {
        let base64 = part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        parts += usize::from(base64 && part.len() >= SHORTEST_PART);
    }
    let is_damaged = |site| word.contains('#') && word.contains(site);
    (parts == 3 || parts > 0 && is_damaged("lambda-power-tuning") || is_damaged(HOST)).then_some(word)
}

/// Undoes percent-encoding of the fragment as a whole, where a mail program or a shell script
/// added it.
fn unescaped(fragment: &str) -> Cow<'_, str> {
    if fragment.contains(';') { Cow::Borrowed(fragment) } else { percent_decode_str(fragment).decode_utf8_lossy() }
}

fn legend(encoded: &str, name: &str, number: u32) -> String {
    let legend = percent_decode_str(encoded).decode_utf8_lossy().trim().to_owned();
    if legend.is_empty() { format!("{name}:{number}") } else { legend }
}

fn run(id: String, [sizes, durations, costs]: [&str; 3]) -> Result<Run> {
    let sizes = numbers(sizes, |b| f64::from(i16::from_le_bytes(b))).map_err(|e| e.at("memory sizes"))?;
    let durations = numbers(durations, float32).map_err(|e| e.at("durations"))?;
    let costs = numbers(costs, float32).map_err(|e| e.at("costs"))?;
    if sizes.len() != durations.len() || sizes.len() != costs.len() {
        return Err(Error::new(format!(
            "visualization URL has {} memory sizes, {} durations and {} costs: expected as many of each",
            sizes.len(),
            durations.len(),
            costs.len()
        ))
        .help("the URL was probably cut off: copy all of it"));
    }
    let points = sizes.iter().zip(durations).zip(costs).map(|((&mb, ms), usd)| {
        let memory = MemoryMb::from_f64(mb)?;
        let point = || Ok(Point::new(memory, Millis::new(ms)?).with_cost(Usd::new(usd)?));
        point().map_err(|e: Error| e.at(memory.to_string()))
    });
    Ok(Run::new(id, PowerCurve::new(points.collect::<Result<_>>()?)?))
}

/// Decodes a base64 list of little-endian numbers of `N` bytes.
fn numbers<const N: usize>(part: &str, value: fn([u8; N]) -> f64) -> Result<Vec<f64>> {
    let cut_off = "the URL was probably cut off: copy all of it";
    let part = percent_decode_str(part).decode_utf8_lossy();
    let bytes = BASE64.decode(part.as_bytes()).map_err(|e| {
        Error::new(format!("part of the visualization URL is not base64 ({e}): expected A-Z a-z 0-9 + / ="))
            .help(cut_off)
    })?;
    let (numbers, rest) = bytes.as_chunks::<N>();
    if !rest.is_empty() || numbers.is_empty() {
        return Err(Error::new(format!(
            "part of the visualization URL holds {} bytes: expected numbers of {N} bytes each",
            bytes.len()
        ))
        .help(cut_off));
    }
    Ok(numbers.iter().map(|&number| value(number)).collect())
}

/// The `f64` of the shortest decimal that names this `float32`, so that 37002.4 does not turn into
/// 37002.3984375; the same `float32` comes back from it.
fn float32(bytes: [u8; 4]) -> f64 {
    let exact = f32::from_le_bytes(bytes);
    exact.to_string().parse().ok().filter(|&short: &f64| short as f32 == exact).unwrap_or(f64::from(exact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::Arch;

    /// Sizes 128 and 256 MB, 8.1 and 4.55 ms, $4.2095e-9 and $8.419e-9.
    const HASH: &str = "gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";

    fn pairs(run: &Run) -> Vec<(u32, f64)> {
        run.curve.points().iter().map(|p| (p.memory.mb(), p.duration.ms())).collect()
    }

    #[test]
    fn url_and_bare_fragment_read_alike() {
        let url = format!("https://lambda-power-tuning.show/#{HASH}");
        let runs = decode(&url, "f").unwrap();
        assert_eq!(pairs(&runs[0]), [(128, 8.1), (256, 4.55)]);
        assert_eq!(decode(HASH, "f").unwrap(), runs);
        assert_eq!(decode(&format!("{HASH};"), "f").unwrap(), runs, "a trailing ';' does not matter");
        let escaped = percent_encoding::utf8_percent_encode(HASH, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert_eq!(decode(&escaped, "f").unwrap(), runs, "percent-encoded as a whole");
        assert_eq!(decode(&HASH.replace('=', "%3D"), "f").unwrap(), runs, "percent-encoded part by part");
    }

    #[test]
    fn two_runs_go_by_their_legends() {
        let runs = decode(&format!("#{HASH};{HASH};x86%3B%20(old);"), "f").unwrap_err();
        assert!(runs.problem().contains("7 parts"), "{runs}");
        let runs = decode(&format!("#{HASH};{HASH};x86%3B%20(old);arm%2064"), "f").unwrap();
        assert_eq!(runs.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["x86; (old)", "arm 64"]);
        let runs = decode(&format!("#{HASH};{HASH};;%20;"), "f").unwrap();
        assert_eq!(runs.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["f:1", "f:2"]);
    }

    #[test]
    fn china_keeps_its_currency_and_no_architecture_is_read_out_of_it() {
        let run = &decode(&format!("https://lambda-power-tuning.show/?currency=CNY#{HASH}"), "f").unwrap()[0];
        assert_eq!(run.extra["currency"], "CNY");
        assert_eq!(run.arch, None::<Arch>);
    }

    #[test]
    fn urls_are_found_in_surrounding_text() {
        let url = format!("https://lambda-power-tuning.show/#{HASH}");
        for text in [
            format!("see {url}."),
            format!("[chart]({url})"),
            format!("'{url}'"),
            format!("visualization: \"{url}\",\n"),
            format!("curve={url}\n\n"),
            format!("<{url}>"),
        ] {
            assert_eq!(find(&text).collect::<Vec<_>>(), [url.as_str()], "{text}");
        }
        assert_eq!(find(HASH).collect::<Vec<_>>(), [HASH]);
        assert_eq!(find(&format!("{url} {url}")).count(), 2);
        let prose = "let a = 1; let b = 2; c; https://example.com/#top a;b;c";
        assert_eq!(find(prose).count(), 0, "prose and code are no URL");
        for damaged in ["gAAAAQ==", "", ";;", "???;???;???"] {
            let url = format!("https://lambda-power-tuning.show/#{damaged}");
            assert_eq!(find(&url).collect::<Vec<_>>(), [url.as_str()], "a damaged URL is found");
            assert!(decode(&url, "f").is_err(), "and rejected");
        }
        assert_eq!(find("see https://lambda-power-tuning.show/ and its FAQ").count(), 0, "no curve is meant");
    }

    #[test]
    fn damage_is_named() {
        for (hash, word) in [
            ("gAAAAQ==;mpkBQZqZkUA=", "2 parts"),
            ("gAAAAQ==;mpkBQZqZkU;J6OQMSejEDI=", "durations"),
            ("gAAAAQ==;mpkBQZqZkUA=;J6OQ!SejEDI=", "base64"),
            ("gAAAAQ==;mpkBQQ==;J6OQMSejEDI=", "1 durations"),
            ("gAAA;mpkBQZqZkUA=;J6OQMSejEDI=", "3 bytes"),
            ("gAAAAQ==;;J6OQMSejEDI=", "0 bytes"),
            ("IE4AAQ==;mpkBQZqZkUA=;J6OQMSejEDI=", "20000 MB"),
            ("gAAAAQ==;AAAAAJqZkUA=;J6OQMSejEDI=", "duration 0 ms"),
            ("gAAAAQ==;AADAf5qZkUA=;J6OQMSejEDI=", "duration NaN ms"),
            ("gAAAAQ==;AACAf5qZkUA=;J6OQMSejEDI=", "duration inf ms"),
            ("gAAAAQ==;mpkBQZqZkUA=;AACAvyejEDI=", "cost -1"),
        ] {
            let error = decode(hash, "f").unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("help:"), "{hash}: {error}");
        }
    }
}
