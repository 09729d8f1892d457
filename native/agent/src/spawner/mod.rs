//! The process that makes the container and starts its executions.
//!
//! It is forked from the agent before any thread exists and stays single-threaded, so that it may enter namespaces, and start
//! processes by borrowing its own memory to them (`child`), which costs no copy of page tables. Touching the container's files is its
//! task too: one that hangs there holds up further starts, but not the agent.
//!
//! Processes that it starts are children of the agent (CLONE_PARENT), which waits for them itself; the spawner has no children.
//! It is not in the container's PID namespace, so nothing in there can see it, and it is not dumpable.
//!
//! ```text
//! agent ──frame + descriptors──▶ spawner        one request at a time, each answered by one frame
//!       ◀──────frame───────────
//! ```

mod bytes;
mod child;
mod client;
mod frame;
mod request;
mod server;
mod user;

pub use client::{Client, Started};
pub use request::{SetUp, Spawn};
pub use server::settle_stdio;
