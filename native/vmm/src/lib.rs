//! The native half of `@boxlite/vmm`. Everything but `bindings` is plain Rust and knows nothing of Node.

// Its functions are called only by Node, which no unit test has.
#[cfg(not(test))]
mod bindings;
pub mod cancellation;
pub mod disk;
pub mod errno;
pub mod ext4;
pub mod failure;
pub mod file_lock;
pub mod input_file;
pub mod kvm;
pub mod memory;
pub mod output_file;
pub mod peer;
mod process;
pub mod rootfs;
pub mod sparse;
