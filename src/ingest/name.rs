//! What runs and functions are called whose data does not say it: by the path of their file.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path};

/// Endings of the files in a folder that are read, before a possible `.gz`; others, such as a
/// README, are passed over. A file that is named itself may have any ending but `toml`, which a workload has.
pub(super) const ENDINGS: [&str; 9] = ["", "csv", "json", "jsonl", "log", "ndjson", "tsv", "txt", "url"];

/// The name of a file without its endings (`resize.log.gz` is `resize`).
pub(super) fn stem(path: &Path) -> String {
    // "." and ".." have a name only once they are resolved
    let resolved = path.file_name().is_none().then(|| path.canonicalize().ok()).flatten();
    let name = resolved.as_deref().unwrap_or(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    without_endings(&name).to_owned()
}

fn without_endings(name: &str) -> &str {
    let is_packed = |at: &usize| name.get(*at..).is_some_and(|ending| ending.eq_ignore_ascii_case(".gz"));
    let unpacked = &name[..name.len().checked_sub(".gz".len()).filter(is_packed).unwrap_or(name.len())];
    match unpacked.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) => stem,
        _ => unpacked,
    }
}

/// The function in the name of a log stream: none in `2024/05/01/[$LATEST]4fa8`, as the log group of a function has them;
/// `resize` in `2024/05/01/resize[$LATEST]4fa8`, as a log group has them that functions share. An export to S3 writes `-`
/// for `/`. `None` where it is no such name.
pub(super) fn function_of_stream(stream: &[u8]) -> Option<&[u8]> {
    let (date, rest) = stream.split_at_checked("0000/00/00/".len())?;
    let name = &rest[..rest.iter().position(|&b| b == b'[')?];
    let is_name = name.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    (is_date(date) && is_name).then_some(name)
}

/// Whether a text is a date, perhaps with what parts it from more.
fn is_date(text: &[u8]) -> bool {
    text.iter().zip(b"0000/00/00/").all(|(b, pattern)| match pattern {
        b'0' => b.is_ascii_digit(),
        _ => matches!(b, b'/' | b'-'),
    })
}

/// Names of files that differ where the files do.
pub(super) struct Names {
    /// What the runs of each file are called that have no name of their own.
    pub runs: Vec<String>,
    /// Which function the log of each file is of, where its lines do not tell. Files of one name in one folder are parts of
    /// one log.
    pub functions: Vec<String>,
}

impl Names {
    /// The names of these files: as short as they may be, with as many folders as tell them apart.
    pub(super) fn of(paths: &[&Path]) -> Self {
        let places: Vec<Vec<String>> = paths.iter().map(|path| components(path)).collect();
        let files =
            places.iter().map(|place| place.split_last().map_or((&place[..], ""), |(f, folder)| (folder, &f[..])));
        let stems: Vec<_> = files.clone().map(|(folder, file)| (folder, without_endings(file))).collect();
        let mut runs = apart(&stems);
        // files of one folder may differ in their endings only
        let mut stands: HashMap<&str, HashSet<&str>> = HashMap::new();
        let with_endings: Vec<_> = files.collect();
        for (name, (_, file)) in runs.iter().zip(&with_endings) {
            stands.entry(name).or_default().insert(file);
        }
        let shared: Vec<bool> = runs.iter().map(|name| stands[&name[..]].len() > 1).collect();
        for ((name, shared), (_, file)) in runs.iter_mut().zip(shared).zip(&with_endings) {
            if shared {
                let folders = name.len() - without_endings(file).len();
                name.replace_range(folders.., file);
            }
        }
        let functions: Vec<_> = places.iter().zip(stems).map(|(place, stem)| function(place).unwrap_or(stem)).collect();
        Self { runs, functions: apart(&functions) }
    }
}

/// The folders and the name of a file, from the root on.
fn components(path: &Path) -> Vec<String> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => drop(parts.pop()),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    parts
}

/// The folders and the name of the function that a path tells: the innermost part of it that is more than a date, a number,
/// an id, or a log stream.
fn function(place: &[String]) -> Option<(&[String], &str)> {
    // as an export to S3 names the files of a log stream
    let is_part = |file: &String| {
        let stem = without_endings(file);
        stem.len() == 6 && stem.bytes().all(|b| b.is_ascii_digit())
    };
    let is_stream = |folder: &str| folder.len() > 10 && is_date(&folder.as_bytes()[..10]);
    (1..=place.len()).rev().find_map(|end| {
        let (last, folder) = place[..end].split_last()?;
        if end + 1 == place.len() && is_part(&place[end]) && is_stream(last) && !last.contains('[') {
            return None;
        }
        let part = if end == place.len() { without_endings(last) } else { last };
        let name = match function_of_stream(part.as_bytes()) {
            Some(name) => str::from_utf8(name).ok()?,
            None => part,
        };
        let is_name = name.bytes().any(|b| b.is_ascii_alphabetic() || !b.is_ascii()) && !is_uuid(name);
        is_name.then_some((folder, name))
    })
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// Names with as many of their folders in front as tell those apart that are the same in different folders.
fn apart(names: &[(&[String], &str)]) -> Vec<String> {
    let mut folders: HashMap<&str, Vec<&[String]>> = HashMap::new();
    names.iter().for_each(|&(folder, name)| folders.entry(name).or_default().push(folder));
    let depths: HashMap<&str, usize> = folders
        .into_iter()
        .map(|(name, mut folders)| {
            folders.sort_unstable();
            folders.dedup();
            (name, depth(&folders))
        })
        .collect();
    let full = |&(folder, name): &(&[String], &str)| {
        let shown = folder.len().saturating_sub(depths[name]);
        folder[shown..].iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("/")
    };
    names.iter().map(full).collect()
}

/// How many of their last parts tell different folders apart.
fn depth(folders: &[&[String]]) -> usize {
    let distinct = |depth: usize| {
        let ends = folders.iter().map(|folder| &folder[folder.len().saturating_sub(depth)..]);
        ends.collect::<HashSet<_>>().len() == folders.len()
    };
    let deepest = folders.iter().map(|folder| folder.len()).max().unwrap_or(0);
    (0..deepest).find(|&depth| distinct(depth)).unwrap_or(deepest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[&str]) -> Names {
        Names::of(&paths.iter().map(Path::new).collect::<Vec<_>>())
    }

    #[test]
    fn runs_of_one_name_are_told_apart_by_their_folders_and_endings() {
        assert_eq!(names(&["/a/resize.json", "/b/orders.json"]).runs, ["resize", "orders"]);
        let same = names(&["/new/resize/out/x.json", "/new/orders/out/x.json", "/new/y.json"]);
        assert_eq!(same.runs, ["resize/out/x", "orders/out/x", "y"]);
        assert_eq!(names(&["/a/x.json", "/a/x.csv.gz", "/b/x.json"]).runs, ["a/x.json", "a/x.csv.gz", "b/x"]);
        assert_eq!(names(&["/a/x.json", "/a/b/../x.json"]).runs, ["x", "x"], "one file");
    }

    #[test]
    fn a_log_is_of_the_function_that_its_path_names() {
        let days = ["resize", "orders"].map(|f| ["01", "02"].map(|day| format!("/logs/{f}/2024-05-{day}.log")));
        let days = days.concat();
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        assert_eq!(names(&days).functions, ["resize", "resize", "orders", "orders"]);
        let stream = "/s3/resize/0938233c-ff9e-4840-3c67-523f81633acf/2024-05-01-[$LATEST]abc2/000000.gz";
        assert_eq!(names(&[stream]).functions, ["resize"]);
        assert_eq!(names(&[&stream.replace("[", "orders[")]).functions, ["orders"], "a log group that functions share");
        assert_eq!(names(&["/resize/task/2024-05-01-4fa8/000000.gz"]).functions, ["task"]);
        assert_eq!(names(&["/resize/app.log", "/orders/app.log"]).functions, ["resize/app", "orders/app"]);
        assert_eq!(names(&["/a/f.log.gz", "/a/f.json"]).functions, ["f", "f"], "parts of one log");
        assert_eq!(names(&["/1.log"]).functions, ["1"], "better than nothing");
    }

    #[test]
    fn streams_tell_their_function() {
        for (stream, function) in [
            ("2024/05/01/[$LATEST]4fa8", Some("")),
            ("2024/05/01/resize[$LATEST]4fa8", Some("resize")),
            ("2024-05-01-my-function_2[7]4fa8", Some("my-function_2")),
            ("2024/05/01/resize", None),
            ("2024/05", None),
            ("resize[$LATEST]4fa8", None),
        ] {
            assert_eq!(function_of_stream(stream.as_bytes()), function.map(str::as_bytes), "{stream}");
        }
    }

    #[test]
    fn names_lose_their_endings() {
        for (path, name) in [("a/resize.log.gz", "resize"), ("x.y.json", "x.y"), ("v1.2", "v1.2"), (".json", ".json")] {
            assert_eq!(stem(Path::new(path)), name);
        }
    }
}
