//! Directories of their own, copies between them, and what a tree is, as text.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use boxlite_copy::{Host, Owner, Result, Sink, SinkOptions, Source, SourceOptions};

pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("boxlite-copy-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

pub const KEPT: SinkOptions = SinkOptions {
    owner: Owner::Copier,
    set_id: true,
};

pub fn sink(to: &[u8]) -> Sink {
    Sink::new(Box::new(Host), to, KEPT)
}

pub fn messages(from: &[u8], options: SourceOptions) -> Result<Vec<Vec<u8>>> {
    let mut source = Source::open(&Host, from, options)?;
    let mut messages = Vec::new();
    loop {
        let message = source.message()?;
        if message.is_empty() {
            return Ok(messages);
        }
        messages.push(message);
    }
}

/// A line for each file: its path, kind, mode, time, size, number of names, and content or target.
pub fn describe(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    walk(root, root, &mut lines);
    lines.sort();
    lines
}

fn walk(root: &Path, path: &Path, lines: &mut Vec<String>) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let name = path.strip_prefix(root).unwrap();
    let (kind, mode) = (metadata.mode() >> 12, metadata.mode() & 0o7777);
    let time = (metadata.mtime(), metadata.mtime_nsec());
    let content = match () {
        () if metadata.is_file() => format!("{:?}", fs::read(path).unwrap()),
        () if metadata.is_symlink() => format!("{:?}", fs::read_link(path).unwrap()),
        () => String::new(),
    };
    let links = if metadata.is_dir() {
        0
    } else {
        metadata.nlink()
    };
    lines.push(format!(
        "{name:?} {kind:o} {mode:o} {time:?} {links} {content}"
    ));
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            walk(root, &entry.unwrap().path(), lines);
        }
    }
}
