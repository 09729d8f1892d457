//! The entries of the two tables that lead to a cluster ('L1 table entry', 'Standard Cluster Descriptor').

const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;
const COPIED: u64 = 1 << 63;
const COMPRESSED: u64 = 1 << 62;
const ALL_ZERO: u64 = 1;

/// Where a cluster of the disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cluster {
    /// Not in this file.
    Below,
    /// All zero, perhaps with room in the file.
    Zero(Option<u64>),
    Data(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Compressed,
    /// Bits that have no meaning, or an offset that is none.
    Invalid,
}

/// The offset of an L2 table, if there is one.
pub fn l1(entry: u64, cluster_bytes: u64) -> Result<Option<u64>, Wrong> {
    if entry & !(OFFSET | COPIED) != 0 {
        return Err(Wrong::Invalid);
    }
    offset(entry, cluster_bytes)
}

pub fn l2(entry: u64, cluster_bytes: u64) -> Result<Cluster, Wrong> {
    if entry & COMPRESSED != 0 {
        return Err(Wrong::Compressed);
    }
    if entry & !(OFFSET | COPIED | ALL_ZERO) != 0 {
        return Err(Wrong::Invalid);
    }
    let offset = offset(entry, cluster_bytes)?;
    if entry & ALL_ZERO != 0 {
        return Ok(Cluster::Zero(offset));
    }
    Ok(offset.map_or(Cluster::Below, Cluster::Data))
}

fn offset(entry: u64, cluster_bytes: u64) -> Result<Option<u64>, Wrong> {
    match entry & OFFSET {
        0 if entry & COPIED != 0 => Err(Wrong::Invalid),
        0 => Ok(None),
        offset if offset % cluster_bytes == 0 => Ok(Some(offset)),
        _ => Err(Wrong::Invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_mean_what_the_format_says() {
        const C: u64 = 65536;
        assert_eq!(l1(0, C), Ok(None));
        assert_eq!(l1(COPIED | (3 * C), C), Ok(Some(3 * C)));
        assert_eq!(l1(1, C), Err(Wrong::Invalid));
        assert_eq!(l1(COPIED, C), Err(Wrong::Invalid));
        assert_eq!(l1(C + 512, C), Err(Wrong::Invalid));
        assert_eq!(l2(0, C), Ok(Cluster::Below));
        assert_eq!(l2(1, C), Ok(Cluster::Zero(None)));
        assert_eq!(l2(COPIED | C | 1, C), Ok(Cluster::Zero(Some(C))));
        assert_eq!(l2(C, C), Ok(Cluster::Data(C)));
        assert_eq!(l2(COMPRESSED | C, C), Err(Wrong::Compressed));
        for bit in (1..9).chain(56..62) {
            assert_eq!(l2(C | (1 << bit), C), Err(Wrong::Invalid), "bit {bit}");
        }
    }
}
