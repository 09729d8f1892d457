//! Finds Node.js and the bridge: what the environment says, then what is in `PATH`.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// What starts the bridge: `BOXLITE_NODE` or `node`, and `BOXLITE_BRIDGE` (its `main.js`) or `boxlite-bridge`.
///
/// # Errors
/// `Config` when one of them is nowhere, reason `node-not-found` or `bridge-not-found`.
pub fn locate_bridge() -> Result<[PathBuf; 2], Failure> {
    let missing = |message: &str, reason: &str| Failure::new("Config", message, Some(reason));
    let node = named("BOXLITE_NODE")?.or_else(|| in_path("node")).ok_or_else(|| {
        missing("Node.js is not there, which BoxLite runs in: install Node.js 20 or newer, or set BOXLITE_NODE to its path", "node-not-found")
    })?;
    let bridge = named("BOXLITE_BRIDGE")?.or_else(|| in_path("boxlite-bridge")).ok_or_else(|| {
        missing(
            "BoxLite's bridge is not there: install it with `npm install --global @boxlite/bridge`, or set BOXLITE_BRIDGE to its main.js",
            "bridge-not-found",
        )
    })?;
    let resolved = bridge.canonicalize().unwrap_or(bridge);
    Ok([node, resolved])
}

fn named(variable: &str) -> Result<Option<PathBuf>, Failure> {
    let Some(path) = env::var_os(variable)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
    else {
        return Ok(None);
    };
    if path.exists() {
        return Ok(Some(path));
    }
    let message = format!(
        "{variable} is {}, where nothing is; set it to what is meant, or unset it",
        path.display()
    );
    Err(Failure::new("Config", &message, Some("bridge-not-found")))
}

fn in_path(program: &str) -> Option<PathBuf> {
    find(program, env::var_os("PATH").as_deref()?)
}

fn find(program: &str, path: &OsStr) -> Option<PathBuf> {
    let is_program = |file: &Path| {
        file.metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    env::split_paths(path)
        .map(|directory| directory.join(program))
        .find(|file| is_program(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_a_file_that_can_be_run() {
        assert_eq!(
            find("sh", OsStr::new("/nowhere:/bin:/usr/bin")),
            Some("/bin/sh".into())
        );
        assert_eq!(find("passwd", OsStr::new("/etc")), None);
        assert_eq!(find("bin", OsStr::new("/usr")), None);
    }
}
