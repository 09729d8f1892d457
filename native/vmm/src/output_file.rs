//! A file that appears under its name only when it is whole: written beside, synced, renamed.

use std::{
    ffi::CString,
    fs::{self, File, OpenOptions},
    io,
    os::unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::failure::{Code, Failure, Result};

static SERIAL: AtomicU32 = AtomicU32::new(0);

/// What happens when the final name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Replace,
    Refuse,
}

/// Whether a file must outlive a loss of power from the moment it has its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Synced,
    /// For files that can be made again, and whose maker must not wait for a disk.
    Unsynced,
}

/// Removes its temporary file when dropped before `commit`.
#[derive(Debug)]
pub struct OutputFile {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    committed: bool,
}

impl OutputFile {
    pub fn create(path: &Path, mode: u32) -> Result<Self> {
        let name = path.file_name().ok_or_else(|| {
            Failure::invalid_argument(format!("{} names no file", path.display()))
        })?;
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}-{serial}.tmp", std::process::id()));
        let temporary = path.with_file_name(hidden);
        // What a process with our number left behind is in nobody's use.
        let _ = fs::remove_file(&temporary);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&temporary)
            .map_err(|error| Failure::storage("create", path, &error))?;
        Ok(Self {
            file,
            temporary,
            path: path.to_owned(),
            committed: false,
        })
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// The final name; what messages speak of.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the file durable and gives it its name.
    pub fn commit(self, existing: Existing) -> Result<()> {
        self.commit_as(existing, Durability::Synced)
    }

    /// Gives the file its name, durable or not.
    pub fn commit_as(mut self, existing: Existing, durability: Durability) -> Result<()> {
        if durability == Durability::Synced {
            self.file
                .sync_all()
                .map_err(|error| Failure::storage("write", &self.path, &error))?;
        }
        rename(&self.temporary, &self.path, existing)?;
        self.committed = true;
        match durability {
            Durability::Synced => sync_directory(&self.path),
            Durability::Unsynced => Ok(()),
        }
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if !self.committed {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

fn rename(from: &Path, to: &Path, existing: Existing) -> Result<()> {
    if existing == Existing::Replace {
        return fs::rename(from, to)
            .map_err(|error| Failure::storage("give its name to", to, &error));
    }
    let (source, target) = (c_path(from)?, c_path(to)?);
    // SAFETY: both are NUL-terminated strings that outlive the call.
    let status = unsafe {
        libc::renameat2(
            libc::AT_FDCWD,
            source.as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            libc::RENAME_NOREPLACE,
        )
    };
    if status == 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EEXIST) => Err(taken(to)),
        // Some file systems know no RENAME_NOREPLACE; a hard link refuses a taken name as well.
        Some(libc::EINVAL | libc::ENOSYS) => match fs::hard_link(from, to) {
            Ok(()) => {
                fs::remove_file(from).map_err(|error| Failure::storage("remove", from, &error))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(taken(to)),
            Err(error) => Err(Failure::storage("give its name to", to, &error)),
        },
        _ => Err(Failure::storage("give its name to", to, &error)),
    }
}

fn taken(path: &Path) -> Failure {
    Failure::new(
        Code::AlreadyExists,
        "EEXIST",
        format!("{} exists already; remove it first", path.display()),
    )
}

fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| {
        Failure::invalid_argument(format!("the path {:?} contains a NUL byte", path.display()))
    })
}

fn sync_directory(path: &Path) -> Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)
        .and_then(|handle| handle.sync_all())
        .map_err(|error| Failure::storage("sync the directory", directory, &error))
}
