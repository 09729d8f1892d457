//! From the kernel's hand-over to a machine that can serve: mounts, kernel modules, limits, free pages, a thread that must give way.

pub mod limits;
pub mod modules;
pub mod mounts;
pub mod page_reporting;
pub mod rescuers;
