//! Writing a file whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
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
    let mut file = WholeFile::create(path)?;
    file.write_all(bytes).map_err(|error| cannot_write(path, &error))?;
    file.finish()
}

/// Makes a folder and those that it is in, where they are missing.
///
/// # Errors
/// When it cannot be made, or a file has its name.
#[cfg(feature = "cli")]
pub(crate) fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| {
        Error::new(format!("cannot make the folder: {error}"))
            .help("choose a folder that you may write to")
            .at(path.display().to_string())
    })
}

/// A file that is written piece by piece and takes its name only once it is complete. Links are followed; a device or
/// pipe is written as it is.
#[derive(Debug)]
pub(crate) struct WholeFile {
    path: PathBuf,
    /// What is renamed at the end; nothing for a device.
    temporary: Option<PathBuf>,
    file: BufWriter<File>,
    finished: bool,
}

impl WholeFile {
    /// Begins a file that will be `path`.
    ///
    /// # Errors
    /// As [`write_whole`].
    pub fn create(path: &Path) -> Result<Self> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let device = path.exists() && !path.is_file() && !path.is_dir();
        let temporary = if device { None } else { Some(temporary_beside(&path)?) };
        let file = match &temporary {
            Some(temporary) => OpenOptions::new().write(true).create_new(true).open(temporary),
            None => OpenOptions::new().write(true).open(&path),
        };
        let file = BufWriter::new(file.map_err(|error| cannot_write(&path, &error))?);
        Ok(Self { path, temporary, file, finished: false })
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// As [`write_whole`].
    pub fn finish(mut self) -> Result<()> {
        let named = self.file.flush().and_then(|()| match &self.temporary {
            Some(temporary) => self.file.get_ref().sync_all().and_then(|()| fs::rename(temporary, &self.path)),
            None => Ok(()),
        });
        named.map_err(|error| cannot_write(&self.path, &error))?;
        self.finished = true;
        Ok(())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let (false, Some(temporary)) = (self.finished, &self.temporary) {
            // the first error is the one to report; a left-over file would only add to it
            let _ = fs::remove_file(temporary);
        }
    }
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

/// What is wrong with a file that cannot be written, and what to do.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Error {
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
