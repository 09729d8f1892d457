//! An empty file: header, an empty L1 table, and the reference counts of these.
//!
//! ```text
//!   cluster 0     header
//!           1     refcount table, of which the first entry is used
//!           2     refcount block
//!           3 …   L1 table, all zero: a hole
//! ```

use std::{os::unix::fs::FileExt, path::Path};

use super::header::{Header, MAX_DISK_BYTES, SECTOR};
use crate::{
    failure::{Failure, Result},
    output_file::{Durability, Existing, OutputFile},
};

/// 16 KiB: see docs/decisions/0013-layer-files.md.
const CLUSTER_BITS: u32 = 14;

/// Makes an empty layer of this virtual size, readable and writable by its owner only. A file that is there already is left alone.
pub fn create(path: &Path, virtual_bytes: u64, durability: Durability) -> Result<()> {
    if virtual_bytes == 0 || virtual_bytes > MAX_DISK_BYTES || virtual_bytes % SECTOR != 0 {
        return Err(Failure::invalid_argument(format!(
            "a disk layer has a whole number of sectors of {SECTOR} bytes, up to 16 TiB, not {virtual_bytes} bytes"
        )));
    }
    let cluster = 1 << CLUSTER_BITS;
    let mut header = Header {
        virtual_bytes,
        cluster_bits: CLUSTER_BITS,
        l1_entries: 0,
        l1_offset: 3 * cluster,
        refcount_offset: cluster,
        refcount_clusters: 1,
    };
    // At most 2^19 entries in 2^8 clusters, whose counts fit in the one block.
    let l1_entries = header.l1_needed();
    header.l1_entries = l1_entries as u32;
    let clusters = 3 + (l1_entries * 8).div_ceil(cluster);
    let output = OutputFile::create(path, 0o600)?;
    let put = |offset: u64, bytes: &[u8]| {
        output
            .file()
            .write_all_at(bytes, offset)
            .map_err(|error| Failure::storage("write the disk layer", path, &error))
    };
    put(0, &header.encode())?;
    put(cluster, &(2 * cluster).to_be_bytes())?;
    put(2 * cluster, &[0, 1].repeat(clusters as usize))?;
    output
        .file()
        .set_len(clusters * cluster)
        .map_err(|error| Failure::storage("write the disk layer", path, &error))?;
    output.commit_as(Existing::Refuse, durability)
}
