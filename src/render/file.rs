//! Writing a file whole or not at all.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// Writes `bytes` to `path`: whoever opens the file sees the old content or all of the new one, never a part.
///
/// The bytes go to a temporary file of the same folder, which then takes the name of `path`, and the permissions of the file that had it. A link is followed; a device
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
        let path = followed(path).map_err(|error| cannot_write(path, &error))?;
        let old = fs::metadata(&path).ok();
        let device = old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir());
        let (temporary, file) = if device {
            (None, OpenOptions::new().write(true).open(&path))
        } else {
            let (temporary, file) = create_beside(&path)?;
            unfinished().insert(temporary.clone());
            (Some(temporary), Ok(file))
        };
        let file = file.map_err(|error| cannot_write(&path, &error))?;
        let whole = Self { path, temporary, file: BufWriter::new(file), finished: false };
        if let Some(old) = old.filter(fs::Metadata::is_file) {
            whole.take_permissions(&old).map_err(|error| cannot_write(&whole.path, &error))?;
        }
        Ok(whole)
    }

    /// Whoever may not read the old content may not read the new one either.
    fn take_permissions(&self, old: &fs::Metadata) -> io::Result<()> {
        let file = self.file.get_ref();
        // some file systems know only one mode, and refuse to set any
        if file.metadata()?.permissions() == old.permissions() {
            return Ok(());
        }
        file.set_permissions(old.permissions())
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

/// Files that are being written: what an interrupt removes.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the files that were not finished, for a program that ends without doing so.
#[cfg(feature = "cli")]
pub(crate) fn remove_unfinished() {
    for temporary in &*unfinished() {
        let _ = fs::remove_file(temporary);
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        let Some(temporary) = &self.temporary else { return };
        if !self.finished {
            // the first error is the one to report; a left-over file would only add to it
            let _ = fs::remove_file(temporary);
        }
        unfinished().remove(temporary);
    }
}

/// Where a path leads; a link may lead to a file that is still to be made.
fn followed(path: &Path) -> io::Result<PathBuf> {
    match (path.canonicalize(), fs::read_link(path)) {
        (Err(error), Ok(target)) if error.kind() == io::ErrorKind::NotFound => followed(&path.with_file_name(target)),
        (Err(error), _) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        (result, _) => result,
    }
}

/// Makes a file in the folder of `path` that no other process uses. A run that was killed may have left one of the same
/// process number.
fn create_beside(path: &Path) -> Result<(PathBuf, File)> {
    let name = path.file_name().ok_or_else(|| {
        Error::new("not the name of a file").help("give a file name, such as chart.svg").at(path.display().to_string())
    })?;
    let mut number = 0_u64;
    loop {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{number}.tmp", std::process::id()));
        let temporary = path.with_file_name(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(cannot_write(path, &error)),
        }
    }
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

    #[cfg(unix)]
    #[test]
    fn links_to_nothing_are_followed_and_circles_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("charts")).unwrap();
        std::os::unix::fs::symlink("link.svg", at("first.svg")).unwrap();
        std::os::unix::fs::symlink("charts/a.svg", at("link.svg")).unwrap();
        write_whole(&at("first.svg"), b"new").unwrap();
        assert_eq!(fs::read(at("charts/a.svg")).unwrap(), b"new");
        assert!(at("first.svg").is_symlink() && at("link.svg").is_symlink());
        std::os::unix::fs::symlink("circle.svg", at("circle.svg")).unwrap();
        assert!(write_whole(&at("circle.svg"), b"x").is_err() && at("circle.svg").is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        for mode in [0o600, 0o444, 0o666] {
            fs::write(&path, b"old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            write_whole(&path, b"new").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn what_a_killed_run_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        let (left, _) = create_beside(&path).unwrap();
        write_whole(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(left.exists() && fs::read_dir(folder.path()).unwrap().count() == 2);
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
