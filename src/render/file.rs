//! Writing a file whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes `bytes` to `path`: whoever opens the file sees the old content or all of the new one, never a part.
///
/// The bytes go to a temporary file of the same folder, which then takes the name of `path`. A link is followed; a device
/// or a pipe, such as `/dev/stdout`, takes the bytes as they come.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("chart.svg");
/// powercurve::render::file::write_whole(&path, b"<svg/>")?;
/// assert_eq!(std::fs::read(&path).unwrap(), b"<svg/>");
/// # Ok::<(), powercurve::Error>(())
/// ```
///
/// # Errors
/// When the folder does not exist or cannot be written, the disk is full, or `path` is a folder.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let resolved = path.canonicalize();
    let path = resolved.as_deref().unwrap_or(path);
    if path.exists() && !path.is_file() && !path.is_dir() {
        return fs::write(path, bytes).map_err(|error| cannot_write(path, &error));
    }
    let temporary = temporary_beside(path)?;
    fill(&temporary, bytes).and_then(|()| fs::rename(&temporary, path)).map_err(|error| {
        // the first error is the one to report; a left-over file would only add to it
        let _ = fs::remove_file(&temporary);
        cannot_write(path, &error)
    })
}

/// Makes a folder and those that it is in, where they are missing.
///
/// # Errors
/// When it cannot be made, or a file has its name.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| {
        Error::new(format!("cannot make the folder: {error}"))
            .help("choose a folder that you may write to")
            .at(path.display().to_string())
    })
}

fn fill(temporary: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(temporary)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name in the folder of `path` that no other process uses.
fn temporary_beside(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| {
        Error::new("not the name of a file").help("give a file name, such as chart.svg").at(path.display().to_string())
    })?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", std::process::id()));
    Ok(path.with_file_name(hidden))
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    let help = match error.kind() {
        io::ErrorKind::NotFound => "create the folder first",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "choose a folder that you may write to",
        io::ErrorKind::IsADirectory => "this is a folder: add a file name",
        _ => "check the folder and the free space",
    };
    Error::new(format!("cannot write the file: {error}")).help(help).at(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_old_content_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        write_whole(&path, b"old and long").unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_stay_devices() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a.svg"), folder.path().join("link.svg"));
        fs::write(&path, b"old").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(link.is_symlink());
        let device = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &device).unwrap();
        write_whole(&device, b"x").unwrap();
        assert!(!Path::new("/dev/null").is_file());
    }

    #[test]
    fn a_missing_folder_is_an_error_with_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_whole(&folder.path().join("none/a.svg"), b"x").unwrap_err().to_string();
        assert!(error.contains("cannot write the file") && error.contains("create the folder first"), "{error}");
    }

    #[test]
    fn a_folder_in_the_way_is_an_error_and_no_temporary_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        fs::create_dir(&path).unwrap();
        assert!(write_whole(&path, b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
