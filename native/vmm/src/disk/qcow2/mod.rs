//! qcow2 files, version 3 (QEMU: docs/interop/qcow2.txt): made empty, filled by the engine, and read with all care,
//! because whoever broke out of a guest can write anything into one.

mod create;
mod entry;
mod extensions;
mod header;
mod reader;
mod used_clusters;

pub use create::create;
pub use header::{MAX_DISK_BYTES, SECTOR};
pub use reader::Qcow2;
