//! JSON without building trees: documents are walked in place, to a bounded depth.

use std::borrow::Cow;
use std::fmt;

use memchr::memmem;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

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
    let values = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>();
    let mut runs = Vec::new();
    for value in values {
        match value {
            Ok(value) => runs.extend(runs_of_value(value.get(), name)),
            Err(e) => runs.push(Err(error(&e))),
        }
    }
    runs
}

fn runs_of_value(json: &str, name: &str) -> Vec<Result<Run>> {
    if !json.starts_with('[') || lpt::is_stats(json) {
        return one(json, name);
    }
    let mut runs = Vec::new();
    let mut number = 0;
    let end = for_each_element(json, |element| {
        number += 1;
        let name = format!("{name}:{number}");
        runs.extend(one(element.get(), &name).into_iter().map(|run| run.map_err(|e| e.at(format!("item {number}")))));
        Ok(())
    });
    runs.extend(end.err().map(Err));
    if runs.is_empty() {
        runs.push(Err(Error::new("list is empty: expected run records or power-tuning outputs")
            .help("check that the command which wrote it succeeded")));
    }
    runs
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

/// What serde_json found, with its position as the place.
pub(super) fn error(error: &serde_json::Error) -> Error {
    let text = error.to_string();
    let problem = text.split(" at line ").next().unwrap_or(&text);
    let mut place = format!("column {}", error.column());
    if error.line() > 1 {
        place = format!("line {} {place}", error.line());
    }
    if error.is_data() {
        return Error::new(problem).help("correct the value").at(place);
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
    fn errors_carry_their_position_once() {
        let e = serde_json::from_str::<Vec<u8>>("[1,\n 2,").unwrap_err();
        assert_eq!(
            error(&e).to_string(),
            "line 2 column 3: text is not valid JSON: EOF while parsing a value\n  help: the text was cut off: copy all of it"
        );
    }
}
