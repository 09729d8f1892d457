//! For tests only: loaded ahead of the C library, it makes writes to files fail and the clock of the day jump, when it is told to.
//!
//! Two kinds of processes are told in two ways:
//!
//! - one that has `BOXLITE_FAULTS` in its environment maps that file, which holds a [`Control`], and looks there at each call;
//! - a VMM sees no file but its own and has no environment. `native/engine-preload` is a part of this library, so it can be put in that one's
//!   place, and a [`SIGNAL`] makes the next writes fail with EIO.
//!
//! What is no regular file is left alone: sockets and pipes carry what the test itself has to say.

#![cfg_attr(panic = "abort", no_std)]

mod clock;
mod control;
mod writes;

pub use control::{Control, SIGNAL};

// The source, not the crate: one that is also a library for Rust would not be optimised as a whole, and need what no C library has.
#[cfg(not(test))]
#[allow(dead_code, unused_attributes)]
#[path = "../../engine-preload/src/lib.rs"]
mod engine_preload;
