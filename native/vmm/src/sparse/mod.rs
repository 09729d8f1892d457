//! Files with holes: walked, copied and checked at the cost of their data alone.

mod blocks;
mod checksum;
mod copy;
mod extents;
mod zero;

pub use blocks::{DataBlocks, data_blocks};
pub use checksum::checksum;
pub use copy::{Copied, CopyRequest, can_reflink, copy, copy_range, reflink};
pub use extents::{Extent, extents};
pub use zero::is_zero;
