//! A chain of layers as one raw file.

use std::{fs::File, io, os::unix::fs::MetadataExt, path::PathBuf};

use super::layer::{Format, Kind, Layer, OpenLayer};
use crate::{
    cancellation::Cancellation,
    failure::{Failure, Result},
    output_file::{Durability, Existing, OutputFile},
    sparse::copy_range,
};

/// Far more than the engine can bear.
const MAX_LAYERS: usize = 256;
/// Progress is told about this often, at most.
const PROGRESS_STEPS: u64 = 1000;
const PROGRESS_MIN: u64 = 16 << 20;

#[derive(Debug)]
pub struct Flatten {
    /// Base first. Only the first may be raw, as nothing shows through a raw layer.
    pub layers: Vec<Layer>,
    /// Replaced when it exists.
    pub output: PathBuf,
    pub durability: Durability,
}

/// Writes what the chain shows, as large as its top. Gives the bytes that the file takes on the disk.
/// `progress` gets the bytes of the disk that are done, and all of them.
///
/// The file takes no more than the layers do: each cluster of a layer is read once at most, and holes stay holes.
pub fn flatten(
    request: &Flatten,
    progress: impl Fn(u64, u64),
    cancellation: &Cancellation,
) -> Result<u64> {
    let mut layers = open(&request.layers)?;
    let total = layers.last().map_or(0, OpenLayer::virtual_bytes);
    let path = &request.output;
    let failed = |error: io::Error| Failure::storage("write", path, &error);
    let output = OutputFile::create(path, 0o600)?;
    output.file().set_len(total).map_err(failed)?;
    let mut check = || cancellation.check(|| format!("making {}", path.display()));
    let step = (total / PROGRESS_STEPS).max(PROGRESS_MIN);
    let mut told = 0;
    resolve(&mut layers, 0, total, &mut |file, offset, at, bytes| {
        check()?;
        if at - told >= step {
            told = at;
            progress(at, total);
        }
        let Some((file, offset)) = file.zip(offset) else {
            return Ok(());
        };
        copy_range(file, offset, output.file(), at, bytes, &mut check)
            .map(drop)
            .map_err(|failure| failure.within(format_args!("cannot make {}", path.display())))
    })?;
    let file = output.file().try_clone().map_err(failed)?;
    output.commit_as(Existing::Replace, request.durability)?;
    progress(total, total);
    Ok(file.metadata().map_err(failed)?.blocks() * 512)
}

fn open(layers: &[Layer]) -> Result<Vec<OpenLayer>> {
    if layers.is_empty() || layers.len() > MAX_LAYERS {
        return Err(Failure::invalid_argument(format!(
            "a disk has 1 to {MAX_LAYERS} layers, not {}",
            layers.len()
        )));
    }
    if let Some(raw) = layers[1..].iter().find(|layer| layer.format == Format::Raw) {
        return Err(Failure::invalid_argument(format!(
            "{} is raw and stands on another layer; only the lowest layer can be raw",
            raw.path.display()
        )));
    }
    layers.iter().map(OpenLayer::open).collect()
}

/// Asks the top layer, and for what it does not hold the layers below it.
fn resolve(
    layers: &mut [OpenLayer],
    from: u64,
    to: u64,
    found: &mut impl FnMut(Option<&File>, Option<u64>, u64, u64) -> Result<()>,
) -> Result<()> {
    let Some((top, below)) = layers.split_last_mut() else {
        return Ok(());
    };
    // Behind the end of a layer all is zero, whatever lies below it.
    let to = to.min(top.virtual_bytes());
    let mut at = from;
    while at < to {
        let part = top.part(at, to)?;
        match part.kind {
            Kind::Data(offset) => found(Some(top.file()), Some(offset), at, part.bytes)?,
            Kind::Zero => found(None, None, at, part.bytes)?,
            Kind::Below => resolve(below, at, at + part.bytes, found)?,
        }
        at += part.bytes;
    }
    Ok(())
}
