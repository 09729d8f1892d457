//! The C library of BoxLite. `packages/c/include/boxlite/boxlite.h` is its face, `docs/bridge.md` what it speaks.
//!
//! ```text
//! abi/            what C sees: pointers in, pointers out; all that is unsafe
//!   generated       the functions of the API, written by tooling/bindgen
//! options, node   what goes in, what comes out
//! handle, stream/ what stays open
//! connection      calls and their answers over one socket; a thread reads it, another runs the program's callbacks
//! bridge          the process at the other end; one for the program, from its first runtime to its last
//! origin          which process something is of, and what forked children may not do with it
//! ```
//!
//! Locks are held for as long as a field is read or written, never while a function of the program's runs. A stream that goes out also holds
//! its own while it sends, which keeps its pieces in order.

mod abi;
mod bridge;
mod cancellation;
mod connection;
mod failure;
mod frame;
mod handle;
mod locate;
mod node;
mod options;
mod origin;
mod stream;
mod tasks;
mod text;
