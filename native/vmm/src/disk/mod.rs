//! The disks of Boxes: layers of which each holds what changed since the one below it.
//!
//! The lowest is raw, the others are qcow2 files without a backing file in their header: who opens a chain says what it is made of,
//! and no file can name another.

mod flatten;
mod layer;
mod qcow2;
mod raw;

pub use flatten::{Flatten, flatten};
pub use layer::{Format, Layer, inspect};
pub use qcow2::{MAX_DISK_BYTES, create};
