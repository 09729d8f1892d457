//! From layers to one image. Reads every layer once; nothing is ever extracted to the host's file system.

use std::{path::PathBuf, sync::Arc};

use super::{
    Compression, Control, Layer,
    erofs::{self, DataArea, FlatWriter, SparseWriter},
    layer_stream::{LayerReader, LayerStream},
    limits::{self, Limits},
    tar::{Entry, Kind, Region, TarReader},
    tree::{Attributes, Body, CleanPath, FileData, Target, Tree},
    xattr::Xattr,
};
use crate::{
    failure::{Failure, Result},
    output_file::{Existing, OutputFile},
};

#[derive(Debug, Clone)]
pub struct Request {
    /// Base first.
    pub layers: Vec<Layer>,
    /// Paths at which an image without a directory gets an empty one.
    pub directories: Vec<String>,
    /// Replaced when it exists.
    pub output: PathBuf,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Built {
    pub size_bytes: u64,
    /// Files, directories and all else in the image; hard links count once.
    pub entries: u64,
}

/// Builds the image under a temporary name beside `output`, makes it durable and renames it.
pub fn build(request: Request, control: &Arc<Control>) -> Result<Built> {
    let output = OutputFile::create(&request.output, 0o644)?;
    let names: Vec<String> = request.layers.iter().map(describe).collect();
    let mut stream = LayerStream::start(request.layers, Arc::clone(control))?;
    let mut builder = Builder {
        tree: Tree::new(&request.limits),
        area: DataArea::new(&output, request.limits.max_bytes),
        limits: request.limits,
        control,
        entries: 0,
        bytes: 0,
    };
    for (index, name) in names.iter().enumerate() {
        builder
            .apply(index as u32, stream.layer())
            .map_err(|failure| match failure.code {
                crate::failure::Code::Image => failure.within(format_args!(
                    "layer {} of {} ({name})",
                    index + 1,
                    names.len()
                )),
                _ => failure,
            })?;
    }
    for directory in &request.directories {
        builder
            .tree
            .add_missing_directory(&CleanPath::new(directory.as_bytes())?, names.len() as u32)?;
    }
    let summary = builder.finish(&output)?;
    control.check()?;
    output.commit(Existing::Replace)?;
    control.tell_end();
    Ok(Built {
        size_bytes: summary.size_bytes,
        entries: summary.inodes,
    })
}

fn describe(layer: &Layer) -> String {
    let compression = match layer.compression {
        Compression::None => "",
        Compression::Gzip => ", gzip",
        Compression::Zstd => ", zstd",
    };
    format!("{}{compression}", layer.path.display())
}

struct Builder<'a> {
    tree: Tree,
    area: DataArea<'a>,
    limits: Limits,
    control: &'a Control,
    /// Archive entries of all layers.
    entries: u64,
    /// Decompressed bytes of the layers before the current one.
    bytes: u64,
}

impl Builder<'_> {
    fn apply(&mut self, layer: u32, source: LayerReader<'_>) -> Result<()> {
        let mut archive = TarReader::new(source);
        while let Some(entry) = archive.next_entry()? {
            self.control.check()?;
            self.entries += 1;
            if self.entries > self.limits.max_entries {
                return Err(Failure::image(
                    "limit-exceeded",
                    format!(
                        "the layers have more than {} entries",
                        self.limits.max_entries
                    ),
                ));
            }
            self.check_bytes(archive.offset())?;
            let path = entry.path.clone();
            let target = Target::of(&path)?;
            let placed = match target {
                Target::Path(path) => self.put(layer, &path, entry, &mut archive),
                Target::Whiteout { parent, name } => self.tree.whiteout(&parent, &name, layer),
                Target::Opaque(directory) => self.tree.make_opaque(&directory, layer),
                Target::Ignored => Ok(()),
            };
            placed.map_err(|failure| with_entry(failure, &path))?;
        }
        self.bytes += archive.offset();
        self.check_bytes(0)
    }

    fn put(
        &mut self,
        layer: u32,
        path: &CleanPath<'_>,
        entry: Entry,
        archive: &mut TarReader<LayerReader<'_>>,
    ) -> Result<()> {
        let (kind, mut attributes) = split(entry);
        if matches!(kind, Kind::Symlink(_)) {
            // Links have no mode of their own, whatever an archive says; this is what Linux shows of one that is made.
            attributes.mode = 0o777;
        }
        erofs::check_xattrs(&attributes.xattrs)?;
        let body = match kind {
            Kind::Directory => return self.tree.put_directory(path, attributes, layer),
            Kind::HardLink(target) => {
                return self
                    .tree
                    .put_hard_link(path, &CleanPath::new(&target)?, layer);
            }
            Kind::File { size, regions } => {
                Body::File(self.file(size, regions, &attributes.xattrs, archive)?)
            }
            Kind::Symlink(target) => Body::Symlink(symlink_target(target)?),
            Kind::CharacterDevice { major, minor } => {
                check_device(major, minor)?;
                Body::CharacterDevice { major, minor }
            }
            Kind::BlockDevice { major, minor } => {
                check_device(major, minor)?;
                Body::BlockDevice { major, minor }
            }
            Kind::Fifo => Body::Fifo,
        };
        self.tree.put(path, attributes, body, layer)
    }

    fn file(
        &mut self,
        size: u64,
        regions: Option<Vec<Region>>,
        xattrs: &[Xattr],
        archive: &mut TarReader<LayerReader<'_>>,
    ) -> Result<FileData> {
        let (area, control) = (&mut self.area, self.control);
        let left = self
            .limits
            .max_bytes
            .saturating_sub(self.bytes + archive.offset());
        let mut seen = 0;
        let mut guard = |piece: &[u8]| {
            control.check()?;
            seen += piece.len() as u64;
            if seen > left {
                Err(too_many_bytes(left))
            } else {
                Ok(())
            }
        };
        match regions {
            None => {
                let may_keep_tail = self.tree.tail_bytes() < limits::MAX_TAILS_TOTAL;
                let mut writer = FlatWriter::new(area, size, xattrs, may_keep_tail);
                archive.read_data(|piece| {
                    guard(piece)?;
                    writer.push(area, piece)
                })?;
                writer.finish(area)
            }
            Some(regions) => {
                let mut writer = SparseWriter::new(area, size, &regions)?;
                archive.read_data(|piece| {
                    guard(piece)?;
                    writer.push(area, piece)
                })?;
                writer.finish(area)
            }
        }
    }

    fn check_bytes(&self, more: u64) -> Result<()> {
        if self.bytes.saturating_add(more) > self.limits.max_bytes {
            return Err(too_many_bytes(self.limits.max_bytes));
        }
        Ok(())
    }

    fn finish(mut self, output: &OutputFile) -> Result<erofs::Summary> {
        self.area.flush()?;
        self.area.discard(&self.tree.take_dead_blocks())?;
        erofs::write_metadata(&self.tree, self.area, output, || self.control.check())
    }
}

fn split(entry: Entry) -> (Kind, Attributes) {
    let mut xattrs: Vec<Xattr> = entry.xattrs.into_iter().filter(Xattr::is_kept).collect();
    xattrs.sort();
    let attributes = Attributes {
        mode: entry.mode as u16,
        uid: entry.uid,
        gid: entry.gid,
        mtime: entry.mtime,
        xattrs: xattrs.into(),
    };
    (entry.kind, attributes)
}

fn symlink_target(target: Vec<u8>) -> Result<Box<[u8]>> {
    if target.is_empty() || target.len() > limits::MAX_SYMLINK_TARGET {
        return Err(Failure::image(
            "invalid-link",
            format!("a symbolic link's target has {} bytes", target.len()),
        ));
    }
    Ok(target.into())
}

/// Linux has 12 bits for a device's major number and 20 for its minor one.
fn check_device(major: u32, minor: u32) -> Result<()> {
    if major < 1 << 12 && minor < 1 << 20 {
        return Ok(());
    }
    Err(Failure::image(
        "invalid-device",
        format!("the device number {major}:{minor} does not exist"),
    ))
}

fn too_many_bytes(limit: u64) -> Failure {
    Failure::image(
        "limit-exceeded",
        format!("the layers hold more than the allowed bytes ({limit} were left)"),
    )
}

fn with_entry(failure: Failure, path: &[u8]) -> Failure {
    if failure.code != crate::failure::Code::Image {
        return failure;
    }
    let shown = String::from_utf8_lossy(&path[..path.len().min(128)]).into_owned();
    failure.within(format_args!("entry {shown:?}"))
}
