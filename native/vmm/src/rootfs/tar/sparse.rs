//! Sparse files: the regions that hold data, in the four formats of GNU tar ("Storing Sparse Files").
//! Old GNU keeps the map in header blocks; pax 0.0 and 0.1 in records; pax 1.0 before the data.

use super::{header, pax};
use crate::{
    failure::{Failure, Result},
    rootfs::limits,
};

/// A run of bytes of a sparse file that the archive holds; all else are zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    pub offset: u64,
    pub length: u64,
}

/// What `GNU.sparse.*` records say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PaxSparse {
    pub name: Option<Vec<u8>>,
    pub real_size: Option<u64>,
    pub major: Option<u32>,
    pub minor: Option<u32>,
    regions: Vec<Region>,
    pending_offset: Option<u64>,
    has_map: bool,
}

/// Where an entry's sparse map is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SparseMap {
    Known(Vec<Region>),
    /// pax 1.0: decimal lines in front of the data.
    BeforeData,
}

impl PaxSparse {
    pub(super) fn apply(&mut self, field: &str, value: &[u8]) -> Result<()> {
        match field {
            "name" => {
                self.name =
                    Some(value.to_vec()).filter(|name| !name.is_empty() && !name.contains(&0))
            }
            "size" | "realsize" => self.real_size = pax::decimal(value)?,
            "major" => self.major = pax::decimal(value)?,
            "minor" => self.minor = pax::decimal(value)?,
            "offset" => self.pending_offset = pax::decimal(value)?,
            "numbytes" => {
                let offset = self
                    .pending_offset
                    .take()
                    .ok_or_else(|| pax::malformed("sparse map"))?;
                let length = pax::decimal(value)?.ok_or_else(|| pax::malformed("sparse map"))?;
                self.push(Region { offset, length })?;
            }
            "map" => {
                self.has_map = true;
                self.regions.clear();
                let mut numbers = value.split(|byte| *byte == b',');
                while let Some(offset) = numbers.next().filter(|text| !text.is_empty()) {
                    let length = numbers.next().ok_or_else(|| pax::malformed("sparse map"))?;
                    let (Some(offset), Some(length)) =
                        (pax::decimal(offset)?, pax::decimal(length)?)
                    else {
                        return Err(pax::malformed("sparse map"));
                    };
                    self.push(Region { offset, length })?;
                }
            }
            "numblocks" => self.has_map = true,
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, region: Region) -> Result<()> {
        self.has_map = true;
        if self.regions.len() >= limits::MAX_SPARSE_REGIONS {
            return Err(too_many());
        }
        self.regions.push(region);
        Ok(())
    }

    /// The map of an entry with these records, `None` when it is not sparse.
    pub fn into_map(self) -> Option<SparseMap> {
        match (self.major, self.minor) {
            (Some(1), Some(0)) => Some(SparseMap::BeforeData),
            _ if self.has_map => Some(SparseMap::Known(self.regions)),
            _ => None,
        }
    }
}

/// Regions in a GNU header (4 at byte 386) or an extension block (21 at byte 0). An all-zero slot ends the list.
pub fn old_gnu_regions(slots: &[u8], regions: &mut Vec<Region>) -> Result<()> {
    for slot in slots.chunks_exact(24) {
        if slot[0] == 0 && slot[12] == 0 {
            break;
        }
        if regions.len() >= limits::MAX_SPARSE_REGIONS {
            return Err(too_many());
        }
        regions.push(Region {
            offset: header::unsigned(&slot[..12], "sparse offset")?,
            length: header::unsigned(&slot[12..], "sparse length")?,
        });
    }
    Ok(())
}

/// Reads the map of pax format 1.0 from its blocks, one at a time, until it is whole.
#[derive(Debug, Default)]
pub struct MapLines {
    digits: Vec<u8>,
    numbers: Vec<u64>,
    expected: Option<usize>,
}

impl MapLines {
    /// Takes one block; true when the map is whole.
    pub fn push(&mut self, block: &[u8]) -> Result<bool> {
        for byte in block {
            if self.is_whole() {
                break;
            }
            if *byte != b'\n' {
                self.digits.push(*byte);
                if self.digits.len() > 20 {
                    return Err(pax::malformed("sparse map"));
                }
                continue;
            }
            let value: u64 =
                pax::decimal(&self.digits)?.ok_or_else(|| pax::malformed("sparse map"))?;
            self.digits.clear();
            if self.expected.is_none() {
                let count = usize::try_from(value)
                    .ok()
                    .filter(|count| *count <= limits::MAX_SPARSE_REGIONS)
                    .ok_or_else(too_many)?;
                self.expected = Some(count * 2);
            } else {
                self.numbers.push(value);
            }
        }
        Ok(self.is_whole())
    }

    fn is_whole(&self) -> bool {
        self.expected == Some(self.numbers.len())
    }

    pub fn into_regions(self) -> Vec<Region> {
        self.numbers
            .chunks_exact(2)
            .map(|pair| Region {
                offset: pair[0],
                length: pair[1],
            })
            .collect()
    }
}

/// Checks that the regions ascend, end inside the file and hold exactly the stored bytes; drops empty ones.
pub fn validate(regions: Vec<Region>, size: u64, stored: u64) -> Result<Vec<Region>> {
    if size > i64::MAX as u64 {
        return Err(Failure::image(
            "limit-exceeded",
            format!("a sparse file claims {size} bytes"),
        ));
    }
    let (mut end, mut total) = (0u64, 0u64);
    for region in &regions {
        let stop = region
            .offset
            .checked_add(region.length)
            .filter(|stop| *stop <= size)
            .ok_or_else(|| pax::malformed("sparse map"))?;
        if region.offset < end {
            return Err(pax::malformed("sparse map"));
        }
        end = stop;
        total += region.length;
    }
    if total != stored {
        return Err(pax::malformed("sparse map (it does not fit the data)"));
    }
    Ok(regions
        .into_iter()
        .filter(|region| region.length > 0)
        .collect())
}

fn too_many() -> Failure {
    Failure::image(
        "limit-exceeded",
        format!(
            "a sparse file has more than {} regions",
            limits::MAX_SPARSE_REGIONS
        ),
    )
}
