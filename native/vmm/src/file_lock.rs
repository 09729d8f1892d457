//! An exclusive lock on a file, held as long as the value lives, with the holder's process id inside the file.
//!
//! The kernel frees the lock when its holder dies, however it dies. The file itself stays: removing it would let two
//! processes hold locks on two files of one name.

use std::{
    fs::{File, OpenOptions},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    },
    path::Path,
};

use crate::failure::{Code, Failure, Result};

#[derive(Debug)]
pub struct FileLock {
    file: File,
}

impl FileLock {
    /// Takes the lock or fails at once, with the code `Config` and the reason `locked`, when another has it.
    pub fn acquire(path: &Path) -> Result<Self> {
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .custom_flags(libc::O_CLOEXEC | libc::O_NOFOLLOW)
                .open(path)
                .map_err(|error| Failure::storage("open the lock file", path, &error))?;
            lock(&file, path)?;
            if is_still_at(&file, path) {
                write_pid(&file)
                    .map_err(|error| Failure::storage("write the lock file", path, &error))?;
                return Ok(Self { file });
            }
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        // Said aloud, as a forked child may hold the same open file for a moment longer.
        // SAFETY: the file descriptor is open.
        unsafe { libc::flock(self.file.as_raw_fd(), libc::LOCK_UN) };
    }
}

fn lock(file: &File, path: &Path) -> Result<()> {
    loop {
        // SAFETY: the file descriptor is open.
        if unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            Some(libc::EWOULDBLOCK) => return Err(locked(file, path)),
            _ => return Err(Failure::storage("lock", path, &error)),
        }
    }
}

fn locked(file: &File, path: &Path) -> Failure {
    let holder = match read_pid(file) {
        Some(pid) if pid == std::process::id() => format!("this process ({pid})"),
        Some(pid) => format!("process {pid}"),
        // Between its lock and its first write.
        None => "another process".to_owned(),
    };
    Failure::new(
        Code::Config,
        "locked",
        format!(
            "{} is locked by {holder}; end that one first or use another home directory",
            path.display()
        ),
    )
}

/// Somebody may have removed the file between our open and our lock; then others lock a new one.
fn is_still_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(ours), Ok(there)) => identity(ours) == identity(there),
        _ => false,
    }
}

fn write_pid(file: &File) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all_at(format!("{}\n", std::process::id()).as_bytes(), 0)
}

fn read_pid(file: &File) -> Option<u32> {
    let mut text = [0; 16];
    let length = file.read_at(&mut text, 0).ok()?;
    std::str::from_utf8(&text[..length])
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_it_and_the_other_learns_who() {
        let path = std::env::temp_dir().join(format!("boxlite-lock-{}", std::process::id()));
        let first = FileLock::acquire(&path).unwrap();
        let failure = FileLock::acquire(&path).unwrap_err();
        assert_eq!((failure.code, failure.reason), (Code::Config, "locked"));
        assert!(
            failure.message.contains(&std::process::id().to_string()),
            "{failure}"
        );
        drop(first);
        let again = FileLock::acquire(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let other = FileLock::acquire(&path).unwrap();
        drop((again, other));
        std::fs::remove_file(&path).unwrap();
    }
}
