//! What the tests of root images share: archives made by hand, a reader of images, scratch directories.
#![allow(dead_code)]

pub mod archive;
pub mod image;
pub mod private_ram;
pub mod qcow2;
pub mod random;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use boxlite_vmm::{
    failure::Failure,
    rootfs::{self, Built, Compression, Control, Layer, Limits, Request},
};

pub const LIMITS: Limits = Limits {
    max_entries: 100_000,
    max_bytes: 1 << 30,
};

/// Removed with all in it when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "boxlite-vmm-{}-{}",
            std::process::id(),
            SERIAL.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        // A file that is cut to nothing and written again is synced by ext4 when it is closed; a new one is not.
        let _ = fs::remove_file(&path);
        fs::write(&path, content).unwrap();
        path
    }

    /// Names of all files in it.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn build_files(
    layers: &[(PathBuf, Compression)],
    output: &Path,
    limits: Limits,
) -> Result<Built, Failure> {
    let layers = layers
        .iter()
        .map(|(path, compression)| Layer {
            path: path.clone(),
            compression: *compression,
        })
        .collect();
    rootfs::build(
        Request {
            directories: Vec::new(),
            layers,
            output: output.to_owned(),
            limits,
        },
        &Arc::new(Control::new(|_| ())),
    )
}

/// Builds an image of plain archives and reads it.
pub fn build_with(layers: &[Vec<u8>], limits: Limits) -> Result<image::Image, Failure> {
    let scratch = Scratch::new();
    let files: Vec<_> = (0..)
        .zip(layers)
        .map(|(index, layer)| {
            (
                scratch.write(&format!("{index}.tar"), layer),
                Compression::None,
            )
        })
        .collect();
    let output = scratch.path("image");
    let built = build_files(&files, &output, limits);
    if built.is_err() {
        assert_eq!(
            scratch.names().len(),
            layers.len(),
            "a failed build leaves nothing behind"
        );
    }
    let built = built?;
    let bytes = fs::read(&output).unwrap();
    assert_eq!(bytes.len() as u64, built.size_bytes);
    Ok(image::Image::read(&bytes))
}

pub fn build(layers: &[Vec<u8>]) -> Result<image::Image, Failure> {
    build_with(layers, LIMITS)
}

/// Whether a program that only tests use is here; says so when it is not.
pub fn has_program(name: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {name}")])
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: {name} is not installed");
    }
    found
}
