//! Extended attributes as they stand behind an inode: a header of 12 bytes, then entries padded to 4.

use crate::{
    failure::{Failure, Result},
    rootfs::{limits::MAX_XATTRS_PER_FILE, xattr::Xattr},
};

const HEADER: usize = 12;
const ENTRY: usize = 4;

/// The encoded attributes; empty when there are none.
pub fn encode(xattrs: &[Xattr]) -> Vec<u8> {
    let mut area = Vec::new();
    for xattr in xattrs {
        let Some((index, name)) = xattr.index() else {
            continue;
        };
        if area.is_empty() {
            area.resize(HEADER, 0);
        }
        area.extend([name.len() as u8, index]);
        area.extend((xattr.value.len() as u16).to_le_bytes());
        area.extend(name);
        area.extend(&xattr.value);
        area.resize(area.len().next_multiple_of(4), 0);
    }
    area
}

/// Bytes that `encode` gives.
pub fn size(xattrs: &[Xattr]) -> usize {
    let entries: usize = xattrs
        .iter()
        .filter_map(|xattr| {
            Some((ENTRY + xattr.index()?.1.len() + xattr.value.len()).next_multiple_of(4))
        })
        .sum();
    if entries == 0 { 0 } else { HEADER + entries }
}

/// The inode's `i_xattr_icount` for an area of this size.
pub fn count(size: usize) -> u16 {
    if size == 0 {
        0
    } else {
        ((size - HEADER) / 4 + 1) as u16
    }
}

/// Refuses what `i_xattr_icount` or our limit cannot hold.
pub fn check(xattrs: &[Xattr]) -> Result<()> {
    let size = size(xattrs);
    if size <= MAX_XATTRS_PER_FILE {
        return Ok(());
    }
    Err(Failure::image(
        "limit-exceeded",
        format!(
            "a file has {size} bytes of extended attributes; at most {MAX_XATTRS_PER_FILE} are allowed"
        ),
    ))
}
