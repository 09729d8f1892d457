//! What the targets share: a directory in memory that is empty before each input.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Tells the messages of a stream apart, which may have any length.
pub const BORDER: &[u8] = b"\xff\xfe\xfd";

/// A directory of this process, emptied.
pub fn scratch() -> PathBuf {
    let parent = ["/dev/shm", "/tmp"]
        .map(Path::new)
        .into_iter()
        .find(|path| path.is_dir())
        .expect("a directory for temporary files");
    let path = parent.join(format!("boxlite-fuzz-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir(&path).expect("a scratch directory");
    path
}

/// A new file with these bytes.
pub fn file(directory: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, bytes).expect("a scratch file");
    path
}
