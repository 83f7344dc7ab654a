//! What a RUN argument names: a file, all files of a folder, standard input, or the text itself.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::lines::Lines;
use super::name::{ENDINGS, Names, stem};
use super::url;
use crate::error::{Error, Result};

/// How deep folders are searched.
const MAX_FOLDERS: usize = 16;

/// One place that runs are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// What its runs are called that have no name of their own.
    pub(super) name: String,
    /// Which function its log is of, where the lines do not tell.
    pub(super) function: String,
    origin: Origin,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// A file, packed with gzip or not.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// Text that is there already.
    Text(Vec<u8>),
}

/// What one RUN argument names.
///
/// ```
/// use powercurve::ingest::{Input, read_inputs};
/// let text = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
/// let run = read_inputs(vec![Ok(Input::of_bytes("clipboard", text.into()))]).next().unwrap()?;
/// assert_eq!((run.id.as_str(), run.curve.len()), ("clipboard", 2));
/// # Ok::<(), powercurve::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// A name for the whole: that of the file or folder without its ending.
    pub(super) name: String,
    /// The sources, in the order of their paths.
    pub(super) sources: Vec<Source>,
}

impl Input {
    /// Bytes in memory, packed with gzip or not, read as a file of this name would be.
    pub fn of_bytes(name: &str, bytes: Vec<u8>) -> Self {
        Self::one(name, Origin::Text(bytes))
    }

    fn one(name: &str, origin: Origin) -> Self {
        Self { name: name.to_owned(), sources: vec![Source::new(name, origin)] }
    }
}

/// Resolves RUN arguments: `-` is standard input, a folder stands for the run files in it and in
/// its folders, a visualization URL or its fragment is read as it is.
///
/// An item is an error when its argument is neither, or a folder without run files, or for a place in a folder that
/// cannot be read; the others are not affected.
pub(super) fn inputs(args: &[String]) -> Vec<Result<Input>> {
    let mut urls = 0;
    let mut inputs: Vec<_> = args
        .iter()
        .flat_map(|arg| {
            let path = Path::new(arg);
            if arg != "-" && path.is_dir() {
                return folder(path);
            }
            let input = if arg == "-" {
                Ok(Input::one("stdin", Origin::Stdin))
            } else if path.exists() && path.extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
                Err(Error::new("a workload: expected recorded runs").help("see `powercurve simulate`").at(arg))
            } else if path.exists() {
                Ok(Input::one(&stem(path), Origin::Path(path.to_owned())))
            } else if url::find(arg).next().is_some() {
                urls += 1;
                Ok(Input::of_bytes(&format!("url-{urls}"), arg.clone().into_bytes()))
            } else {
                let help = "give a file, a folder, - for standard input, or a quoted visualization URL";
                Err(Error::new("no such file or folder").help(help).at(arg))
            };
            vec![input]
        })
        .collect();
    name_files(&mut inputs);
    inputs
}

/// Gives files names that tell them apart.
fn name_files(inputs: &mut [Result<Input>]) {
    let paths = inputs.iter().flatten().flat_map(|input| &input.sources).filter_map(|source| match &source.origin {
        Origin::Path(path) => Some(path.as_path()),
        Origin::Stdin | Origin::Text(_) => None,
    });
    let Names { runs, functions } = Names::of(&paths.collect::<Vec<_>>());
    let sources = inputs.iter_mut().flatten().flat_map(|input| &mut input.sources);
    let files = sources.filter(|source| matches!(source.origin, Origin::Path(_)));
    for (file, (name, function)) in files.zip(runs.into_iter().zip(functions)) {
        (file.name, file.function) = (name, function);
    }
}

/// The run files of a folder as one input, and before it what cannot be read.
fn folder(path: &Path) -> Vec<Result<Input>> {
    let mut found = Vec::new();
    collect(path, MAX_FOLDERS, &mut found);
    let (mut inputs, mut sources) = (Vec::new(), Vec::new());
    for place in found {
        match place {
            Ok(file) => sources.push(Source::new(&stem(&file), Origin::Path(file))),
            Err(error) => inputs.push(Err(error)),
        }
    }
    if !sources.is_empty() {
        inputs.push(Ok(Input { name: stem(path), sources }));
    } else if inputs.is_empty() {
        let help = format!("it is searched for files that end in {} or .gz", ENDINGS[1..].join(", "));
        let error = Error::new("folder holds no run files: expected at least one").help(help);
        inputs.push(Err(error.at(path.display().to_string())));
    }
    inputs
}

/// Adds the run files of a folder, sorted by path, and an error for every place that cannot be read.
fn collect(folder: &Path, depth: usize, found: &mut Vec<Result<PathBuf>>) {
    let reject = |error: Error, path: &Path| Err(error.at(path.display().to_string()));
    let Some(inner) = depth.checked_sub(1) else {
        let error = Error::new(format!("folder is not searched: expected at most {MAX_FOLDERS} inside each other"));
        return found.push(reject(error.help("give it as an argument of its own"), folder));
    };
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(e) => return found.push(reject(unreadable(&e), folder)),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // links to folders are not followed: they may lead in a circle
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, inner, found);
        } else if is_run_file(&path) {
            match fs::metadata(&path) {
                Ok(file) if file.is_file() => found.push(Ok(path)),
                Ok(_) => {}
                Err(e) => found.push(reject(unreadable(&e), &path)),
            }
        }
    }
}

fn is_run_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    ENDINGS.contains(&name.rsplit_once('.').map_or("", |(_, ending)| ending))
}

impl Source {
    fn new(name: &str, origin: Origin) -> Self {
        Self { name: name.to_owned(), function: name.to_owned(), origin }
    }

    /// What messages call it: the path, `<stdin>`, or the name of the text.
    pub(super) fn place(&self) -> String {
        match &self.origin {
            Origin::Path(path) => path.display().to_string(),
            Origin::Stdin => "<stdin>".to_owned(),
            Origin::Text(_) => self.name.clone(),
        }
    }

    /// Opens it for reading, unpacked.
    pub(super) fn open(self) -> Result<Lines> {
        let reader: Box<dyn Read + Send> = match self.origin {
            Origin::Path(path) => Box::new(File::open(path).map_err(|e| unreadable(&e))?),
            Origin::Stdin => Box::new(io::stdin()),
            Origin::Text(text) => Box::new(io::Cursor::new(text)),
        };
        Lines::open(reader)
    }
}

fn unreadable(error: &io::Error) -> Error {
    Error::new(format!("cannot be read: {error}")).help("check its path and permissions")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(args: &[&str]) -> Vec<String> {
        args.iter().map(|&a| a.to_owned()).collect()
    }

    #[test]
    fn a_folder_stands_for_its_run_files_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("team.a");
        for file in ["b.jsonl", "a.json", "README.md", ".hidden.json", "logs/000001.gz", "logs/x.log.GZ", "plain"] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let input = inputs(&args(&[root.to_str().unwrap()])).remove(0).unwrap();
        let names: Vec<String> =
            input.sources.iter().map(|s| s.place()[root.to_str().unwrap().len() + 1..].to_owned()).collect();
        assert_eq!(names, ["a.json", "b.jsonl", "logs/000001.gz", "logs/x.log.GZ", "plain"]);
        assert_eq!(input.name, "team.a");
        let named: Vec<_> = input.sources.iter().map(|s| [&s.name[..], &s.function].join(" ")).collect();
        assert_eq!(named, ["a a", "b b", "000001 logs", "x x", "plain plain"], "a number names no function");

        let empty = tempfile::tempdir().unwrap();
        let error = inputs(&args(&[empty.path().to_str().unwrap()])).remove(0).unwrap_err();
        assert!(error.problem().contains("no run files"));
    }

    #[test]
    #[cfg(unix)]
    fn what_cannot_be_read_in_a_folder_is_named_and_the_rest_read() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        let deepest = at(&vec!["d"; MAX_FOLDERS].join("/"));
        fs::create_dir_all(&deepest).unwrap();
        for path in [at("a.json"), at("z.json"), deepest.with_file_name("last.json"), deepest.join("beyond.json")] {
            fs::write(path, "x").unwrap();
        }
        for link in ["gone.json", "gone.md"] {
            std::os::unix::fs::symlink("nowhere", at(link)).unwrap();
        }
        let inputs = inputs(&args(&[root.path().to_str().unwrap()]));
        let place = |n: usize| inputs[n].as_ref().unwrap_err().place().concat();
        assert_eq!([place(0), place(1)], [deepest, at("gone.json")].map(|path| path.display().to_string()));
        assert_eq!((inputs.len(), inputs[2].as_ref().unwrap().sources.len()), (3, 3));
    }

    #[test]
    fn arguments_are_told_apart() {
        let url = "https://lambda-power-tuning.show/#gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI=";
        let got = inputs(&args(&["-", url, "missing.json", "gAAAAQ==;mpkBQZqZkUA=;J6OQMSejEDI="]));
        assert_eq!(got[0].as_ref().unwrap().sources[0].origin, Origin::Stdin);
        let text = |n: usize| got[n].as_ref().unwrap().sources[0].name.clone();
        assert_eq!((text(1), text(3)), ("url-1".to_owned(), "url-2".to_owned()));
        assert_eq!(got[2].as_ref().unwrap_err().place(), ["missing.json"]);
    }
}
