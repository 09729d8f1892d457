//! One layer of a disk, whatever its format: what it says about a range of the disk.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{qcow2::Qcow2, raw::Raw};
use crate::failure::{Code, Failure, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Raw,
    Qcow2,
}

#[derive(Debug, Clone)]
pub struct Layer {
    pub path: PathBuf,
    pub format: Format,
}

/// The begin of a range, all of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub bytes: u64,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// At this offset of the layer's file; what lies behind its end is zero.
    Data(u64),
    Zero,
    /// What the layer below says.
    Below,
}

pub enum OpenLayer {
    Raw(Raw),
    Qcow2(Qcow2),
}

impl OpenLayer {
    pub fn open(layer: &Layer) -> Result<Self> {
        Ok(match layer.format {
            Format::Raw => Self::Raw(Raw::open(&layer.path)?),
            Format::Qcow2 => Self::Qcow2(Qcow2::open(&layer.path)?),
        })
    }

    pub fn virtual_bytes(&self) -> u64 {
        match self {
            Self::Raw(raw) => raw.bytes,
            Self::Qcow2(qcow2) => qcow2.header.virtual_bytes,
        }
    }

    pub fn file(&self) -> &File {
        match self {
            Self::Raw(raw) => &raw.file,
            Self::Qcow2(qcow2) => &qcow2.file,
        }
    }

    /// What lies at `from`. The range is not empty, inside the layer, and begins where no earlier one ended later.
    pub fn part(&mut self, from: u64, to: u64) -> Result<Part> {
        match self {
            Self::Raw(raw) => raw.part(from, to),
            Self::Qcow2(qcow2) => qcow2.part(from, to),
        }
    }
}

/// Checks what a layer says of itself, and gives its virtual size.
pub fn inspect(layer: &Layer) -> Result<u64> {
    Ok(OpenLayer::open(layer)?.virtual_bytes())
}

pub fn damaged(path: &Path, what: &str) -> Failure {
    refused(path, "layer-damaged", what)
}

/// The file may be whole, but is none that BoxLite makes or reads.
pub fn unsupported(path: &Path, what: &str) -> Failure {
    refused(path, "layer-unsupported", what)
}

fn refused(path: &Path, reason: &'static str, what: &str) -> Failure {
    Failure::new(
        Code::Storage,
        reason,
        format!("the disk layer {} cannot be used: {what}", path.display()),
    )
}
