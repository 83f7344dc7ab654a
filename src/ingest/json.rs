//! JSON without building trees: documents are walked in place, to a bounded depth.

use std::borrow::Cow;
use std::fmt;

use memchr::memmem;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::rejected::{MAX_NAMED, more};
use super::{lpt, parse_record};
use crate::curve::Run;
use crate::error::{Error, Result};

/// How deep a document is searched, counting each object, list, and JSON inside a string.
pub(super) const MAX_DEPTH: usize = 24;

/// An object key, borrowed from the document where it holds no escapes.
#[derive(serde::Deserialize)]
pub(super) struct Key<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// A part of a document.
pub(super) enum Node<'n, 'a> {
    /// An object: its text, and its keys and values in order.
    Object(&'a str, &'n [(Key<'a>, &'a RawValue)]),
    /// A string that is not JSON itself, unescaped.
    Text(&'n str),
}

/// Shows `visit` every object and string of a document from the outside inwards, through JSON that
/// is written inside strings as well. An object that `visit` answers `false` to is not entered.
pub(super) fn walk(json: &str, depth: usize, visit: &mut dyn FnMut(Node) -> bool) -> Result<()> {
    let Some(inner) = depth.checked_sub(1) else { return Ok(()) };
    match json.as_bytes().first() {
        Some(b'[') => for_each_element(json, |element| walk(element.get(), inner, visit)),
        Some(b'{') => {
            let mut entries = Vec::new();
            for_each_entry(json, |key, value| entries.push((key, value)))?;
            if visit(Node::Object(json, &entries)) {
                for (_, value) in &entries {
                    walk(value.get(), inner, visit)?;
                }
            }
            Ok(())
        }
        Some(b'"') => {
            let text: String = serde_json::from_str(json).map_err(|e| error(&e))?;
            let text = text.trim();
            if !text.starts_with(['{', '[', '"']) || walk(text, inner, visit).is_err() {
                visit(Node::Text(text));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The runs of a text that holds one JSON value or several after each other.
pub(super) fn runs(text: &[u8], name: &str) -> Vec<Result<Run>> {
    // what most lines are: one sound run record, which need not be walked first
    if text.starts_with(b"{")
        && looks_like_record(text)
        && let Ok(run) = parse_record(text)
    {
        return vec![Ok(named(run, name))];
    }
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>();
    let mut found = Found::default();
    while let Some(value) = values.next() {
        match value {
            Ok(value) => found.add_value(value.get(), name),
            Err(e) => {
                // the items that stand before the error in a list are read
                let rest = text[values.byte_offset()..].utf8_chunks().next().map_or("", |chunk| chunk.valid());
                let mut error = error(&e);
                if is_list_of_runs(rest) {
                    let mut read = 0;
                    let _ = found.add_items(rest, name, &mut read);
                    error = error.at(format!("item {}, the last that was looked at", read + 1));
                }
                found.runs.push(Err(error));
            }
        }
    }
    found.into_runs()
}

/// The runs found so far.
#[derive(Default)]
struct Found {
    runs: Vec<Result<Run>>,
    /// The items rejected, whether they are among the runs or only counted.
    rejected: usize,
}

impl Found {
    fn add_value(&mut self, json: &str, name: &str) {
        if !is_list_of_runs(json) {
            return self.extend(one(json, name));
        }
        let mut read = 0;
        match self.add_items(json, name, &mut read) {
            Ok(()) if read == 0 => {
                self.runs.push(Err(Error::new("list is empty: expected run records or power-tuning outputs")
                    .help("check that the command which wrote it succeeded")))
            }
            Ok(()) => {}
            Err(error) => self.runs.push(Err(error)),
        }
    }

    /// Adds the items of a list, as far as it is JSON, and counts them.
    fn add_items(&mut self, list: &str, name: &str, number: &mut usize) -> Result<()> {
        for_each_element(list, |element| {
            *number += 1;
            let runs = one(element.get(), &format!("{name}:{number}"));
            self.extend(runs.into_iter().map(|run| run.map_err(|e| e.at(format!("item {number}")))));
            Ok(())
        })
    }

    fn extend(&mut self, runs: impl IntoIterator<Item = Result<Run>>) {
        for run in runs {
            self.rejected += usize::from(run.is_err());
            if run.is_ok() || self.rejected <= MAX_NAMED {
                self.runs.push(run);
            }
        }
    }

    fn into_runs(mut self) -> Vec<Result<Run>> {
        if let unnamed @ 1.. = self.rejected.saturating_sub(MAX_NAMED) {
            self.runs.push(Err(more(unnamed as u64, "items")));
        }
        self.runs
    }
}

/// Whether each item of this JSON is a value of its own.
fn is_list_of_runs(json: &str) -> bool {
    json.starts_with('[') && !lpt::is_stats(json)
}

/// The runs of one value: a run record, or anything that holds the output of power tuning.
fn one(json: &str, name: &str) -> Vec<Result<Run>> {
    if !looks_like_record(json.as_bytes()) {
        return lpt::runs(json, name).unwrap_or_else(|e| vec![Err(e)]);
    }
    match parse_record(json.as_bytes()) {
        Ok(run) => vec![Ok(named(run, name))],
        // a power-tuning output may mention memory_mb somewhere in its payload
        Err(record_error) => lpt::runs(json, name).unwrap_or_else(|_| vec![Err(record_error)]),
    }
}

/// The run, under `name` where it has none of its own.
fn named(mut run: Run, name: &str) -> Run {
    if run.id.is_empty() {
        name.clone_into(&mut run.id);
    }
    run
}

/// Whether a JSON text mentions the one key that every run record has.
pub(super) fn looks_like_record(json: &[u8]) -> bool {
    memmem::find(json, b"\"memory_mb\"").is_some()
}

/// Calls `each` with every element of a JSON list, until it fails.
pub(super) fn for_each_element<'a>(json: &'a str, each: impl FnMut(&'a RawValue) -> Result<()>) -> Result<()> {
    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_seq(Elements(each)).map_err(|e| error(&e))?
}

/// Calls `each` with every key and value of a JSON object.
pub(super) fn for_each_entry<'a>(json: &'a str, each: impl FnMut(Key<'a>, &'a RawValue)) -> Result<()> {
    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_map(Entries(each)).map_err(|e| error(&e))
}

struct Elements<F>(F);

impl<'de, F: FnMut(&'de RawValue) -> Result<()>> Visitor<'de> for Elements<F> {
    type Value = Result<()>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> std::result::Result<Self::Value, A::Error> {
        let mut result = Ok(());
        while let Some(element) = seq.next_element()? {
            if result.is_ok() {
                result = (self.0)(element);
            }
        }
        Ok(result)
    }
}

struct Entries<F>(F);

impl<'de, F: FnMut(Key<'de>, &'de RawValue)> Visitor<'de> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> std::result::Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry()? {
            (self.0)(key, value);
        }
        Ok(())
    }
}

/// What serde_json found, in the words of JSON instead of those of Rust.
pub(super) fn in_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let problem = text.rsplit_once(" at line ").map_or(&text[..], |(problem, _)| problem);
    let (key, rest) = problem.split_once("invalid type: ").unwrap_or_default();
    match rest.rsplit_once(", expected ") {
        Some((found, expected)) => format!("{key}{}: expected {}", found_in_words(found), expected_in_words(expected)),
        None if problem.ends_with("did not match any variant of untagged enum Id") => {
            "id: expected text or a number".to_owned()
        }
        None => problem.to_owned(),
    }
}

fn found_in_words(found: &str) -> String {
    let plain = |prefix: &str| Some(found.strip_prefix(prefix)?.trim_matches('`'));
    match found {
        "map" => "found an object".to_owned(),
        "sequence" => "found a list".to_owned(),
        "null" | "unit value" => "found null".to_owned(),
        _ => match found.strip_prefix("string ") {
            Some(text) => format!("found the text {text}"),
            None => format!(
                "found {}",
                plain("integer ").or_else(|| plain("floating point ")).or_else(|| plain("boolean ")).unwrap_or(found)
            ),
        },
    }
}

fn expected_in_words(expected: &str) -> &str {
    match expected {
        "f64" | "f32" | "u64" | "u32" | "i64" | "a JSON number" => "a number",
        "a sequence" => "a list",
        "a string" | "string" | "a borrowed string" => "text",
        "a boolean" => "true or false",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    }
}

/// What serde_json found, with its position as the place.
pub(super) fn error(error: &serde_json::Error) -> Error {
    let problem = in_words(error);
    let mut place = format!("column {}", error.column());
    if error.line() > 1 {
        place = format!("line {} {place}", error.line());
    }
    if error.is_data() {
        let help = match problem.rsplit_once(": expected ").map(|(_, expected)| expected) {
            Some("a number") => "write a number without quotes, null where it is not known",
            Some("a list") => "give a list in square brackets; of what was measured one value for every memory size",
            Some("text") => "write it in quotes",
            _ => "correct the value",
        };
        return Error::new(problem).help(help).at(place);
    }
    let help =
        if error.is_eof() { "the text was cut off: copy all of it" } else { "correct the JSON, jq . FILE checks it" };
    Error::new(format!("text is not valid JSON: {problem}")).help(help).at(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(json: &str) -> Vec<String> {
        let mut out = Vec::new();
        walk(json, MAX_DEPTH, &mut |node| {
            if let Node::Text(text) = node {
                out.push(text.to_owned());
            }
            true
        })
        .unwrap();
        out
    }

    #[test]
    fn strings_are_found_in_objects_lists_and_json_inside_strings() {
        assert_eq!(texts(r#"{"a": ["x", {"b": "{\"c\": \"y\"}"}], "d": "{not json"}"#), ["x", "y", "{not json"]);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |n: usize| format!("{}\"x\"{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(texts(&deep(MAX_DEPTH - 1)), ["x"]);
        assert!(texts(&deep(MAX_DEPTH)).is_empty());
        assert!(texts(&deep(200_000)).is_empty());
    }

    #[test]
    fn an_object_can_be_left_alone() {
        let mut seen = 0;
        walk(r#"{"a": {"b": {"c": 1}}}"#, MAX_DEPTH, &mut |_| {
            seen += 1;
            seen < 2
        })
        .unwrap();
        assert_eq!(seen, 2);
    }

    #[test]
    fn a_flood_of_bad_items_is_counted() {
        let items = ["{}"; MAX_NAMED + 5];
        for text in [format!("[{}]", items.join(",")), items.join(" ")] {
            let runs = runs(text.as_bytes(), "file");
            assert_eq!(runs.len(), MAX_NAMED + 1);
            assert_eq!(runs[MAX_NAMED].as_ref().unwrap_err().problem(), "5 more items were rejected");
        }
    }

    #[test]
    fn items_before_an_error_are_read() {
        let item = r#"{"memory_mb": [128], "duration_ms": [8]}"#;
        for end in [&b"{\"memory_mb\": [12"[..], b"oops]", b"\"\xff\"]"] {
            let list = format!("[{item},\n{item},\n");
            let runs = runs(&[list.as_bytes(), end].concat(), "file");
            let ids: Vec<&str> = runs.iter().flatten().map(|run| run.id.as_str()).collect();
            assert_eq!(ids, ["file:1", "file:2"], "{}", end.escape_ascii());
            let error = runs[2].as_ref().unwrap_err().to_string();
            assert!(
                error.starts_with("item 3, the last that was looked at: line 3") && error.contains("not valid JSON"),
                "{error}"
            );
        }
        let stats = br#"[{"value": 128, "averageDuration": 8}, {"value": 256, "aver"#;
        assert_eq!(runs(stats, "file").iter().flatten().count(), 0, "stats are one run, and it is cut off");
    }

    #[test]
    fn errors_speak_of_json() {
        fn words<T: serde::de::DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
            in_words(&serde_json::from_str::<T>(json).unwrap_err())
        }
        assert_eq!(
            words::<Vec<f64>>(r#"[1, "a at line 2, expected b"]"#),
            r#"found the text "a at line 2, expected b": expected a number"#
        );
        assert_eq!(words::<Vec<f64>>("128"), "found 128: expected a list");
        assert_eq!(words::<String>("1.5"), "found 1.5: expected text");
        assert_eq!(words::<String>("[]"), "found a list: expected text");
        assert_eq!(words::<u32>("{}"), "found an object: expected a number");
        assert_eq!(words::<u32>("true"), "found true: expected a number");
    }

    #[test]
    fn errors_carry_their_position_once() {
        let e = serde_json::from_str::<Vec<u8>>("[1,\n 2,").unwrap_err();
        assert_eq!(
            error(&e).to_string(),
            "line 2 column 3: text is not valid JSON: EOF while parsing a value\n  help: the text was cut off: copy all of it"
        );
    }
}
