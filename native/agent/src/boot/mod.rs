//! From the kernel's hand-over to a machine that can serve: mounts, kernel modules, limits, free pages, the priority of a thread of the kernel.

pub mod limits;
pub mod modules;
pub mod mounts;
pub mod page_reporting;
pub mod rescuers;
