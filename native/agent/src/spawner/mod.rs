//! The process that makes the container and starts its executions.
//!
//! It is forked before any thread exists and stays single-threaded, so that it may enter namespaces, and start processes by borrowing
//! its own memory to them (`child`), which costs no copy of page tables. Touching the container's files is its task too: one that hangs
//! there holds up further starts, but not the agent.
//!
//! Having entered a container it cannot leave it again, so each container has a spawner of its own. They are forked from one more
//! process, the nursery, which has no threads either.
//!
//! Processes that it starts are children of the agent (CLONE_PARENT), which waits for them itself; the spawner has no children.
//! It is not in the container's PID namespace, so nothing in there can see it, and it is not dumpable.
//!
//! ```text
//! agent ──frame + descriptors──▶ nursery, spawner        one request at a time, each answered by one frame
//!       ◀──────frame───────────
//! ```

pub mod bytes;
pub mod channel;
mod child;
mod client;
mod frame;
mod nursery;
mod request;
mod server;
mod user;

pub use client::{Client, Nursery, Started};
pub use request::{Answer, Refusal, Request, SetUp, Spawn};
pub use server::{identity, settle_stdio};

/// Makes this process, which was just forked, one of its own name.
fn become_process(name: &std::ffi::CStr) {
    // SAFETY: a NUL-terminated name; and SIGPIPE is set back to what programs expect to inherit.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, name.as_ptr());
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

/// The end of such a process.
fn end(errno: rustix::io::Errno) -> ! {
    // Without its agent there is nothing to tell.
    if errno != rustix::io::Errno::PIPE {
        crate::console::error(format_args!("a spawner ends: {errno}"));
    }
    // SAFETY: ends this process only.
    unsafe { libc::_exit(1) }
}
