//! From the kernel's hand-over to a machine that can serve: mounts, kernel modules, limits.

pub mod limits;
pub mod modules;
pub mod mounts;
