//! Writes EROFS images that Linux 6.1 reads: one pass over the data, metadata behind it.
//!
//! ```text
//! block 0      superblock
//! data area    file blocks in the order the layers had them, then directory blocks and long link targets
//! metadata     inodes, each followed by its extended attributes and its inline tail or chunk table
//! ```

mod data_area;
mod directory;
mod file_writer;
mod format;
mod metadata;
mod plan;
mod xattr_area;

pub use data_area::DataArea;
pub use file_writer::{FlatWriter, SparseWriter};
pub use format::BLOCK;
pub use metadata::{Summary, write_metadata};
pub use xattr_area::check as check_xattrs;
