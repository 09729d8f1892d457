//! Turns the finished tree into directory blocks, inodes and the superblock.

use std::os::unix::fs::FileExt;

use super::{
    data_area::DataArea,
    directory::{self, Link},
    format::{
        BLOCK, BLOCK_BITS, CHUNK_HOLE, FileType, Layout, RawInode, SLOT, Superblock, device_number,
    },
    plan::{Place, Plan},
    xattr_area,
};
use crate::{
    failure::{Failure, Result},
    output_file::OutputFile,
    rootfs::tree::{Body, ChunkRun, FileData, ROOT, Tree},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub size_bytes: u64,
    pub inodes: u64,
}

/// Writes all that is not file data, and the superblock last. The file ends on a block's end.
pub fn write_metadata(
    tree: &Tree,
    mut area: DataArea<'_>,
    output: &OutputFile,
    mut check: impl FnMut() -> Result<()>,
) -> Result<Summary> {
    let plan = Plan::new(tree);
    let mut locations = Vec::with_capacity(plan.places.len());
    for (index, place) in plan.places.iter().enumerate() {
        if index % 1024 == 0 {
            check()?;
        }
        locations.push(write_blocks(tree, &plan, place, &mut area)?);
    }
    let metadata_block = area.next_block();
    let base = area.position();
    let mut has_chunked_files = false;
    for (index, (place, location)) in plan.places.iter().zip(locations).enumerate() {
        if index % 1024 == 0 {
            check()?;
        }
        has_chunked_files |= place.layout == Layout::Chunked;
        area.seek(base + place.offset)?;
        write_inode(tree, &plan, place, location, &mut area)?;
    }
    area.align()?;
    area.flush()?;
    let size_bytes = area.position();
    let superblock = Superblock {
        root_nid: u16::try_from(plan.nid(ROOT)).expect("the root is the first inode"),
        inodes: plan.places.len() as u64,
        blocks: (size_bytes / BLOCK as u64) as u32,
        metadata_block,
        has_chunked_files,
    };
    let failed = |error| Failure::storage("write the root image", output.path(), &error);
    output
        .file()
        .write_all_at(&superblock.encode(), 0)
        .map_err(failed)?;
    // Holes at the end are part of the image as well.
    output.file().set_len(size_bytes).map_err(failed)?;
    Ok(Summary {
        size_bytes,
        inodes: superblock.inodes,
    })
}

/// The data of directories, and of link targets that do not fit beside their inode. Returns the inode's location field.
fn write_blocks(tree: &Tree, plan: &Plan, place: &Place, area: &mut DataArea<'_>) -> Result<u32> {
    let block = area.next_block();
    match &tree.inode(place.inode).body {
        Body::Directory(entries) => {
            let data = directory_data(tree, plan, place, entries);
            area.append(&data[..data.len() - inline_length(place, data.len())])?;
            area.align()?;
            Ok(block)
        }
        Body::Symlink(target) if place.layout == Layout::Plain => {
            area.append(target)?;
            area.align()?;
            Ok(block)
        }
        Body::File(FileData::Flat { block, .. }) => Ok(*block),
        Body::File(FileData::Chunked { chunk_bits, .. }) => Ok(u32::from(chunk_bits - BLOCK_BITS)),
        Body::CharacterDevice { major, minor } | Body::BlockDevice { major, minor } => {
            Ok(device_number(*major, *minor))
        }
        _ => Ok(0),
    }
}

fn write_inode(
    tree: &Tree,
    plan: &Plan,
    place: &Place,
    location: u32,
    area: &mut DataArea<'_>,
) -> Result<()> {
    let inode = tree.inode(place.inode);
    let attributes = &inode.attributes;
    let xattrs = xattr_area::encode(&attributes.xattrs);
    let (kind, size, links) = match &inode.body {
        Body::Directory(entries) => {
            let subdirectories = entries
                .values()
                .filter(|entry| matches!(tree.inode(entry.inode).body, Body::Directory(_)))
                .count();
            (
                FileType::DIRECTORY,
                directory::size(entries),
                2 + subdirectories as u32,
            )
        }
        Body::File(data) => (FileType::REGULAR, data.size(), inode.links),
        Body::Symlink(target) => (FileType::SYMLINK, target.len() as u64, inode.links),
        other => (file_type(other), 0, inode.links),
    };
    let raw = RawInode {
        layout: place.layout,
        xattr_count: xattr_area::count(xattrs.len()),
        mode: kind.mode | attributes.mode,
        size,
        location,
        number: (place.offset / SLOT) as u32,
        uid: attributes.uid,
        gid: attributes.gid,
        mtime: attributes.mtime,
        links,
    };
    area.append(&raw.encode())?;
    area.append(&xattrs)?;
    match &inode.body {
        Body::File(FileData::Chunked {
            size,
            chunk_bits,
            runs,
        }) => write_chunks(size.div_ceil(1 << chunk_bits), *chunk_bits, runs, area),
        _ if place.layout != Layout::Inline => Ok(()),
        Body::Directory(entries) => {
            let data = directory_data(tree, plan, place, entries);
            area.append(&data[data.len() - inline_length(place, data.len())..])
        }
        Body::Symlink(target) => area.append(target),
        Body::File(FileData::Flat { tail, .. }) => area.append(tail),
        _ => Ok(()),
    }
}

/// Block addresses of all chunks, holes among them. Their table is aligned as inodes and attributes are.
fn write_chunks(
    count: u64,
    chunk_bits: u8,
    runs: &[ChunkRun],
    area: &mut DataArea<'_>,
) -> Result<()> {
    let mut next = 0;
    let blocks_per_chunk = 1u64 << (chunk_bits - BLOCK_BITS);
    for run in runs {
        for _ in next..run.first {
            area.append(&CHUNK_HOLE.to_le_bytes())?;
        }
        for index in 0..run.count {
            let block = u64::from(run.block) + u64::from(index) * blocks_per_chunk;
            area.append(&(block as u32).to_le_bytes())?;
        }
        next = run.first + run.count;
    }
    for _ in u64::from(next)..count {
        area.append(&CHUNK_HOLE.to_le_bytes())?;
    }
    Ok(())
}

fn inline_length(place: &Place, length: usize) -> usize {
    if place.layout == Layout::Inline {
        length % BLOCK
    } else {
        0
    }
}

fn directory_data(
    tree: &Tree,
    plan: &Plan,
    place: &Place,
    entries: &crate::rootfs::tree::Entries,
) -> Vec<u8> {
    directory::encode(entries, |link| match link {
        Link::Itself => (place.offset / SLOT, FileType::DIRECTORY),
        Link::Parent => (plan.nid(place.parent), FileType::DIRECTORY),
        Link::Child(id) => (plan.nid(id), file_type(&tree.inode(id).body)),
    })
}

fn file_type(body: &Body) -> FileType {
    match body {
        Body::Directory(_) => FileType::DIRECTORY,
        Body::File(_) => FileType::REGULAR,
        Body::Symlink(_) => FileType::SYMLINK,
        Body::CharacterDevice { .. } => FileType::CHARACTER,
        Body::BlockDevice { .. } => FileType::BLOCK,
        Body::Fifo => FileType::FIFO,
    }
}
