//! Copies of file trees between a host and a guest. Both sides use this crate, so that what one writes the other reads.
//!
//! ```text
//! Source ── reads a tree ──▶ messages of records (`record`) ──▶ Sink ── writes a tree
//! ```
//!
//! A sink trusts no stream: a name is one component, each directory is held by a descriptor while it is filled, and no link is ever
//! followed, so that nothing can be written outside the target. What is not complete has no final name (`sink`).
//! Where source and target themselves are is looked up through a `Base`: inside a container's root, or as any program does (`Host`).

pub mod base;
mod fault;
mod links;
mod meta;
mod place;
pub mod record;
mod remove;
mod replace;
mod sink;
mod source;
mod wire;

pub use base::{Base, Host};
pub use fault::{Fault, Result};
pub use meta::Meta;
pub use remove::remove_tree;
pub use replace::{draft_name, put_in_place};
pub use sink::{Owner, Sink, SinkOptions};
pub use source::{Source, SourceOptions};

/// What was copied so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub entries: u64,
    /// Of content; holes do not count.
    pub bytes: u64,
    /// Sockets, which are no files to copy.
    pub skipped: u64,
    /// Extended attributes that the target's file system does not take.
    pub lost_xattrs: u64,
}
